"""The store's days of events, for stores with time zones.

Only PostgreSQL computes them, in the slice's transaction, so that they match `store_day` in the
tables' SQL and in a rebuild. The time zones of Python and polars may be of another version.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import psycopg

from storepulse.adapters.postgres.named_sql import named_sql

_SQL = named_sql("agents/days", local_days="store_ids quarters")
_QUARTER_MS = 900_000
_KEY = ("_zones", "_quarter")


def with_local_days(
    cursor: psycopg.Cursor[Any], frame: pl.DataFrame, time: str = "occurred_at", day: str = "day"
) -> pl.DataFrame:
    """Return the frame with the store's day of `time` in the column `day` (pl.Date).

    Only rows of stores with time zones change. The column `_zones` is null for other stores, and
    equal for stores with the same days. Raises psycopg.Error.
    """
    quarter = pl.col(time).dt.epoch("ms").floordiv(_QUARTER_MS).cast(pl.Int64)
    marked = frame.with_columns(_quarter=quarter)
    zoned = marked.filter(pl.col("_zones").is_not_null() & pl.col("_quarter").is_not_null())
    asked = zoned.group_by(_KEY).agg(pl.col("store_id").first())
    parameters = {
        "store_ids": asked["store_id"].cast(pl.String).to_list(),
        "quarters": asked["_quarter"].to_list(),
    }
    found = cursor.execute(_SQL["local_days"], parameters).fetchall()
    if not found:
        return frame
    numbers, days = zip(*found, strict=True)
    local = asked[[number - 1 for number in numbers]].select(
        *_KEY, _local=pl.Series(days, dtype=pl.Date)
    )
    joined = marked.join(local, on=_KEY, how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("_local", day).alias(day)).drop("_quarter", "_local")
