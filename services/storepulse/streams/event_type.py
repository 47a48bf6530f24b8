"""The type of a decoded event, as used by destinations' filters and readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import OWN_TYPE


def type_of(stream: str, event: Mapping[str, Any]) -> str:
    """Return the event's type; "" for an unknown stream or type."""
    record = STREAMS.get(stream)
    if record is None:
        return ""
    types = record.types
    name = types.names[0] if types.column is None else event.get(types.column)
    if types.column is None and event.get("meter") in types.derived:
        name = event["meter"]
    if name == OWN_TYPE and types.own_column is not None:
        name = event.get(types.own_column)
    return str(name or "")
