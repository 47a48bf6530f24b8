"""Delivery's settings."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, SecretStr


class DeliverySettings(BaseModel):
    """Delivery processes, and limits of destinations."""

    delivery_host: str = Field("127.0.0.1", description="Address of delivery's health and metrics")
    delivery_port: int = Field(8090, ge=1, le=65535, description="Metrics port of process 0; +slot")
    delivery_workers: int = Field(1, ge=1, le=16, description="Delivery processes that `up` starts")
    delivery_slot: int = Field(
        0, ge=0, description="Number of this process, for static group membership"
    )
    delivery_claim_seconds: float = Field(
        30.0,
        ge=20,
        le=600,
        description="How long a process may hold a request before others take it",
    )
    delivery_in_hand_bytes: int = Field(
        64 * 2**20,
        ge=2**20,
        description="Most bytes of events that a delivery process has claimed and not settled; one"
        " destination can use a third of them",
    )
    delivery_addresses: Literal["auto", "public", "loopback", "private"] = Field(
        "auto",
        description="Addresses that destinations may have. public: public ones only; loopback:"
        " this machine too, by plain HTTP; private: also private networks; auto: loopback if all"
        " services listen on loopback, as far as the process knows, else public",
    )
    image_event_images: int = Field(8, ge=1, le=64, description="Most images kept of an event")
    image_event_bytes: int = Field(
        40 * 2**20,
        ge=2**20,
        description="Most bytes of all images of an event; 10 MiB for each image",
    )
    image_store_images: int = Field(
        10_000,
        ge=0,
        description="Most images of a store that a delivery process keeps in a day (UTC)",
    )
    image_store_bytes: int = Field(
        5 * 2**30, ge=0, description="Most bytes of a store's images that it keeps in a day (UTC)"
    )
    secrets_key: SecretStr = Field(
        SecretStr(""),
        description="Key that encrypts secrets of destinations and stores. Several, separated by"
        " commas, while it is rotated; empty: <home>/secrets.key, created when first needed",
    )
