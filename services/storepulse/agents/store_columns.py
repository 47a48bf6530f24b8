"""Columns that a slice's stores add to its events: domain, page patterns, sources of experiments,
and day.

They are read in the slice's transaction, by one short statement. A change of domain or patterns
applies from the next slice on, and earlier events keep their page. Time zones do not change during
the transaction (slices/ledger.sql).
"""

from __future__ import annotations

from typing import Any

import polars as pl
import psycopg

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.agents.days import with_local_days

_SQL = named_sql("agents/store_columns", stores="store_ids")
#: A time of events, and the column of its day. Orders may be older than their event.
DAYS = {"occurred_at": "day", "ordered_at": "ordered_day"}
_COLUMNS: dict[str, pl.DataType] = {
    "store_id": pl.String(),
    "store_domain": pl.String(),
    "page_patterns": pl.String(),
    "_zones": pl.String(),
    "experiment_sources": pl.List(pl.String()),
}
_NOTHING = [
    pl.lit(None, kind).alias(name)
    for name, kind in _COLUMNS.items()
    if name not in ("store_id", "_zones")
]


def with_store_columns(cursor: psycopg.Cursor[Any], frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with the store's days of its times (`DAYS`, pl.Date), and the columns
    `store_domain`, `page_patterns`, one pattern per line, and `experiment_sources`, a list. They
    are null if the store has none.

    Raises psycopg.Error.
    """
    store_ids = frame["store_id"].cast(pl.String).unique().to_list()
    found = cursor.execute(_SQL["stores"], {"store_ids": store_ids}).fetchall()
    times = {time: day for time, day in DAYS.items() if time in frame.columns}
    utc_days = [pl.col(time).dt.date().alias(day) for time, day in times.items()]
    if not found:
        return frame.with_columns(*_NOTHING, *utc_days)
    stores = pl.DataFrame(found, schema=_COLUMNS, orient="row")
    has_zones = stores["_zones"].count() > 0
    stores = stores.with_columns(pl.col("store_id").cast(frame.schema["store_id"]))
    joined = frame.join(stores, on="store_id", how="left", maintain_order="left")
    joined = joined.with_columns(utc_days)
    if has_zones:
        for time, day in times.items():
            joined = with_local_days(cursor, joined, time, day)
    return joined.drop("_zones")
