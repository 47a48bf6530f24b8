"""Cart: additions to a cart with the images that led to them, in the published contract."""

from __future__ import annotations

from typing import Any

from storepulse.domain.ratelimit import HOUR, MINUTE
from storepulse.domain.stores import store_id_of_domain
from storepulse.streams.cart.beacon import INPUT, public_id, sample
from storepulse.streams.stream import (
    Counts,
    EventTypes,
    Limit,
    Stream,
    StreamEndpoint,
    VendorNames,
)

LIMIT = Limit(
    name="cart", windows=(("limit_cart_per_minute", MINUTE), ("limit_cart_per_hour", HOUR))
)


def store_of(values: tuple[Any, ...], _page_host: str | None) -> str:
    """Return the store of the domain in `storeName`."""
    return store_id_of_domain(values[0])


STREAM = Stream(
    name="cart",
    input=INPUT,
    types=EventTypes(names=("cart_add",)),
    endpoints=(
        StreamEndpoint(path="/api/cart-tracking/track", limit=LIMIT, answer="cart"),
        StreamEndpoint(
            path="/api/cart-tracking/track-batch", batch=True, limit=LIMIT, answer="cart"
        ),
    ),
    priority="high",
    rows="cart_tracking_events",
    counts=Counts(
        events=("cart_rows", "cart_hourly", "cart_products_daily"),
        shortest_kept="cart_tracking_events",
    ),
    sample=sample,
    store_of=store_of,
    session_required=False,
    takes_user_agent=True,
    public_id=public_id,
    ga4=VendorNames(names={"cart_add": "add_to_cart"}),
    meta=VendorNames(names={"cart_add": "AddToCart"}),
)
