"""Types of single values in requests and answers.

Rules: times are written as UTC ISO 8601 with milliseconds and `Z`. Money is written as a decimal
string with four decimals, so that no client rounds it. Text that PostgreSQL cannot store (NUL) is
refused on input.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic.alias_generators import to_camel

from storepulse.domain.times import utc_text

__all__ = [
    "Day",
    "Instant",
    "Moment",
    "Money",
    "Quantity",
    "Text",
    "Utc",
    "is_local",
    "to_camel",
]

_SPACE_FOR_PLUS = re.compile(r"(T.*) (\d\d:?\d\d)$")
#: Longer than any valid form. The expressions below would be slow on very long texts.
_LONGEST_INSTANT = 64
_WANTED = "must be a date or a time like 2026-01-31T08:00:00Z"
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)


def moment(value: object) -> date | datetime:
    """A date or a time from a query string. `is_local` shows whether it needs a time zone."""
    if isinstance(value, date):
        return value
    if len(str(value)) > _LONGEST_INSTANT:
        raise ValueError(_WANTED)
    # A plus sign that the sender did not escape arrives as a space.
    text = _SPACE_FOR_PLUS.sub(r"\1+\2", str(value)).upper()
    if _INSTANT.fullmatch(text) is None:
        raise ValueError(_WANTED)
    try:
        if "T" not in text:
            return date.fromisoformat(text)
        at = datetime.fromisoformat(text)
        return at if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is not a valid date or time") from None


def is_local(moment: date | datetime) -> bool:
    """Whether it needs a time zone to be an instant."""
    return not isinstance(moment, datetime) or moment.tzinfo is None


def instant(value: object) -> datetime:
    """The same as an instant, in UTC unless it has an offset; a date is its midnight."""
    at = moment(value)
    if not isinstance(at, datetime):
        return datetime.combine(at, time(), UTC)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


Instant = Annotated[
    datetime,
    BeforeValidator(instant),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-01-31T08:00:00Z"]},
        mode="validation",
    ),
]
Moment = Annotated[
    date | datetime,
    BeforeValidator(moment),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "string", "format": "date"},
            ],
            "examples": ["2026-01-31", "2026-01-31T08:00:00Z"],
        },
        mode="validation",
    ),
]
Utc = Annotated[
    datetime,
    PlainSerializer(utc_text, return_type=str),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-01-31T08:00:00.000Z"]},
        mode="serialization",
    ),
]
Day = Annotated[date, WithJsonSchema({"type": "string", "format": "date"}, mode="serialization")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2048, pattern=r"^[^\u0000]+$")]


def plain(amount: Decimal) -> str:
    """Money with four decimals, as it is stored: `19.9900`."""
    return f"{amount:.4f}"


Money = Annotated[
    Decimal,
    PlainSerializer(plain, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": r"^-?\d+\.\d{4}$", "examples": ["19.9900"]},
        mode="serialization",
    ),
]


def quantity_text(quantity: Decimal) -> str:
    """A quantity without trailing zeros and without an exponent: `12.5`, `80`."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


Quantity = Annotated[
    Decimal,
    PlainSerializer(quantity_text, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["12.5"]},
        mode="serialization",
    ),
]
#: The store parameter of a path that reads one store.
OneStore = Annotated[UUID | None, Field(description="The store; default: the key's")]
Json = dict[str, Any]
