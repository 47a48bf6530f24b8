"""Reducer of experiment events: rows and hourly counts."""

from __future__ import annotations

import polars as pl

from storepulse.streams.reduction import Reduction, collected, events, hour

ROW_COLUMNS = (
    "event_id", "store_id", "session_id", "visitor_id", "correlation_id", "occurred_at",
    "received_at", "event_type", "test_id", "phase", "variant_id", "metric", "value", "currency",
    "order_id", "metadata", "source", "consent_analytics", "consent_marketing", "ip", "user_agent",
    "country", "is_bot",
)  # fmt: skip


def reduce(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
    """Return the rows and increments of one slice's fresh events."""
    del carry
    every = fresh.lazy()
    key = ["store_id", "hour", pl.col("event_type").cast(pl.String), "is_bot"]
    plans = {
        "experiment_events": every.select(ROW_COLUMNS),
        "experiment_hourly": every.with_columns(hour()).group_by(key).agg(events("events")),
    }
    return Reduction.of(collected(plans))
