"""Reducer of campaign events: rows, hourly counts, revenue, people and orders.

An event with an order is a telling of it: created, or paid. Paid events without an order are
counted individually.
"""

from __future__ import annotations

import polars as pl

from storepulse.streams.campaign.beacon import ORDER_TYPES
from storepulse.streams.customers import customer_plans
from storepulse.streams.people import people_plans
from storepulse.streams.products import PRODUCT_SALES, has_values, product_sales_of
from storepulse.streams.purchases import order_plans
from storepulse.streams.reduction import Reduction, collected, count_where, day, events, hour

ROW_COLUMNS = (
    "event_id", "store_id", "session_id", "visitor_id", "correlation_id", "occurred_at",
    "received_at", "event_type", "event_name", "campaign_id", "tracking_id", "start_param",
    "telegram_id", "value", "currency", "order_id", "customer_id", "email_hash", "items",
    "payload", "source", "consent_analytics", "consent_marketing", "ip", "user_agent", "country",
    "is_bot",
)  # fmt: skip

# Expressions are made once: for a small slice, making them costs as much as evaluating them.
_KEY = ("store_id", "campaign_id", "hour", "day", "is_bot")
_KIND = pl.col("event_type").cast(pl.String)
_IS_PAID = _KIND == "ORDER_PAID"
_IS_ORDER = _KIND.is_in(ORDER_TYPES)
_NAMES_ORDER = pl.col("order_id").fill_null("") != ""
_IS_OPEN = _KIND == "WEBAPP_OPEN"
_IS_TELLING, _IS_PURCHASE = _IS_ORDER & _NAMES_ORDER, _IS_PAID & ~_NAMES_ORDER
_PREPARED = [hour(), day()]
_COUNTS = [
    count_where(_IS_OPEN, "opens"),
    count_where(_IS_PURCHASE, "purchases"),
    count_where(_IS_TELLING, "told_orders"),
    count_where(~_IS_OPEN & ~_IS_PURCHASE & ~_IS_TELLING, "others"),
]
_TOLD = pl.when(_IS_PAID).then(pl.lit("paid")).when(_IS_ORDER).then(pl.lit("created"))
_SALES = [events("purchases"), pl.col("value").sum().alias("revenue")]


def reduce(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
    """Return the rows and increments of one slice's fresh events."""
    del carry
    frame = fresh.lazy().with_columns(_PREPARED)
    told = customer_plans(fresh, "campaign")
    plans = {
        "pulse_events": fresh.lazy().select(ROW_COLUMNS),
        "campaign_hourly": frame.group_by(_KEY).agg(_COUNTS),
        "campaign_people": frame.select(*_KEY, "tracking_id").unique(),
        **_purchases(fresh),
        **told,
        **people_plans(told),
    }
    return Reduction.of(collected(plans))


def _purchases(fresh: pl.DataFrame) -> dict[str, pl.LazyFrame]:
    """Return the plans of orders and sales, only if there are any.

    A plan costs as much as some hundred events.
    """
    plans = order_plans(fresh, _TOLD, "campaign")
    if has_values(fresh, "value"):
        plans["campaign_revenue_hourly"] = (
            fresh.lazy()
            .filter(_IS_PURCHASE & pl.col("value").is_not_null())
            .with_columns(_PREPARED)
            .group_by(*_KEY, pl.col("currency").fill_null(""))
            .agg(_SALES)
        )
    sales = product_sales_of(fresh, _IS_PAID)
    return plans if sales is None else plans | {PRODUCT_SALES: sales}
