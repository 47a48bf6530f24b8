"""One realistic beacon that a destination would want, as a shop's page or server would send it.

Its session is `storepulse-trial`. Unless the destination is tied to a store, it belongs to a store
that no shop has, so that no shop's figures change.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from storepulse.domain.errors import Rejected
from storepulse.domain.stores import store_id_of_domain

STORE_NAME = "trial.storepulse.invalid"
SESSION = "storepulse-trial"
#: A robot's user agent would make the event one of a robot.
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

PATHS = {
    "activity": "/api/customer-activity",
    "cart": "/api/cart-tracking/track",
    "landing": "/api/v1/landing-pages/events",
    "heatmap": "/api/heatmap/track",
}
_TYPES = {
    "activity": (
        *("page_view", "product_view", "add_to_cart", "remove_from_cart", "checkout_start"),
        *("purchase", "search", "custom"),
    ),
    "cart": ("cart_add",),
    "landing": ("PageView", "AddToCart", "Purchase", "WebVitals"),
    "heatmap": ("click", "scroll", "hover"),
}


def choose(
    streams: Collection[str], types: Collection[str], stream: str | None, kind: str | None
) -> tuple[str, str]:
    """Stream and type of a beacon that filters let through; those that are asked for come first.

    Raises Rejected where nothing fits.
    """
    if stream is not None and stream not in PATHS:
        raise Rejected("stream", f"wants one of {', '.join(PATHS)}")
    candidates = [s for s in PATHS if stream in (None, s) and (not streams or s in streams)]
    for name in candidates:
        # A shop names landing events as it likes.
        other_types = sorted(
            set(types) - {t for types_of_stream in _TYPES.values() for t in types_of_stream}
        )
        for candidate in [*_TYPES[name], *(other_types if name == "landing" else ())]:
            if kind in (None, candidate) and (not types or candidate in types):
                return name, candidate
        if name == "landing" and kind is not None and (not types or kind in types):
            return name, kind
    raise Rejected("destination", "its filters let through no event of this stream and type")


def make_beacon(stream: str, kind: str, store_id: str | None, event_id: str) -> dict[str, Any]:
    """The beacon's JSON. `store_id` None: the store that no shop has."""
    consent = {"analytics": "granted", "marketing": "granted"}
    if stream == "cart":
        of_store = {"storeId": store_id} if store_id is not None else {}
        return {
            "storeName": STORE_NAME, "sessionId": SESSION, "eventId": event_id,
            "consent": consent, "productId": "8123456789", "variantId": "43210",
            "productTitle": "Linen shirt", "userAgent": USER_AGENT, **of_store,
        }  # fmt: skip
    body: dict[str, Any] = {
        "store_id": store_id or store_id_of_domain(STORE_NAME),
        "session_id": SESSION,
        "event_id": event_id,
        "consent": consent,
        "user_agent": USER_AGENT,
    }
    page = f"https://{STORE_NAME}/products/linen-shirt"
    match stream:
        case "activity":
            body |= {"activity_type": kind, "page_url": page, "product_id": "8123456789",
                     "product_name": "Linen shirt"}  # fmt: skip
            if kind == "purchase":
                body |= {"value": "49.90", "currency": "EUR", "quantity": 1}
            if kind == "search":
                body |= {"search_query": "linen shirt"}
        case "landing":
            body |= {"event_type": kind, "landing_page_id": "trial"}
            if kind == "Purchase":
                body |= {"event_data": {"value": "49.90", "currency": "EUR", "order_id": event_id}}
        case "heatmap":
            body |= {"type": kind, "page_url": page, "viewport_width": 1280, "device": "desktop"}
            if kind == "scroll":
                body |= {"scroll_depth": 50}
            else:
                body |= {"x": 640, "y": 200}
            if kind == "hover":
                body |= {"dwell_ms": 800}
    return body
