"""Custom events by name and day, from activity, landing pages and bots.

`domain.event_names` defines how names count; events without a name count under "". The upsert is in
`custom_events.sql`.
"""

from __future__ import annotations

import polars as pl

from storepulse.domain.folding import EVENT_NAME
from storepulse.streams.normal_forms import event_name
from storepulse.streams.reduction import counted_name, events

#: The statement and the staged table.
CUSTOM_EVENTS = "custom_events_daily"

_KEY = ("store_id", "day", "stream", "name", "is_bot")


def custom_events(
    customs: pl.DataFrame, stream: str, column: str = "name"
) -> dict[str, pl.LazyFrame]:
    """Return the counts of custom events, by the statement's name.

    `column` has their names. Empty if there are none: small slices seldom have any.
    """
    if not customs.height:
        return {}
    return {
        CUSTOM_EVENTS: customs.lazy()
        .with_columns(event_name(column))
        .with_columns(counted_name("event_name", EVENT_NAME).alias("name"), stream=pl.lit(stream))
        .group_by(_KEY)
        .agg(events("events"))
    }
