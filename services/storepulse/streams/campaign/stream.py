"""Campaign: say here what its events are."""

from __future__ import annotations

from storepulse.streams.campaign.beacon import INPUT, sample
from storepulse.streams.stream import Counts, EventTypes, Stream, StreamEndpoint

STREAM = Stream(
    name="campaign",
    input=INPUT,
    types=EventTypes(column="event_type", names=("created", "changed", "removed")),
    endpoints=(
        StreamEndpoint(path="/api/campaign/track"),
        StreamEndpoint(path="/api/campaign/track-batch", batch=True),
        StreamEndpoint(path="/ingest", source="server", door="signed"),
    ),
    rows="campaign_events",
    counts=Counts(events=("campaign_rows", "campaign_hourly"), shortest_kept="campaign_events"),
    sample=sample,
)
