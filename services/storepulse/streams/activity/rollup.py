"""Customer activity to rows, hourly counts, products, searches and pieces of sessions."""

from __future__ import annotations

import polars as pl

from storepulse.streams.activity.sessions import sessions
from storepulse.streams.normal_forms import page, term
from storepulse.streams.purchases import purchase_plans
from storepulse.streams.reduction import Reduction, collected, count_where, day, events, hour
from storepulse.streams.visitors import visitors

PRODUCT_COLUMNS = {
    "views": "product_view",
    "adds": "add_to_cart",
    "removes": "remove_from_cart",
}

ROW_COLUMNS = (
    "event_id", "store_id", "session_id", "visitor_id", "correlation_id", "occurred_at",
    "received_at", "activity_type", "page_url", "referrer", "product_id", "product_name",
    "search_query", "quantity", "value", "currency", "metadata", "source", "consent_analytics",
    "consent_marketing", "ip", "user_agent", "country", "is_bot",
)  # fmt: skip


def reduce(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
    """Rows and increments of the fresh events of one slice."""
    del carry  # no rule here looks back: sessions meet their past in the database
    every = fresh.lazy()
    frame = every.with_columns(hour(), day(), pl.col("activity_type").cast(pl.String))
    is_named = (pl.col("activity_type") == "purchase") & (pl.col("order_id").fill_null("") != "")
    plans = {
        "customer_activity": every.select(ROW_COLUMNS),
        "activity_hourly": frame.group_by("store_id", "hour", "activity_type", "is_bot").agg(
            events("events"), pl.col("quantity").sum().cast(pl.Int64)
        ),
        "activity_revenue_hourly": frame.filter(
            (pl.col("activity_type") == "purchase") & ~is_named & pl.col("value").is_not_null()
        )
        .group_by("store_id", "hour", "day", pl.col("currency").fill_null(""), "is_bot")
        .agg(events("purchases"), pl.col("value").sum().alias("revenue")),
        "activity_products_daily": _products(frame),
        "activity_searches_daily": _searches(frame),
        **purchase_plans(fresh, pl.col("activity_type").cast(pl.String) == "purchase", "activity"),
        "pages_daily": _pages(frame),
        "visitors_daily": visitors(frame),
    }
    return Reduction.of(collected(plans) | {"sessions": sessions(frame)})


def _products(frame: pl.LazyFrame) -> pl.LazyFrame:
    counts = [
        count_where(pl.col("activity_type") == kind, column)
        for column, kind in PRODUCT_COLUMNS.items()
    ]
    return (
        frame.filter(
            pl.col("product_id").is_not_null()
            & pl.col("activity_type").is_in(list(PRODUCT_COLUMNS.values()))
        )
        .group_by("store_id", "day", "product_id", "is_bot")
        .agg(pl.col("product_name").max(), *counts)
    )


def _searches(frame: pl.LazyFrame) -> pl.LazyFrame:
    return (
        frame.filter(pl.col("activity_type") == "search")
        .with_columns(term())
        .filter(pl.col("term").is_not_null())
        .group_by("store_id", "day", "term", "is_bot")
        .agg(events("searches"))
    )


def _pages(frame: pl.LazyFrame) -> pl.LazyFrame:
    return (
        frame.filter(pl.col("activity_type") == "page_view")
        .group_by("store_id", "day", page().fill_null(""), "is_bot")
        .agg(events("views"))
    )
