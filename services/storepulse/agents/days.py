"""The store's day of each event of a slice.

PostgreSQL alone says it, within the slice's transaction: what the tables' SQL, a rebuild and
a recount ask of `store_day` is the same. Python's and polars' zones may be of another year.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import psycopg

from storepulse.adapters.postgres.named_sql import named_sql

_SQL = named_sql("agents/days", local_days="store_ids quarters")
_QUARTER_MS = 900_000
_KEY = ("store_id", "_quarter")


def with_days(cursor: psycopg.Cursor[Any], frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the column `day` (pl.Date): the store's day of `occurred_at`.

    Raises psycopg.Error.
    """
    at = pl.col("occurred_at")
    marked = frame.with_columns(
        day=at.dt.date(), _quarter=at.dt.epoch("ms").floordiv(_QUARTER_MS).cast(pl.Int64)
    )
    asked = marked.select(_KEY).unique(maintain_order=True)
    parameters = {
        "store_ids": asked["store_id"].to_list(),
        "quarters": asked["_quarter"].to_list(),
    }
    found = cursor.execute(_SQL["local_days"], parameters).fetchall()
    if not found:
        return marked.drop("_quarter")
    numbers, days = zip(*found, strict=True)
    local = asked[[number - 1 for number in numbers]].with_columns(
        _local=pl.Series(days, dtype=pl.Date)
    )
    joined = marked.join(local, on=_KEY, how="left", maintain_order="left")
    return joined.with_columns(day=pl.coalesce("_local", "day")).drop("_quarter", "_local")
