"""Selects the events of a batch that a kind of destination sends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from storepulse.destinations.kinds.kind import Kind
from storepulse.destinations.rules.model import Destination, Event


def select(
    kind: Kind, destination: Destination, events: Sequence[Event], now: datetime
) -> tuple[list[Event], dict[str, str]]:
    """The events to send, and the omissions: event id to reason."""
    if kind.vendor_streams is None:
        return list(events), {}
    selected: list[Event] = []
    omissions: dict[str, str] = {}
    for event in events:
        why = _why_not_named(destination, event) or kind.left_out(event, now)
        if why is None:
            selected.append(event)
        else:
            omissions[event.event_id] = why
    return selected, omissions


def _why_not_named(destination: Destination, event: Event) -> str | None:
    """Why the destination's declaration excludes the event's stream, or None.

    Checked at every send: the streams may have changed, and replays bypass the filters.
    """
    if event.stream in destination.streams:
        return None
    return f"the destination does not name the stream {event.stream}"
