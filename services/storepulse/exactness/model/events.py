"""The types of events and tables, and small definitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

Event = dict[str, Any]
#: table -> key -> values; keys and values in the order of `comparison.sql`.
Rows = dict[tuple[Any, ...], tuple[Any, ...]]
Tables = dict[str, Rows]

#: Placeholders that clients send for an unknown id.
UNKNOWN = (
    "0", "-1", "null", "none", "nil", "nan", "undefined", "unknown", "anonymous", "guest", "user",
    "id", "true", "false", "n/a", "[object object]", "00000000-0000-0000-0000-000000000000",
)  # fmt: skip

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=ms)


def hour_of(event: Event) -> datetime:
    return moment(event["occurred_at"] // 3_600_000 * 3_600_000)


def day_of(event: Event) -> date:
    """The store's day from `days.with_days`, or else the UTC day."""
    day: date | None = event.get("day")
    return day or moment(event["occurred_at"]).date()


def amount(event: Event) -> Decimal | None:
    return None if event["value"] is None else Decimal(event["value"])


def greatest(texts: Iterable[str | None]) -> str | None:
    """By bytes, as PostgreSQL compares in the C collation."""
    return max((t for t in texts if t is not None), key=str.encode, default=None)


def grouped(events: Iterable[Event], key: Any) -> dict[Any, list[Event]]:
    groups: dict[Any, list[Event]] = defaultdict(list)
    for event in events:
        groups[key(event)].append(event)
    return groups
