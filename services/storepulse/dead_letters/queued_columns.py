"""What the queue keeps of an event beside its bytes, computed from its record.

A module of its own: it takes data frames, which the query service starts without.
"""

from __future__ import annotations

from typing import Any

from storepulse.contracts.container_file import frame_of
from storepulse.contracts.schemas import Schema
from storepulse.destinations.rules.matching import event_type
from storepulse.destinations.rules.ordering import PRIORITIES, ordering_key


def queued_columns(schema: Schema, value: bytes) -> dict[str, Any]:
    """The ids, receipt, type, priority and ordering key of a record that decodes."""
    (event,) = (
        frame_of(schema, [value])
        .select(
            "event_id", "store_id", "received_at", "priority",
            event_type(schema.stream), ordering_key(schema.stream),
        )
        .rows(named=True)
    )  # fmt: skip
    return {**event, "priority": PRIORITIES[event["priority"]]}
