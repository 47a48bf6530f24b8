"""Activity: what visitors do in a shop, from page views to purchases."""

from __future__ import annotations

from typing import get_args

from storepulse.streams.activity.beacon import INPUT, ActivityType, sample
from storepulse.streams.derived import DERIVED_NAMES
from storepulse.streams.kept_names import PIXELS_CALLED, WEB_VITALS_TOLD
from storepulse.streams.stream import (
    CountedName,
    Counts,
    EventTypes,
    Stream,
    StreamEndpoint,
    VendorNames,
)

STREAM = Stream(
    name="activity",
    input=INPUT,
    types=EventTypes(
        column="activity_type",
        names=get_args(ActivityType),
        derived=DERIVED_NAMES,
    ),
    endpoints=(
        StreamEndpoint(path="/api/customer-activity"),
        StreamEndpoint(path="/api/customer-activity/batch", batch=True),
    ),
    rows="customer_activity",
    counts=Counts(
        events=("activity_rows", "activity_hourly", "activity_sessions"),
        shortest_kept="customer_activity",
        sessions=("funnel_daily", "sessions_daily", "entries_and_exits", "order_lines"),
        of_rows=("pages_daily", "visitors_daily", "visitors_hourly", "custom_events_daily"),
    ),
    sample=sample,
    counted_names=(
        CountedName(kind="page", field="page_url"),
        CountedName(kind="event_name", field="name"),
    ),
    ga4=VendorNames(
        names={
            "page_view": "page_view",
            "product_view": "view_item",
            "add_to_cart": "add_to_cart",
            "remove_from_cart": "remove_from_cart",
            "checkout_start": "begin_checkout",
            "purchase": "purchase",
            "search": "search",
        },
        own=True,
        own_from=("name", "event_name"),
        kept=frozenset((PIXELS_CALLED,)),
    ),
    meta=VendorNames(
        names={
            "page_view": "PageView",
            "product_view": "ViewContent",
            "add_to_cart": "AddToCart",
            "remove_from_cart": "RemoveFromCart",
            "checkout_start": "InitiateCheckout",
            "purchase": "Purchase",
            "search": "Search",
        },
        own=True,
        own_from=("name", "event_name"),
        kept=frozenset((PIXELS_CALLED, WEB_VITALS_TOLD)),
    ),
)
