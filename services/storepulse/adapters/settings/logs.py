"""Settings of the logs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class LogSettings(BaseModel):
    """Logs, of every process."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lowest level that is logged"
    )
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="Format of the logs. auto: console on a terminal, else JSON"
    )
    correlation_header: str = Field(
        "X-Correlation-Id", description="Header with the correlation id"
    )
