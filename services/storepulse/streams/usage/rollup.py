"""Reducer of usage events: rows, and figures by hour and by the store's month."""

from __future__ import annotations

import polars as pl

from storepulse.streams.reduction import Reduction, collected, day, hour

ROW_COLUMNS = (
    "event_id", "store_id", "session_id", "visitor_id", "correlation_id", "occurred_at",
    "received_at", "meter", "quantity", "metadata", "source", "consent_analytics",
    "consent_marketing", "ip", "user_agent", "country", "is_bot", "period",
)  # fmt: skip

_PREPARED = [hour(), day().dt.month_start().alias("period")]
_SAID = ("occurred_at", "event_id")
_FIGURES = [
    pl.len().cast(pl.Int64).alias("count"),
    pl.col("quantity").sum().alias("sum"),
    pl.col("quantity").max().alias("max"),
    pl.col("quantity").sort_by(*_SAID).last().alias("last"),
    pl.col("occurred_at").sort_by(*_SAID).last().alias("last_at"),
    pl.col("event_id").sort_by(*_SAID).last().alias("last_id"),
]


def reduce(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
    """Return the rows and increments of one slice's fresh events."""
    del carry
    every = fresh.lazy().with_columns(_PREPARED)
    plans = {
        "usage_events": every.select(ROW_COLUMNS),
        "usage_hourly": every.group_by("store_id", "meter", "hour", "day").agg(_FIGURES),
        "usage_current": every.group_by("store_id", "period", "meter").agg(_FIGURES),
    }
    return Reduction.of(collected(plans))
