"""Settings of dead-letter replays and of retention."""

from __future__ import annotations

from pydantic import BaseModel, Field


class KeepingSettings(BaseModel):
    """Dead letters and retention."""

    dead_letter_max_replays: int = Field(
        5, ge=1, le=100, description="Replays of a dead letter before it is quarantined"
    )
    deliveries_keep_days: int = Field(
        90,
        ge=0,
        le=36_500,
        description="Days to keep deliveries after they were sent or failed; 0: forever;"
        " otherwise at least as long as Kafka keeps events",
    )
    dead_letters_keep_days: int = Field(
        90,
        ge=0,
        le=36_500,
        description="Days to keep dead letters after they were closed; 0: forever; open ones stay",
    )
