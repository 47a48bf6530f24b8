"""The query service's settings."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field


class QuerySettings(BaseModel):
    """The query service."""

    query_host: str = Field("127.0.0.1", description="Address that the query service listens on")
    query_port: int = Field(8081, ge=1, le=65535, description="Port of the query service")
    query_statement_timeout_ms: int = Field(
        15_000, ge=100, description="Longest time a read may take, milliseconds"
    )
    query_require_key: bool | None = Field(
        None,
        description="Whether readiness, metrics, OpenAPI document and schema registry of the query"
        " service, and readiness and metrics of agents and delivery, require a key. true: always;"
        " false: never; unset: except from this machine. Reads and administration always do",
    )
    query_gateways: str = Field(
        "",
        description="Addresses of the gateways, such as http://gateway:8080,…. The console shows"
        " from their /metrics how fast they answer and what their limits refuse. Empty: this"
        " machine, at the gateway's port",
    )
    query_gateways_key_file: Path | None = Field(
        None,
        description="File with the secret key that is sent to these gateways, of scope read and"
        " tied to no store. Gateways on other machines require one",
    )
    demo_shop_enabled: bool | None = Field(
        None,
        description="Whether the query service serves the demo shop at /demo, to this machine only;"
        " unset: if `up` runs it",
    )
    console_sign_ins_per_minute: int = Field(
        10, ge=1, description="Failed attempts to sign in to the console per address and minute"
    )
    console_image_origins: str = Field(
        "",
        description="Origins of archived images that the console may show, separated by commas,"
        " such as https://imagedelivery.net",
    )
