"""Every setting, typed, with a default that works and one line of help.

Read from variables named `STOREPULSE_<NAME>` and from the optional file that
`STOREPULSE_CONFIG_FILE` names (same names, `NAME=value` lines). `KAFKA_BOOTSTRAP_SERVERS` and
`DATABASE_URL` keep the names that every other program uses. A variable with our prefix that is
no setting stops the start, so that a misspelling is never a silent default.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from storepulse.domain.addresses import Reach, is_loopback
from storepulse.domain.errors import Misconfigured

PREFIX = "STOREPULSE_"
#: Ours, but read elsewhere: where settings come from, and what only tests set.
NOT_SETTINGS = {PREFIX + name for name in ("CONFIG_FILE", "FAILPOINT_FILE", "CLOCK_FILE")}
STANDARD_NAMES = {
    "kafka_bootstrap_servers": "KAFKA_BOOTSTRAP_SERVERS",
    "database_url": "DATABASE_URL",
}


class Settings(BaseModel):
    """The settings in force. Immutable; handed to whatever needs them."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    # Servers
    kafka_bootstrap_servers: str = Field(
        "127.0.0.1:19092", description="Kafka brokers, host:port,…"
    )
    database_url: SecretStr = Field(
        SecretStr("postgresql://storepulse@127.0.0.1:15432/storepulse"),
        description="PostgreSQL connection string",
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How clients talk to the brokers"
    )
    kafka_sasl_mechanism: str = Field("", description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
    kafka_sasl_username: str = Field("", description="SASL user")
    kafka_sasl_password: SecretStr = Field(SecretStr(""), description="SASL password")
    kafka_ssl_ca_location: str = Field("", description="File with the brokers' CA certificates")
    topic_prefix: str = Field(
        "", pattern=r"^[a-zA-Z0-9._-]{0,40}$", description="Put before every topic and group name"
    )
    replication_factor: int = Field(1, ge=1, le=9, description="Replicas of topics we create")

    # Embedded servers and supervisor
    home: Path = Field(Path(".storepulse"), description="Data of the embedded servers, logs, keys")
    kafka_port: int = Field(19092, ge=1, le=65535, description="Embedded Kafka's port")
    kafka_heap_mb: int = Field(384, ge=128, le=512, description="Embedded Kafka's Java heap, MiB")
    postgres_port: int = Field(15432, ge=1, le=65535, description="Embedded PostgreSQL's port")

    # Gateway
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
    gateway_max_batch: int = Field(500, ge=1, le=5000, description="Events a batch")
    gateway_max_event_bytes: int = Field(65_536, ge=1024, description="One encoded event")
    gateway_max_coordinate_y: int = Field(
        10_000, ge=1, le=200_000, description="Largest y and document height of heatmap events"
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
    cart_endpoint_enabled: bool = Field(True, description="Off: the cart endpoints answer 503")
    trusted_proxies: str = Field(
        "", description="Comma-separated networks whose X-Forwarded-For is believed"
    )
    trust_forwarded: Literal["", "first"] = Field(
        "",
        description="'first' takes the first X-Forwarded-For address from any peer; "
        "unset: from senders with a secret key, who state their visitor's address",
    )
    rate_limits_enabled: bool = Field(
        True, description="Refuse clients above their limits with 429"
    )
    limit_cart_per_minute: int = Field(100, ge=1, description="Cart requests per IP and minute")
    limit_cart_per_hour: int = Field(1_000, ge=1, description="Cart requests per IP and hour")
    limit_events_per_minute: int = Field(
        100, ge=1, description="Activity and landing requests per IP and minute"
    )
    limit_heatmap_per_minute: int = Field(200, ge=1, description="Heatmap requests per IP, minute")
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
    new_stores_per_hour: int = Field(
        100, ge=1, description="New stores an hour of senders without a key; further ones get 429"
    )

    # Agents
    agent_streams: str = Field("", description="Comma-separated streams to process; empty: all")
    agent_workers: int = Field(1, ge=1, le=64, description="Agent processes that `up` starts")
    agent_slot: int = Field(0, ge=0, description="Number of this worker, for static membership")
    agent_slice_records: int = Field(25_000, ge=1, le=100_000, description="Largest slice, records")
    agent_gather_ms: int = Field(
        700, ge=0, le=10_000, description="Least time between fetches, in which events gather"
    )
    agent_lanes: int = Field(
        2, ge=1, le=8, description="Slices of a stream, of different partitions, written at once"
    )
    agent_session_timeout_seconds: float = Field(6.0, ge=2, description="Kafka session timeout")
    agent_metrics_host: str = Field(
        "127.0.0.1", description="Address of the agents' health and metrics"
    )
    agent_metrics_port: int = Field(8082, ge=1, le=65535, description="Metrics of worker 0; +slot")
    dead_letter_halt_ratio: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share of records in a slice that do not decode which halts their partition;"
        " 1 sets them aside",
    )
    dead_letter_halt_minimum: int = Field(
        100, ge=1, description="Such records that a slice needs before the share above counts"
    )

    # Delivery
    delivery_host: str = Field("127.0.0.1", description="Address of delivery's health and metrics")
    delivery_port: int = Field(8090, ge=1, le=65535, description="Port of process 0; +slot")
    delivery_workers: int = Field(1, ge=1, le=16, description="Delivery processes that `up` starts")
    delivery_slot: int = Field(0, ge=0, description="Number of this process, for static membership")
    delivery_claim_seconds: float = Field(
        30.0, ge=20, le=600, description="How long a process may hold a request before others may"
    )
    delivery_in_hand_bytes: int = Field(
        64 * 2**20,
        ge=2**20,
        description="Bytes of events that a delivery process has claimed and not settled; at most a"
        " third of them are one destination's",
    )
    delivery_addresses: Literal["auto", "public", "loopback", "private"] = Field(
        "auto",
        description="What destinations may be: public addresses; loopback: this machine too, by"
        " plain HTTP; private: also private networks; auto: loopback while the gateway listens on"
        " loopback, else public",
    )
    secrets_key: SecretStr = Field(
        SecretStr(""),
        description="Key that encrypts destinations' secrets, several comma-separated while"
        " rotating; empty: <home>/secrets.key, made when first needed",
    )
    dead_letter_max_replays: int = Field(
        5, ge=1, le=100, description="Replays of a dead letter before it is quarantined"
    )
    deliveries_keep_days: int = Field(
        90,
        ge=0,
        le=36_500,
        description="Days that deliveries are kept after they were sent or failed; 0: for ever;"
        " else at least as long as Kafka keeps events",
    )
    dead_letters_keep_days: int = Field(
        90,
        ge=0,
        le=36_500,
        description="Days that dead letters are kept after they were closed; 0: for ever; open"
        " ones stay",
    )

    # Query service
    query_host: str = Field("127.0.0.1", description="Address that the query service listens on")
    query_port: int = Field(8081, ge=1, le=65535, description="Port of the query service")
    query_statement_timeout_ms: int = Field(15_000, ge=100, description="Longest read")
    query_require_key: bool | None = Field(
        None,
        description="Whether readiness, metrics, OpenAPI document and schema registry of the query"
        " service, and readiness and metrics of agents and delivery, want a key. true: always;"
        " false: never; unset: from everybody but this machine. Reads and administration always do",
    )

    # Logs
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level"
    )
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: console on a terminal, else JSON"
    )
    correlation_header: str = Field(
        "X-Correlation-Id", description="Header with the correlation id"
    )

    @property
    def delivery_reach(self) -> Reach:
        """Which addresses destinations may have."""
        if self.delivery_addresses != "auto":
            return self.delivery_addresses
        host = self.gateway_host
        return "loopback" if host == "localhost" or is_loopback(host) else "public"

    @property
    def dsn(self) -> str:
        """The PostgreSQL connection string, in clear: for psycopg only, never for a log."""
        return self.database_url.get_secret_value()


def variable_name(field: str) -> str:
    """Name of the environment variable of a setting."""
    return STANDARD_NAMES.get(field, PREFIX + field.upper())


def load(environ: Mapping[str, str]) -> Settings:
    """Settings from `environ` over the configuration file over the defaults.

    Raises Misconfigured with the variable's name for an unknown or malformed one.
    """
    values: dict[str, str] = {}
    file = environ.get(PREFIX + "CONFIG_FILE", "")
    if file:
        if not Path(file).is_file():
            raise Misconfigured(PREFIX + "CONFIG_FILE", f"no such file: {file}")
        values.update({k: v for k, v in dotenv_values(file).items() if v is not None})
    values.update(environ)

    names = {variable_name(field): field for field in Settings.model_fields}
    known: dict[str, Any] = {}
    for variable, value in values.items():
        if variable in names:
            if value != "":
                known[names[variable]] = value
        elif variable.startswith(PREFIX) and variable not in NOT_SETTINGS:
            raise Misconfigured(variable, "no such setting; `storepulse config` lists them all")
    try:
        return Settings(**known)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Misconfigured(variable_name(str(first["loc"][0])), first["msg"]) from None


def environment(settings: Settings) -> dict[str, str]:
    """The variables that make `load` return `settings` again: what a child process is given."""
    result: dict[str, str] = {}
    for field in Settings.model_fields:
        value = getattr(settings, field)
        if value is None or value == Settings.model_fields[field].default:
            continue
        clear = value.get_secret_value() if isinstance(value, SecretStr) else value
        result[variable_name(field)] = str(clear)
    return result
