"""Types of single values as they stand in requests and answers.

Rules: times leave as UTC ISO 8601 with milliseconds and `Z`; money leaves as a decimal string, so
that no reader rounds it; text that PostgreSQL cannot hold (NUL) is refused at the door.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic.alias_generators import to_camel

__all__ = ["Day", "Instant", "Money", "Text", "Utc", "iso", "to_camel"]

_SPACE_FOR_PLUS = re.compile(r"(T.*) (\d\d:?\d\d)$")
#: More than any form of it takes; the expressions below would be slow on very long ones.
_LONGEST_INSTANT = 64
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)


def iso(at: datetime) -> str:
    """`2026-01-31T08:00:00.000Z`."""
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return text + "Z"


def instant(value: object) -> datetime:
    """A date (its midnight) or a time from a query string; without a zone it is UTC."""
    if isinstance(value, datetime):
        return value
    if len(str(value)) > _LONGEST_INSTANT:
        raise ValueError("wants a date or a time like 2026-01-31T08:00:00Z")
    # A plus sign that the sender did not escape arrives as a space.
    text = _SPACE_FOR_PLUS.sub(r"\1+\2", str(value))
    if _INSTANT.fullmatch(text) is None:
        raise ValueError("wants a date or a time like 2026-01-31T08:00:00Z")
    try:
        at = datetime.fromisoformat(text.upper())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is no date or time of the calendar") from None


Instant = Annotated[
    datetime,
    BeforeValidator(instant),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-01-31T08:00:00Z"]},
        mode="validation",
    ),
]
Utc = Annotated[
    datetime,
    PlainSerializer(iso, return_type=str),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-01-31T08:00:00.000Z"]},
        mode="serialization",
    ),
]
Day = Annotated[date, WithJsonSchema({"type": "string", "format": "date"}, mode="serialization")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2048, pattern=r"^[^\u0000]+$")]


def plain(amount: Decimal) -> str:
    """A decimal without an exponent: `19.9900`."""
    return f"{amount:f}"


Money = Annotated[
    Decimal,
    PlainSerializer(plain, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["19.9900"]},
        mode="serialization",
    ),
]
Json = dict[str, Any]
