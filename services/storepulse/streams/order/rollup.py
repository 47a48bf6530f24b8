"""Reducer of order events: rows, hourly counts and orders."""

from __future__ import annotations

import polars as pl

from storepulse.streams.customers import customer_plans
from storepulse.streams.people import people_plans
from storepulse.streams.purchases import order_plans
from storepulse.streams.reduction import Reduction, collected, events, hour

ROW_COLUMNS = (
    "event_id", "store_id", "session_id", "visitor_id", "correlation_id", "occurred_at",
    "received_at", "event_type", "order_id", "order_name", "ordered_at", "value", "currency",
    "refunded", "refund_id", "refund_value", "channel", "landing_page_id", "campaign_id",
    "metadata", "customer_id", "email_hash", "items", "source", "consent_analytics",
    "consent_marketing", "ip", "user_agent", "country", "is_bot",
)  # fmt: skip


def reduce(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
    """Return the rows and increments of one slice's fresh events."""
    del carry
    every = fresh.lazy()
    kind = pl.col("event_type").cast(pl.String)
    key = ["store_id", "hour", kind, "is_bot"]
    told = customer_plans(fresh, "order")
    plans = {
        "order_events": every.select(ROW_COLUMNS),
        "order_hourly": every.with_columns(hour()).group_by(key).agg(events("events")),
        **order_plans(fresh, kind, "order"),
        **told,
        **people_plans(told),
    }
    return Reduction.of(collected(plans))
