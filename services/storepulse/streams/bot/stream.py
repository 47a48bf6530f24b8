"""Bot: what happens in chats with a shop's bot."""

from __future__ import annotations

from typing import get_args

from storepulse.domain.ratelimit import MINUTE
from storepulse.streams.bot.beacon import INPUT, EventType, sample
from storepulse.streams.stream import (
    CountedName,
    Counts,
    EventTypes,
    Limit,
    Stream,
    StreamEndpoint,
)

LIMIT = Limit(name="bot", windows=(("limit_bot_per_minute", MINUTE),))

STREAM = Stream(
    name="bot",
    input=INPUT,
    types=EventTypes(column="event_type", names=get_args(EventType)),
    endpoints=(
        StreamEndpoint(path="/api/analytics/events", lists=True, limit=LIMIT, source="bot"),
    ),
    rows="tg_analytics_events",
    counts=Counts(
        events=("bot_rows", "bot_hourly"),
        shortest_kept="tg_analytics_events",
        of_rows=("bot_users", "bot_users_daily"),
    ),
    sample=sample,
    counted_names=(CountedName(kind="event_name", field="name"),),
)
