"""Bot: say here what its events are."""

from __future__ import annotations

from storepulse.streams.bot.beacon import INPUT, sample
from storepulse.streams.stream import Counts, EventTypes, Stream, StreamEndpoint

STREAM = Stream(
    name="bot",
    input=INPUT,
    types=EventTypes(column="event_type", names=("created", "changed", "removed")),
    endpoints=(
        StreamEndpoint(path="/api/bot/track"),
        StreamEndpoint(path="/api/bot/track-batch", batch=True),
    ),
    rows="bot_events",
    counts=Counts(events=("bot_rows", "bot_hourly"), shortest_kept="bot_events"),
    sample=sample,
)
