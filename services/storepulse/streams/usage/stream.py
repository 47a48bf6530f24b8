"""Usage: how much of each meter a store used, from its servers and from our own counting."""

from __future__ import annotations

from storepulse.domain.plans import REACHED_METER
from storepulse.streams.stream import Counts, EventTypes, Stream, StreamEndpoint
from storepulse.streams.usage.beacon import INPUT, sample

STREAM = Stream(
    name="usage",
    input=INPUT,
    types=EventTypes(names=("usage",), derived=(REACHED_METER,)),
    endpoints=(StreamEndpoint(path="/api/usage", lists=True, source="server", door="signed"),),
    rows="usage_events",
    counts=Counts(
        events=("usage_rows", "usage_hourly", "usage_current"),
        shortest_kept="usage_events",
        of_rows=("usage_statements", "usage_late"),
    ),
    sample=sample,
    session_required=False,
    is_metered=False,
    meter_field="meter",
)
