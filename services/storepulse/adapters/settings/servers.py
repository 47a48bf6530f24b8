"""Addresses of Kafka and PostgreSQL, and the servers that `up` runs itself."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr


class ServerSettings(BaseModel):
    """Kafka and PostgreSQL."""

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
        "", pattern=r"^[a-zA-Z0-9._-]{0,40}$", description="Prefix of every topic and group name"
    )
    replication_factor: int = Field(
        1, ge=1, le=9, description="Replicas of topics that are created"
    )


class LocalSettings(BaseModel):
    """The servers that `up` runs on this machine."""

    home: Path = Field(
        Path(".storepulse"), description="Folder of the embedded servers' data, logs and keys"
    )
    kafka_port: int = Field(19092, ge=1, le=65535, description="Embedded Kafka's port")
    kafka_heap_mb: int = Field(384, ge=128, le=512, description="Embedded Kafka's Java heap, MiB")
    postgres_port: int = Field(15432, ge=1, le=65535, description="Embedded PostgreSQL's port")
