"""Times in the format of answers, events and files."""

from __future__ import annotations

from datetime import UTC, datetime

_LENGTH = len("2026-01-31T12:00:00.000")


def utc_text(at: datetime) -> str:
    """Such as `2026-01-31T12:00:00.000Z`: UTC with milliseconds, from any time zone."""
    at = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{at.isoformat(timespec='milliseconds')[:_LENGTH]}Z"
