"""Usage: say here what its events are."""

from __future__ import annotations

from storepulse.streams.stream import Counts, EventTypes, Stream, StreamEndpoint
from storepulse.streams.usage.beacon import INPUT, sample

STREAM = Stream(
    name="usage",
    input=INPUT,
    types=EventTypes(column="event_type", names=("created", "changed", "removed")),
    endpoints=(
        StreamEndpoint(path="/api/usage/track"),
        StreamEndpoint(path="/api/usage/track-batch", batch=True),
    ),
    rows="usage_events",
    counts=Counts(events=("usage_rows", "usage_hourly"), shortest_kept="usage_events"),
    sample=sample,
)
