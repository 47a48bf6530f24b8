"""Reducer of customer activity: rows, hourly counts, products, searches, custom events, calls of
pixels and pieces of sessions."""

from __future__ import annotations

from hashlib import sha256

import polars as pl

from storepulse.domain.folding import PAGE
from storepulse.streams.activity.sessions import sessions
from storepulse.streams.custom_events import custom_events
from storepulse.streams.customers import customer_plans
from storepulse.streams.derived_rows import acts_of
from storepulse.streams.images import generated_images
from storepulse.streams.normal_forms import page, term
from storepulse.streams.people import people_plans, visitors_seen
from storepulse.streams.pixel_calls import PIXEL_CALLS, called_pixels, unnumbered_purchases
from storepulse.streams.purchases import purchase_plans
from storepulse.streams.reduction import (
    Reduction,
    collected,
    computed,
    count_where,
    counted_name,
    events,
    hour,
)
from storepulse.streams.session_carts import session_cart_plans
from storepulse.streams.visitors import visitor_plans
from storepulse.streams.web_vitals import activity_vitals

PRODUCT_COLUMNS = {
    "views": "product_view",
    "adds": "add_to_cart",
    "removes": "remove_from_cart",
}

ROW_COLUMNS = (
    "event_id", "store_id", "session_id", "visitor_id", "correlation_id", "occurred_at",
    "received_at", "activity_type", "page_url", "referrer", "product_id", "product_name",
    "search_query", "quantity", "value", "currency", "metadata", "order_id", "name", "items",
    "view_id", "customer_id", "source", "consent_analytics", "consent_marketing", "ip",
    "user_agent", "country", "is_bot",
)  # fmt: skip


# Expressions are made once: for a small slice, making them costs as much as evaluating them.
_KIND = pl.col("activity_type")
_PREPARED = [hour(), _KIND.cast(pl.String), page()]
_COUNTED_PAGE = counted_name("page", PAGE)
_EVENTS = [events("events"), pl.col("quantity").cast(pl.Int64).sum()]
_IS_PURCHASE = _KIND == "purchase"
_IS_UNNAMED_SALE = (pl.col("order_id").fill_null("") == "") & pl.col("value").is_not_null()
_SALES = [events("purchases"), pl.col("value").sum().alias("revenue")]
_CURRENCY = pl.col("currency").fill_null("")
_OF_PRODUCT = pl.col("product_id").is_not_null() & _KIND.is_in(list(PRODUCT_COLUMNS.values()))
_PRODUCT = [
    pl.col("product_name").max(),
    *(
        count_where(pl.col("activity_type") == kind, column)
        for column, kind in PRODUCT_COLUMNS.items()
    ),
]
_SEARCH = [term(), *map(pl.col, ("store_id", "day", "is_bot"))]
_VIEWED = pl.col("page").fill_null("")
# Like text_hash() of the database, which would cost a slice of many pages some percent.
_PAGE_HASH = pl.map_batches(
    ["page"], lambda pages: _hashes_of(pages[0]), return_dtype=pl.String
).alias("page_hash")


def reduce(fresh: pl.DataFrame, carry: bytes | None) -> Reduction:
    """Return the rows and increments of one slice's fresh events."""
    del carry  # no rule here needs earlier events: the database joins sessions with stored ones
    prepared = fresh.lazy().with_columns(_PREPARED).with_columns(_COUNTED_PAGE)
    every = computed(prepared)
    frame = every.lazy()
    acts = acts_of(every)
    plans = {
        "customer_activity": frame.select(ROW_COLUMNS),
        "activity_hourly": frame.group_by("store_id", "hour", "activity_type", "is_bot").agg(
            _EVENTS
        ),
        "activity_products_daily": frame.filter(_OF_PRODUCT)
        .group_by("store_id", "day", "product_id", "is_bot")
        .agg(_PRODUCT),
        "pages_daily": frame.filter(_KIND == "page_view")
        .group_by("store_id", "day", _VIEWED, "is_bot")
        .agg(events("views"))
        .with_columns(_PAGE_HASH),
        **visitor_plans(acts.lazy()),
        **session_cart_plans(every, "activity"),
    }
    # Most small slices lack the rare kinds of events.
    searches, purchases = every.filter(_KIND == "search"), every.filter(_IS_PURCHASE)
    customs = every.filter(_KIND == "custom")
    if customs.height:
        plans |= generated_images(customs)
        plans |= custom_events(customs, "activity") | activity_vitals(customs)
    plans |= _pixel_calls(customs, purchases)
    if searches.height:
        plans["activity_searches_daily"] = _searches(searches)
    if purchases.height:
        plans |= _purchases(purchases)
    told = customer_plans(acts_of(fresh), "activity")
    plans |= told | people_plans(told, visitors_seen(acts.lazy(), is_activity=True))
    tables = collected(plans)
    if acts.height:
        tables["sessions"] = sessions(acts.lazy())
    return Reduction.of(tables)


def _hashes_of(pages: pl.Series) -> pl.Series:
    """Return the SHA-256 of each page, in COPY's text format of bytea."""
    hashes = [rf"\x{sha256(page.encode()).hexdigest()}" for page in pages]
    return pl.Series(hashes, dtype=pl.String)


def _searches(searches: pl.DataFrame) -> pl.LazyFrame:
    return (
        searches.lazy()
        .select(_SEARCH)
        .filter(pl.col("term").is_not_null())
        .group_by("store_id", "day", "term", "is_bot")
        .agg(events("searches"))
    )


def _pixel_calls(customs: pl.DataFrame, purchases: pl.DataFrame) -> dict[str, pl.LazyFrame]:
    """Return calls of pixels, and purchases without an order's number."""
    rows = [called_pixels(customs)] if customs.height else []
    sales = purchases.filter(_IS_UNNAMED_SALE) if purchases.height else purchases
    if sales.height:
        rows.append(unnumbered_purchases(sales.lazy()))
    found = [frame for frame in rows if frame is not None]
    return {PIXEL_CALLS: pl.concat(found, how="diagonal")} if found else {}


def _purchases(purchases: pl.DataFrame) -> dict[str, pl.LazyFrame]:
    revenue = (
        purchases.lazy()
        .filter(_IS_UNNAMED_SALE)
        .group_by("store_id", "hour", "day", _CURRENCY, "is_bot")
        .agg(_SALES)
    )
    told = purchase_plans(purchases, pl.lit(value=True), "activity")
    return {"activity_revenue_hourly": revenue, **told}
