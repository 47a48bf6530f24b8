"""The store's days of events, where the store has time zones.

PostgreSQL alone says it, within the slice's transaction: what the tables' SQL and a rebuild ask of
`store_day` is the same. Python's and polars' zones may be of another year.
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
    """The frame with the store's day of a `time` in its column `day` (pl.Date), where the
    row's store has zones: column `_zones` is null where it has none, and equal for stores whose
    days are. Raises psycopg.Error.
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
