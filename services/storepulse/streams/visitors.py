"""Who visited a store on which day and in which hour, according to the events of one slice.

A visitor is the event's visitor id, else `s:` and its session id. Bots are not visitors. Activity
and landing pages write to the same tables: a visitor of both counts once.
"""

from __future__ import annotations

import polars as pl

from storepulse.domain.identities import OF_SESSION


def visitor_plans(frame: pl.LazyFrame) -> dict[str, pl.LazyFrame]:
    """Return one row per store, day and visitor, and one per hour of these.

    `frame` has the columns `day` and `hour`.
    """
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
