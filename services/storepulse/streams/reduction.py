"""Reducers: a frame of fresh events in, frames of rows and increments out.

There is one module per stream. The columns of a result are those of the table that it is added to.
The upsert is the statement of the same name in `streams/<stream>/rollup.sql`, or in a file of
tables that several streams write (`SHARED`). A result without a statement is copied into the table
of its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

import polars as pl

from storepulse.domain.folding import OTHER

#: SQL files of tables that several streams write, for `named_sql`; each with its own `stage`.
SHARED = (
    "streams/custom_events",
    "streams/customers",
    "streams/experiment_units",
    "streams/images",
    "streams/orders",
    "streams/people",
    "streams/pixel_calls",
    "streams/products",
    "streams/session_carts",
    "streams/visitors",
    "streams/web_vitals",
)
#: The statements of a staged frame that has not just the one of its own name, in order: each sees
#: what others had committed when it began. A frame without statements is read by another's.
STEPS: Mapping[str, tuple[str, ...]] = {
    "experiment_units": (
        "order_unit_locks", "session_unit_locks", "visitor_unit_locks", "ab_unit_events",
        "ab_unit_sessions", "ab_test_assignments", "due_units", "told_events", "contributions",
        "ab_rollups", "ab_metric_rollups", "ab_ratio_rollups", "ab_phase_counts",
    ),
    "exposures": (),
    "orders": ("order_locks", "orders", "order_lines"),
    "pages_daily": (),
    "people": ("people_locks", "people_owners", "people"),
    "sessions": ("sessions", "pages_daily"),
    "unit_events": (),
    "usage_events": ("usage_locks", "usage_events", "usage_late"),
    "web_vitals_daily": ("web_vitals_daily", "web_vitals_of_stores"),
}  # fmt: skip

#: Plans are small and run once: shared parts are computed once, and no other optimization pays off.
_ONCE = pl.QueryOptFlags.none().update(comm_subplan_elim=True)


@dataclass(frozen=True)
class Reduction:
    """What a slice adds. `tables`: frames by the name of their statement, in execution order.

    `carry` is passed to the next slice of the same partition: the data about earlier events that a
    rule needs.
    """

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    carry: bytes | None = None

    @classmethod
    def of(cls, tables: Mapping[str, pl.DataFrame], carry: bytes | None = None) -> Self:
        """Return a reduction without the empty tables."""
        return cls({name: table for name, table in tables.items() if table.height}, carry)


#: (fresh events in offset order, with their store's `day`, `store_domain`, `page_patterns` and
#: `experiment_sources`; the carry of the slice before) -> what the slice adds. No I/O, no clock.
Reducer = Callable[[pl.DataFrame, bytes | None], Reduction]


def collected(plans: Mapping[str, pl.LazyFrame]) -> dict[str, pl.DataFrame]:
    """Return the frames of plans that may share parts.

    Each operation on a data frame would be a plan of its own, which costs as much as some hundred
    rows. The streaming engine, polars' default, takes 15 ms to start.
    """
    frames = pl.collect_all(plans.values(), optimizations=_ONCE, engine="in-memory")
    return dict(zip(plans, frames, strict=True))


def computed(plan: pl.LazyFrame) -> pl.DataFrame:
    """Return the frame of one plan, for results that several other plans need."""
    return plan.collect(optimizations=_ONCE, engine="in-memory")


def hour(column: str = "occurred_at") -> pl.Expr:
    """Return the UTC hour of a timestamp column, named `hour`."""
    return pl.col(column).dt.truncate("1h").alias("hour")


def day() -> pl.Expr:
    """Return the store's day on which an event occurred; the agents add the column."""
    return pl.col("day")


def count_where(condition: pl.Expr, name: str) -> pl.Expr:
    """Return the number of rows that meet a condition; null counts as false."""
    return condition.fill_null(value=False).sum().cast(pl.Int64).alias(name)


def counted_name(column: str, part: int) -> pl.Expr:
    """Return the names of a column, with those that the gateway marked as folded as `(other)`."""
    marked = pl.col("folded").fill_null(0) & part != 0
    return pl.when(marked).then(pl.lit(OTHER)).otherwise(pl.col(column)).alias(column)


def events(name: str) -> pl.Expr:
    """Return the number of rows."""
    return pl.len().cast(pl.Int64).alias(name)
