"""Reducers: a frame of fresh events in, frames of rows and increments out.

One module a stream. Column names of a result are those of the table that it is added to; the
upsert itself is the statement of the same name in `streams/<stream>/rollup.sql`, or in one of the
files of tables that several streams write, `SHARED`. A result without a statement is copied into
the table of its name.
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
#: The statements that one staged frame runs where it is not the one of its name alone, in order:
#: each sees what others had done when it began. One without any waits, staged, for another's.
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

#: Plans are small and run once: what is computed for several results is computed once, and no
#: further search for a better order pays.
_ONCE = pl.QueryOptFlags.none().update(comm_subplan_elim=True)


@dataclass(frozen=True)
class Reduction:
    """What a slice adds. `tables`: frame by name of its statement, in the order of execution.

    `carry` is handed to the next slice of the same partition: the little that a rule needs to know
    of the events before.
    """

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    carry: bytes | None = None

    @classmethod
    def of(cls, tables: Mapping[str, pl.DataFrame], carry: bytes | None = None) -> Self:
        """Of tables some of which may be empty."""
        return cls({name: table for name, table in tables.items() if table.height}, carry)


#: Fresh events in offset order, with their store's `day`, `store_domain`, `page_patterns` and
#: `experiment_sources`, and what the slice before left to know; no I/O, no clock.
Reducer = Callable[[pl.DataFrame, bytes | None], Reduction]


def collected(plans: Mapping[str, pl.LazyFrame]) -> dict[str, pl.DataFrame]:
    """The frames of plans that may share parts.

    Each step on a data frame is a plan of its own, which costs as much as some hundred rows
    however few it has; the streaming engine, polars' default, starts up for 15 ms.
    """
    frames = pl.collect_all(plans.values(), optimizations=_ONCE, engine="in-memory")
    return dict(zip(plans, frames, strict=True))


def computed(plan: pl.LazyFrame) -> pl.DataFrame:
    """The frame of one plan: what several others need is computed by itself first."""
    return plan.collect(optimizations=_ONCE, engine="in-memory")


def hour(column: str = "occurred_at") -> pl.Expr:
    """The UTC hour of a timestamp column, named `hour`."""
    return pl.col(column).dt.truncate("1h").alias("hour")


def day() -> pl.Expr:
    """The store's day on which an event occurred: the agents give each frame the column."""
    return pl.col("day")


def count_where(condition: pl.Expr, name: str) -> pl.Expr:
    """Number of rows that meet a condition, null counting as no."""
    return condition.fill_null(value=False).sum().cast(pl.Int64).alias(name)


def counted_name(column: str, part: int) -> pl.Expr:
    """The names of a column as they count: those that the gateway has marked are one."""
    marked = pl.col("folded").fill_null(0) & part != 0
    return pl.when(marked).then(pl.lit(OTHER)).otherwise(pl.col(column)).alias(column)


def events(name: str) -> pl.Expr:
    """Number of rows."""
    return pl.len().cast(pl.Int64).alias(name)
