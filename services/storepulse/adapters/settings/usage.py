"""The settings of usage."""

from __future__ import annotations

from pydantic import BaseModel, Field


class UsageSettings(BaseModel):
    """Usage: metering and closing."""

    usage_grace_minutes: int = Field(
        60,
        ge=0,
        le=43_200,
        description="Minutes from a month's end in the store's zone until its usage is closed",
    )
    usage_meter_seconds: float = Field(
        60, ge=1, le=86_400, description="Seconds between counts of the built-in meters"
    )
