"""Who visited a store on which day and in which hour, as the events of one slice tell it.

A visitor is the event's visitor id, else `s:` and its session id. Bots are no visitors. Both
activity and landing pages tell of visitors, in the same tables: who is seen by both counts once.
"""

from __future__ import annotations

import polars as pl

from storepulse.domain.identities import OF_SESSION


def visitor_plans(frame: pl.LazyFrame) -> dict[str, pl.LazyFrame]:
    """One row for each store, day and visitor, and for each hour of these, of a frame that has the
    columns `day` and `hour`."""
    visitor = pl.coalesce("visitor_id", pl.lit(OF_SESSION) + pl.col("session_id"))
    seen = (
        frame.filter(~pl.col("is_bot"))
        .select("store_id", "day", "hour", visitor.alias("visitor"))
        .unique()
    )
    return {
        "visitors_daily": seen.select("store_id", "day", "visitor").unique(),
        "visitors_hourly": seen,
    }
