"""Reducers: a frame of fresh events in, frames of rows and increments out.

One module a stream. Column names of a result are those of the table that it is added to; the
upsert itself is the statement of the same name in `adapters/sql/streams/<stream>.sql`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True)
class Reduction:
    """What a slice adds. `tables`: frame by name of its statement, in the order of execution.

    `carry` is handed to the next slice of the same partition: the little that a rule needs to know
    of the events before.
    """

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    carry: bytes | None = None


def hour(column: str = "occurred_at") -> pl.Expr:
    """The UTC hour of a timestamp column, named `hour`."""
    return pl.col(column).dt.truncate("1h").alias("hour")


def day(column: str = "occurred_at") -> pl.Expr:
    """The UTC day of a timestamp column, named `day`."""
    return pl.col(column).dt.date().alias("day")


def count_where(condition: pl.Expr, name: str) -> pl.Expr:
    """Number of rows that meet a condition, null counting as no."""
    return condition.fill_null(value=False).sum().cast(pl.Int64).alias(name)


def events(name: str) -> pl.Expr:
    """Number of rows."""
    return pl.len().cast(pl.Int64).alias(name)
