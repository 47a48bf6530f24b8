"""Estimates the size of an event's JSON from its stored value, without decoding it.

Batches are formed by the estimate. It is rarely too small; if it is, the batch is divided.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from storepulse.contracts.schemas import schema_of
from storepulse.destinations.rules.event_json import CLIENT, ELSEWHERE, ENVELOPE

#: Bytes around the fields: braces, names of objects, the message's type and timestamp.
_FRAME = 420
#: Maximum characters by which a value's JSON is longer than its stored bytes.
_LONGER = {"timestamp-millis": 22, "decimal": 16, "int": 10, "long": 18, "double": 16, "enum": 18}
_NAMED = frozenset(
    {*ENVELOPE, *CLIENT, "occurred_at", "received_at", "event_id", "store_id", "is_bot"}
)


def json_bytes(stream: str, stored_bytes: int) -> int:
    """Estimated bytes of an event's message, from the bytes of its stored value."""
    return stored_bytes + _bytes_around(stream)


@cache
def _bytes_around(stream: str) -> int:
    fields = schema_of(stream).document["fields"]
    return _FRAME + sum(
        # The name with quotes, colon and comma; and what the value adds (at least `null`).
        len(field["name"]) + 4 + max(4, _longer(field["type"]))
        for field in fields
        if field["name"] in _NAMED or field["name"] not in ELSEWHERE
    )


def _longer(kind: Any) -> int:
    if isinstance(kind, list):
        return max(map(_longer, kind))
    if isinstance(kind, dict):
        return _LONGER.get(str(kind.get("logicalType", kind["type"])), 2)
    return _LONGER.get(kind, 2)
