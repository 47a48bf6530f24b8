"""The columns that the queue stores beside an event's bytes, computed from its record.

This is a separate module because it imports polars, which the query service does not load at start.
"""

from __future__ import annotations

from typing import Any

from storepulse.contracts.container_file import frame_of
from storepulse.contracts.schemas import Schema
from storepulse.destinations.rules.matching import event_type
from storepulse.destinations.rules.ordering import PRIORITIES, ordering_key


def queued_columns(schema: Schema, value: bytes) -> dict[str, Any]:
    """The ids, receipt time, type, priority and ordering key of a record that decodes."""
    (event,) = (
        frame_of(schema, [value])
        .select(
            "event_id", "store_id", "received_at", "priority",
            event_type(schema.stream), ordering_key(schema.stream),
        )
        .rows(named=True)
    )  # fmt: skip
    return {**event, "priority": PRIORITIES[event["priority"]]}
