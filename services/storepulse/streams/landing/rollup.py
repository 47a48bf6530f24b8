"""Reducer of landing-page events: rows, hourly counts, revenue, sessions, custom events, vitals and
orders.

A purchase with an order is a telling of it; others are counted individually.

Pages beyond the cap of new ones count as `(other)`; their rows keep the name that was sent.
"""

from __future__ import annotations

import polars as pl

from storepulse.domain.folding import LANDING_PAGE
from storepulse.streams.custom_events import custom_events
from storepulse.streams.customers import customer_plans
from storepulse.streams.people import people_plans, visitors_seen
from storepulse.streams.purchases import purchase_plans
from storepulse.streams.reduction import (
    Reduction,
    collected,
    count_where,
    counted_name,
    day,
    events,
    hour,
)
from storepulse.streams.session_carts import session_cart_plans
from storepulse.streams.visitors import visitor_plans
from storepulse.streams.web_vitals import landing_vitals

ROW_COLUMNS = (
    "event_id", "store_id", "session_id", "visitor_id", "correlation_id", "occurred_at",
    "received_at", "event_type", "event_name", "landing_page_id", "campaign_id", "value",
    "currency", "order_id", "event_data", "screen_resolution", "metadata", "source",
    "consent_analytics", "consent_marketing", "ip", "user_agent", "country", "is_bot",
)  # fmt: skip
COUNTED = {"views": "PageView", "clicks": "AddToCart", "purchases": "Purchase"}


def reduce(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
    """Return the rows and increments of one slice's fresh events."""
    del carry
    every = fresh.lazy()
    frame = every.with_columns(
        hour(),
        day(),
        counted_name("landing_page_id", LANDING_PAGE),
        pl.col("event_type").cast(pl.String),
        pl.col("campaign_id").fill_null(""),
    )
    key = ["store_id", "landing_page_id", "campaign_id", "hour", "day", "is_bot"]
    kind = pl.col("event_type")
    sold = kind == "Purchase"
    counted = fresh.with_columns(counted_name("landing_page_id", LANDING_PAGE))
    is_named = sold & (pl.col("order_id").fill_null("") != "")
    told = customer_plans(fresh, "landing")
    plans = {
        "landing_events": every.select(ROW_COLUMNS),
        "landing_hourly": frame.group_by(key).agg(
            *(count_where((kind == name) & ~is_named, column) for column, name in COUNTED.items()),
            count_where(is_named, "told_orders"),
            count_where(~kind.is_in(list(COUNTED.values())), "others"),
        ),
        "landing_revenue_hourly": frame.filter(sold & ~is_named & pl.col("value").is_not_null())
        .group_by(*key, pl.col("currency").fill_null(""))
        .agg(events("purchases"), pl.col("value").sum().alias("revenue")),
        "landing_sessions": frame.select(*key, "session_id").unique(),
        # Tables of several streams, in the order in which the activity stream locks them.
        **visitor_plans(frame),
        **session_cart_plans(fresh, "landing"),
        **custom_events(fresh.filter(kind == "Custom"), "landing", "event_name"),
        **landing_vitals(counted),
        **purchase_plans(
            counted,
            kind.cast(pl.String) == "Purchase",
            "landing",
        ),
        **told,
        **people_plans(told, visitors_seen(every, is_activity=False)),
    }
    return Reduction.of(collected(plans))
