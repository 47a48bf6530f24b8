"""Reducer of cart events: rows, hourly counts and products."""

from __future__ import annotations

import polars as pl

from storepulse.streams.customers import customer_plans
from storepulse.streams.images import carted_images
from storepulse.streams.normal_forms import normalised_email
from storepulse.streams.people import people_plans
from storepulse.streams.reduction import Reduction, collected, count_where, day, events, hour
from storepulse.streams.session_carts import session_cart_plans

ROW_COLUMNS = {
    "public_id": "id",
    "event_id": "event_id",
    "store_id": "store_id",
    "store_name": "store_name",
    "product_id": "product_id",
    "product_title": "product_title",
    "product_url": "product_url",
    "variant_id": "variant_id",
    "customer_email": "customer_email",
    "normalised_email": "normalised_email",
    "customer_first_name": "customer_first_name",
    "customer_last_name": "customer_last_name",
    "generated_image_url": "generated_image_url",
    "person_image_url": "person_image_url",
    "clothing_image_url": "clothing_image_url",
    "user_agent": "user_agent",
    "ip": "ip_address",
    "session_id": "session_id",
    "visitor_id": "visitor_id",
    "correlation_id": "correlation_id",
    "source": "source",
    "consent_analytics": "consent_analytics",
    "consent_marketing": "consent_marketing",
    "country": "country",
    "is_bot": "is_bot",
    "occurred_at": "occurred_at",
    "received_at": "created_at",
}


def reduce(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
    """Return the rows and increments of one slice's fresh events."""
    del carry
    every = fresh.lazy()
    frame = every.with_columns(hour(), day())

    def images(kind: str) -> pl.Expr:
        return count_where(pl.col(f"{kind}_image_url").is_not_null(), f"{kind}_images")

    title = pl.col("product_title").filter(pl.col("product_id").fill_null("") != "")
    told = customer_plans(fresh, "cart")
    plans = {
        "cart_tracking_events": every.with_columns(normalised_email()).select(
            pl.col(a).alias(b) for a, b in ROW_COLUMNS.items()
        ),
        "cart_hourly": frame.group_by("store_id", "hour", "day", "store_name", "is_bot").agg(
            events("carts"), images("generated"), images("person"), images("clothing")
        ),
        "cart_products_daily": frame.group_by(
            "store_id", "day", pl.col("product_id").fill_null(""), "store_name", "is_bot"
        ).agg(title.max(), events("carts"), images("generated")),
        **session_cart_plans(fresh, "cart"),
        **carted_images(fresh),
        **told,
        **people_plans(told),
    }
    return Reduction.of(collected(plans))
