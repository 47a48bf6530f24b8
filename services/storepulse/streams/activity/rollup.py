"""Customer activity to rows, hourly counts, products, searches, sessions and funnel steps."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from storepulse.domain.pages import PATH_PATTERN, ROOT
from storepulse.streams.activity.funnel import FUNNEL
from storepulse.streams.reduction import Reduction, collected, count_where, day, events, hour
from storepulse.streams.visitors import visitors

PRODUCT_COLUMNS = {
    "views": "product_view",
    "adds": "add_to_cart",
    "removes": "remove_from_cart",
    "purchases": "purchase",
}
SESSION_GAP = timedelta(minutes=30)
TERM_LENGTH = 200

ROW_COLUMNS = (
    "event_id", "store_id", "session_id", "visitor_id", "correlation_id", "occurred_at",
    "received_at", "activity_type", "page_url", "referrer", "product_id", "product_name",
    "search_query", "quantity", "value", "currency", "metadata", "source", "consent_analytics",
    "consent_marketing", "ip", "user_agent", "country", "is_bot",
)  # fmt: skip


def reduce(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
    """Rows and increments of the fresh events of one slice."""
    del carry  # no rule here looks back: sessions and funnels meet their past in the database
    every = fresh.lazy()
    frame = every.with_columns(hour(), day(), pl.col("activity_type").cast(pl.String))
    plans = {
        "customer_activity": every.select(ROW_COLUMNS),
        "activity_hourly": frame.group_by("store_id", "hour", "activity_type", "is_bot").agg(
            events("events"), pl.col("quantity").sum().cast(pl.Int64)
        ),
        "activity_revenue_hourly": frame.filter(
            (pl.col("activity_type") == "purchase") & pl.col("value").is_not_null()
        )
        .group_by("store_id", "hour", pl.col("currency").fill_null(""), "is_bot")
        .agg(events("purchases"), pl.col("value").sum().alias("revenue")),
        "activity_products_daily": _products(frame),
        "activity_searches_daily": _searches(frame),
        "sessions": runs(frame),
        "funnel_sessions": funnel(frame),
        "pages_daily": _pages(frame),
        "visitors_daily": visitors(frame),
    }
    return Reduction.of(collected(plans))


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
    term = pl.col("search_query").str.strip_chars().str.to_lowercase().str.slice(0, TERM_LENGTH)
    return (
        frame.filter(pl.col("activity_type") == "search")
        .with_columns(term=term)
        .filter(pl.col("term").fill_null("") != "")
        .group_by("store_id", "day", "term", "is_bot")
        .agg(events("searches"))
    )


def _pages(frame: pl.LazyFrame) -> pl.LazyFrame:
    path = pl.col("page_url").str.extract(PATH_PATTERN, 1)
    page = pl.when(path == "").then(pl.lit(ROOT)).otherwise(path).fill_null("").alias("page")
    return (
        frame.filter(pl.col("activity_type") == "page_view")
        .group_by("store_id", "day", page, "is_bot")
        .agg(events("views"))
    )


def runs(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Pieces of sessions: consecutive events of a session id without a gap of over 30 minutes.

    The database joins them with the pieces that it has, and cuts what lasts over 24 hours; see
    `sessions` in activity.sql.
    """
    session = ["store_id", "session_id"]
    host = pl.col("referrer").str.extract(r"^[a-zA-Z]+://(?:[^/?#@]*@)?([^/?#:]*)", 1)
    host = host.str.to_lowercase()
    ordered = frame.sort(*session, "occurred_at", "event_id").with_columns(
        piece=(pl.col("occurred_at").diff().over(session) > SESSION_GAP)
        .fill_null(value=True)
        .cum_sum()
        .over(session)
    )
    return (
        ordered.with_columns(host=host)
        .group_by(*session, "piece", maintain_order=True)
        .agg(
            pl.col("occurred_at").min().alias("started_at"),
            pl.col("occurred_at").max().alias("ended_at"),
            pl.col("visitor_id").max(),
            pl.col("event_id").first().alias("entry_event_id"),
            pl.col("event_id").last().alias("exit_event_id"),
            pl.col("page_url").first().alias("entry_page"),
            pl.col("page_url").last().alias("exit_page"),
            pl.col("host").first().alias("source"),
            count_where(pl.col("activity_type") == "page_view", "pages"),
            events("events"),
            pl.col("is_bot").any(),
        )
        .drop("piece")
    )


def funnel(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Which steps each session took on each day, as a bit mask."""
    took = [
        (pl.col("activity_type") == step).any().cast(pl.Int16) * (1 << bit)
        for bit, step in enumerate(FUNNEL)
    ]
    return (
        frame.group_by("store_id", "day", "session_id", "is_bot")
        .agg(pl.sum_horizontal(took).cast(pl.Int16).alias("steps"))
        .filter(pl.col("steps") > 0)
    )
