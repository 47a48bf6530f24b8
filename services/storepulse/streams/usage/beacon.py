"""Usage beacons: what clients send, and the rules beyond its types."""

from __future__ import annotations

from typing import Any, Literal

from storepulse.streams.beacon import (
    Beacon,
    FreeObject,
    Input,
    NumberedId,
    Record,
    Rules,
    SessionText,
    free_object,
    numbered_id,
    object_of,
)

EventType = Literal["created", "changed", "removed"]


class UsageBeacon(Beacon, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One event."""

    session_id: SessionText
    event_type: EventType
    subject_id: NumberedId = None
    metadata: FreeObject = None


def own(beacon: UsageBeacon, _rules: Rules) -> tuple[Any, ...]:
    """The stream's own values, in the order of its schema. Raises Rejected for bad metadata."""
    return (
        beacon.event_type,
        numbered_id(beacon.subject_id),
        free_object("metadata", beacon.metadata),
    )


def beacon_of(record: Record) -> dict[str, Any]:
    """The beacon that a record was made of."""
    names = ("session_id", "visitor_id", "event_type", "subject_id")
    own = {name: record[name] for name in names}
    return own | {"metadata": object_of("metadata", record["metadata"])}


def sample(kind: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """A realistic beacon of a type."""
    return envelope | {"event_type": kind, "subject_id": "42"}


INPUT = Input(
    beacon=UsageBeacon,
    own=own,
    beacon_of=beacon_of,
    free_form=("metadata",),
    keeps_unknown=True,
)
