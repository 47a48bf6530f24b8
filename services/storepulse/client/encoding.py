"""Encode events in the caller's thread.

The caller's objects may change afterwards, so they are encoded at once. Values that JSON lacks get
the form that the gateway reads: amounts as decimal text, times as RFC 3339.
"""

from __future__ import annotations

import json
import operator
import os
import time
from collections.abc import Mapping, Set
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from storepulse.domain.identity import UUID7_DIGITS, uuid7, uuid7_prefix

#: The maximum size of one event, as in the gateway.
MOST_BYTES = 65_536


class QueuedEvent(NamedTuple):
    """An encoded event of a stream. `id`: its event_id, or its idempotency key."""

    stream: str
    id: str
    body: bytes


def now_milliseconds() -> int:
    """The time, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def new_event_id(milliseconds: int) -> str:
    """A new UUIDv7. Its random bits come from the kernel, so a fork does not repeat them."""
    return uuid7(uuid7_prefix(milliseconds), os.urandom(UUID7_DIGITS // 2).hex())


def milliseconds_of(at: object) -> int:
    """A caller's timestamp: a datetime with a zone, or seconds or milliseconds since 1970.

    Raises ValueError or TypeError for other values.
    """
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise ValueError("timestamp must be a datetime with a time zone")
        return int(at.timestamp() * 1000)
    if isinstance(at, bool) or not isinstance(at, int | float):
        raise TypeError("timestamp must be a datetime, or a number of seconds or milliseconds")
    return int(at if at > 1e11 else at * 1000)


def encoded_event(fields: dict[str, Any]) -> bytes:
    """Encode an event as JSON in one line.

    Raises ValueError, TypeError or RecursionError for values that JSON cannot hold, and for more
    than 64 KiB.
    """
    text = _encode(fields)
    try:
        body = text.encode()
    except UnicodeEncodeError:
        # Half of an emoji, because of which the gateway would refuse the whole event.
        body = text.encode(errors="replace")
    if len(body) > MOST_BYTES:
        raise ValueError(f"an event has at most {MOST_BYTES} bytes, this one {len(body)}")
    return body


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Set):
        return list(value)
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{type(value).__name__} is nothing that JSON can say") from None


_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
).encode
