"""The agents' settings."""

from __future__ import annotations

from pydantic import BaseModel, Field


class AgentSettings(BaseModel):
    """Agent workers."""

    agent_streams: str = Field("", description="Comma-separated streams to process; empty: all")
    agent_workers: int = Field(1, ge=1, le=64, description="Agent processes that `up` starts")
    agent_slot: int = Field(
        0, ge=0, description="Number of this worker, for static group membership"
    )
    agent_slice_records: int = Field(
        25_000, ge=1, le=100_000, description="Most records in a slice"
    )
    agent_gather_ms: int = Field(
        700, ge=0, le=10_000, description="Shortest time between fetches, so that events gather"
    )
    agent_lanes: int = Field(
        2,
        ge=1,
        le=8,
        description="Slices of a stream, from different partitions, written in parallel",
    )
    agent_session_timeout_seconds: float = Field(6.0, ge=2, description="Kafka session timeout")
    agent_metrics_host: str = Field(
        "127.0.0.1", description="Address of the agents' health and metrics"
    )
    agent_metrics_port: int = Field(
        8082, ge=1, le=65535, description="Metrics port of worker 0; +slot"
    )
    dead_letter_halt_ratio: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Halt a partition if more than this share of a slice's records do not decode;"
        " 1: never halt, set them aside",
    )
    dead_letter_halt_minimum: int = Field(
        100,
        ge=1,
        description="Fewest undecodable records in a slice before the share above applies",
    )
