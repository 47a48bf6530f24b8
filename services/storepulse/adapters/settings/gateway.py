"""The gateway's settings: listening, taking beacons, and the limits of clients."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field


class GatewaySettings(BaseModel):
    """Listening, and taking beacons."""

    gateway_host: str = Field("127.0.0.1", description="Address that the gateway listens on")
    gateway_port: int = Field(8080, ge=1, le=65535, description="Port of the gateway")
    gateway_require_key: bool | None = Field(
        None,
        description="Whether beacons, readiness, metrics and OpenAPI document of the gateway want a"
        " key. true: always; false: never; unset: from everybody but this machine",
    )
    gateway_max_in_flight: int = Field(
        50_000, ge=1, description="Events waiting for the broker's acknowledgement before 503"
    )
    gateway_delivery_timeout_ms: int = Field(
        10_000, ge=100, description="How long the broker may take to acknowledge before 503"
    )
    gateway_spool_after_ms: int = Field(
        2_000, ge=10, description="How long events may wait for Kafka until the spool takes them"
    )
    gateway_spool: Literal["on", "off"] = Field(
        "on", description="on: while Kafka cannot be written, keep events on disk; off: 503"
    )
    gateway_spool_max_mb: int = Field(
        256, ge=1, le=1_000_000, description="Capacity of the spool, MiB; above it 503"
    )
    gateway_spool_dir: Path | None = Field(
        None, description="The spool's folder; unset: <home>/spool/gateway-<port>"
    )
    gateway_linger_ms: float = Field(
        5.0,
        ge=0,
        le=100,
        description="How long events may gather for a busy broker; for another 1 ms at most",
    )
    gateway_read_timeout_seconds: float = Field(
        10.0, gt=0, description="How long a client may take to send headers, and again the body"
    )
    gateway_max_body_bytes: int = Field(
        262_144, ge=1024, description="Body limit after decompression"
    )
    gateway_max_webhook_bytes: int = Field(
        2_097_152,
        ge=1024,
        le=16_777_216,
        description="The same of shops' webhooks, where it is above that of all bodies",
    )
    gateway_max_batch: int = Field(500, ge=1, le=5000, description="Events a batch")
    gateway_max_event_bytes: int = Field(65_536, ge=1024, description="One encoded event")
    gateway_max_coordinate_y: int = Field(
        10_000, ge=1, le=200_000, description="Largest y and document height of heatmap events"
    )
    gateway_exposure_wait_ms: int = Field(
        500,
        ge=1,
        le=10_000,
        description="How long an answer about a test may wait until its exposure is stored; then it"
        " goes without",
    )
    gateway_proxy_reads: bool = Field(
        True, description="Pass reads and administration through to the query service"
    )
    gateway_reject_topic_per_second: int = Field(
        50, ge=0, description="Rejected beacons kept in dlq.ingest a second; 0 keeps none"
    )
    gateway_reject_topic_bytes_per_second: int = Field(
        262_144,
        ge=0,
        description="Bytes of rejected beacons kept in dlq.ingest a second, of senders without a"
        " key; those with one have as many of their own",
    )


class ClientLimitSettings(BaseModel):
    """What clients may do, and whose addresses are believed."""

    cart_endpoint_enabled: bool = Field(True, description="Off: the cart endpoints answer 503")
    trusted_proxies: str = Field(
        "", description="Comma-separated networks whose X-Forwarded-For is believed"
    )
    trust_forwarded: Literal["", "first"] = Field(
        "",
        description="'first' takes the first X-Forwarded-For address from any peer; "
        "unset: from senders with a secret key, who state their visitor's address",
    )
    country_header: str = Field(
        "",
        pattern=r"^[A-Za-z0-9-]{0,64}$",
        description="Header in which a trusted proxy states the visitor's country, such as"
        " CF-IPCountry; unset: none",
    )
    country_database: Path | None = Field(
        None, description="MMDB file that gives an address's country; unset: none is looked up"
    )
    rate_limits_enabled: bool = Field(
        True, description="Refuse clients above their limits with 429"
    )
    limit_cart_per_minute: int = Field(100, ge=1, description="Cart requests per IP and minute")
    limit_cart_per_hour: int = Field(1_000, ge=1, description="Cart requests per IP and hour")
    limit_events_per_minute: int = Field(
        100, ge=1, description="Activity and landing requests per IP and minute"
    )
    limit_bot_per_minute: int = Field(100, ge=1, description="Bot requests per IP and minute")
    limit_heatmap_per_minute: int = Field(200, ge=1, description="Heatmap requests per IP, minute")
    limit_session_per_minute: int = Field(
        100, ge=1, description="Requests per session and minute with a publishable key"
    )
    limit_reads_per_minute: int = Field(300, ge=1, description="Public reads per IP and minute")
    limit_sensitive_per_minute: int = Field(20, ge=1, description="Sensitive operations, minute")
    limit_key_per_minute: int = Field(
        0, ge=0, description="Requests per key and minute; 0: no limit"
    )

    new_pages_per_hour: int = Field(
        2_000,
        ge=1,
        description="New pages of heatmaps that a key may bring an hour; further ones count as"
        " (other)",
    )
    new_selectors_per_hour: int = Field(
        10_000, ge=1, description="The same of selectors of elements"
    )
    new_landing_pages_per_hour: int = Field(200, ge=1, description="The same of landing pages")
    new_event_names_per_hour: int = Field(
        500, ge=1, description="The same of names of custom events"
    )
    new_stores_per_hour: int = Field(
        100, ge=1, description="New stores an hour of senders without a key; further ones get 429"
    )
