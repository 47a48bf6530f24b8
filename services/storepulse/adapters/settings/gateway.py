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
        description="Whether the gateway's beacons, readiness, metrics and OpenAPI document require"
        " a key. true: always; false: never; unset: except from this machine",
    )
    gateway_max_in_flight: int = Field(
        50_000,
        ge=1,
        description="Most events that wait for the broker's acknowledgement; above it 503",
    )
    gateway_delivery_timeout_ms: int = Field(
        10_000,
        ge=100,
        description="Longest wait for the broker's acknowledgement, milliseconds; then 503",
    )
    gateway_spool_after_ms: int = Field(
        2_000,
        ge=10,
        description="How long events wait for Kafka before they go to the spool, milliseconds",
    )
    gateway_spool: Literal["on", "off"] = Field(
        "on", description="on: keep events on disk while Kafka cannot be written; off: 503"
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
        description="How long events gather for a busy broker, milliseconds; otherwise 1 at most",
    )
    gateway_read_timeout_seconds: float = Field(
        10.0, gt=0, description="Longest time for a client to send the headers, and then the body"
    )
    gateway_max_body_bytes: int = Field(
        262_144, ge=1024, description="Largest body after decompression, bytes"
    )
    gateway_max_webhook_bytes: int = Field(
        2_097_152,
        ge=1024,
        le=16_777_216,
        description="Largest body of shops' webhooks, bytes, if above that of all bodies",
    )
    gateway_max_batch: int = Field(500, ge=1, le=5000, description="Most events in a batch")
    gateway_max_event_bytes: int = Field(
        65_536, ge=1024, description="Largest encoded event, bytes"
    )
    gateway_max_coordinate_y: int = Field(
        10_000, ge=1, le=200_000, description="Largest y and document height of heatmap events"
    )
    gateway_exposure_wait_ms: int = Field(
        500,
        ge=1,
        le=10_000,
        description="How long an answer about a test waits for its exposure to be stored,"
        " milliseconds; then it is sent without",
    )
    gateway_proxy_reads: bool = Field(
        True, description="Pass reads and administration through to the query service"
    )
    gateway_url: str = Field(
        "",
        pattern=r"^(https?://[^/?#\s]+)?$",
        description="Where shops' pages reach the gateway, such as https://collect.shop.example;"
        " the console shows it in the tag of a shop's pages; unset: its port on this machine, if it"
        " listens on loopback",
    )
    gateway_reject_topic_per_second: int = Field(
        50, ge=0, description="Most rejected beacons kept in dlq.ingest a second; 0: none"
    )
    gateway_reject_topic_bytes_per_second: int = Field(
        262_144,
        ge=0,
        description="Most bytes of rejected beacons kept in dlq.ingest a second, from senders"
        " without a key; senders with a key have a budget of the same size",
    )


class ClientLimitSettings(BaseModel):
    """Limits of clients, and whose stated addresses are trusted."""

    cart_endpoint_enabled: bool = Field(True, description="false: the cart endpoints answer 503")
    trusted_proxies: str = Field(
        "", description="Comma-separated networks whose X-Forwarded-For is trusted"
    )
    trust_forwarded: Literal["", "first"] = Field(
        "",
        description="first: trust the first X-Forwarded-For address from any peer; "
        "unset: only from senders with a secret key, who state their visitor's address",
    )
    country_header: str = Field(
        "",
        pattern=r"^[A-Za-z0-9-]{0,64}$",
        description="Header in which a trusted proxy sends the visitor's country, such as"
        " CF-IPCountry; unset: none",
    )
    country_database: Path | None = Field(
        None, description="MMDB file to look up an address's country in; unset: none"
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
    limit_heatmap_per_minute: int = Field(
        200, ge=1, description="Heatmap requests per IP and minute"
    )
    limit_session_per_minute: int = Field(
        100, ge=1, description="Requests per session and minute with a publishable key"
    )
    limit_reads_per_minute: int = Field(300, ge=1, description="Public reads per IP and minute")
    limit_sensitive_per_minute: int = Field(20, ge=1, description="Sensitive operations per minute")
    limit_key_per_minute: int = Field(
        0, ge=0, description="Requests per key and minute; 0: no limit"
    )

    new_pages_per_hour: int = Field(
        2_000,
        ge=1,
        description="New heatmap pages that a key may add in an hour; further ones count as"
        " (other)",
    )
    new_selectors_per_hour: int = Field(
        10_000, ge=1, description="The same for selectors of elements"
    )
    new_landing_pages_per_hour: int = Field(200, ge=1, description="The same for landing pages")
    new_event_names_per_hour: int = Field(
        500, ge=1, description="The same for names of custom events"
    )
    new_stores_per_hour: int = Field(
        100, ge=1, description="New stores that senders without a key may add in an hour; then 429"
    )
