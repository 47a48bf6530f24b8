"""Landing pages: views, call-to-action clicks, purchases, web vitals and a shop's own events."""

from __future__ import annotations

from typing import Any

from storepulse.domain.stores import store_id_of_domain, store_id_of_landing_page, without_www
from storepulse.streams.landing.beacon import INPUT, sample
from storepulse.streams.stream import (
    CountedName,
    Counts,
    EventTypes,
    Stream,
    StreamEndpoint,
    VendorNames,
)


def store_of(values: tuple[Any, ...], page_host: str | None) -> str:
    """Return the store of the page that sent the beacon, else one for the landing page's id."""
    if page_host is not None:
        return store_id_of_domain(without_www(page_host))
    return store_id_of_landing_page(values[2])


STREAM = Stream(
    name="landing",
    input=INPUT,
    types=EventTypes(
        column="event_type",
        own_column="event_name",
        names=("PageView", "AddToCart", "Purchase", "WebVitals"),
    ),
    endpoints=(StreamEndpoint(path="/api/v1/landing-pages/events"),),
    rows="landing_events",
    counts=Counts(
        events=("landing_rows", "landing_hourly"),
        shortest_kept="landing_events",
        sessions=("landing_sessions",),
    ),
    sample=sample,
    store_of=store_of,
    reads_page_host=True,
    takes_user_agent=True,
    counted_names=(
        CountedName(kind="landing_page", field="landing_page_id"),
        CountedName(kind="event_name", field="event_name"),
    ),
    order_field="order_id",
    ga4=VendorNames(
        names={
            "PageView": "page_view",
            "AddToCart": "add_to_cart",
            "Purchase": "purchase",
            "WebVitals": "web_vitals",
        },
        own=True,
    ),
    meta=VendorNames(
        names={
            "PageView": "PageView",
            "AddToCart": "AddToCart",
            "Purchase": "Purchase",
            "WebVitals": None,
        },
        own=True,
    ),
)
