"""Who visited a store on which day, as the events of one slice tell it.

A visitor is the event's visitor id, else `s:` and its session id. Bots are no visitors. Both
activity and landing pages tell of visitors, in one table: who is seen by both counts once.
"""

from __future__ import annotations

import polars as pl

#: Before a session id, so that it is not taken for a visitor id.
OF_SESSION = "s:"


def visitors(frame: pl.LazyFrame) -> pl.LazyFrame:
    """One row for each store, day and visitor of a frame that has the column `day`."""
    visitor = pl.coalesce("visitor_id", pl.lit(OF_SESSION) + pl.col("session_id"))
    return (
        frame.filter(~pl.col("is_bot")).select("store_id", "day", visitor.alias("visitor")).unique()
    )
