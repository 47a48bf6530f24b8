"""A visit of a shop that tracks with Segment's clients, sent by the shop's server.

The events are computed here independently of the gateway's reader of Segment messages, so that a
run checks that reader.
"""

from __future__ import annotations

from typing import Any

import msgspec

from storepulse.demo.beacons import SEGMENT_BATCH, ManifestEntry
from storepulse.demo.shops import SEARCHES
from storepulse.demo.visit import Visit, money_as_sent
from storepulse.domain.emails import email_hash
from storepulse.domain.envelope import iso_ms
from storepulse.domain.identity import id_of_key, namespace_of

#: The stored values of an activity event's fields that a message does not have.
_UNTOLD = dict.fromkeys(
    (
        "page_url", "referrer", "product_id", "product_name", "search_query", "quantity", "value",
        "currency", "order_id", "name", "metadata", "items", "customer_id", "email_hash",
    )
)  # fmt: skip
_CUSTOM = ("注文の下書き", "Wishlist Opened", "Größe gewählt")


def visit_by_segment(visit: Visit) -> None:
    """Pages, a product, perhaps the cart and an order; messages are sent in batches."""
    rng, shop = visit.rng, visit.shop
    product = rng.choice(shop.products)
    url = shop.url(product.path)
    what = {"product_id": product.id, "price": f"{product.price:f}", "currency": shop.currency}
    seen = {"product_id": product.id, "value": f"{product.price:f}", "currency": shop.currency}
    told = [
        _message(visit, url, {"type": "page"}, activity_type="page_view"),
        _tracked(visit, url, "Product Viewed", what, activity_type="product_view", **seen),
    ]
    if rng.random() < 0.3:
        query = rng.choice(SEARCHES)
        told.append(
            _tracked(visit, url, "Products Searched", {"query": query}, activity_type="search",
                     search_query=query)
        )  # fmt: skip
    if rng.random() < 0.3:
        name = rng.choice(_CUSTOM)
        told.append(_tracked(visit, url, name, {}, activity_type="custom", name=name))
    _send(visit, told)
    if rng.random() < 0.6:
        _shop_on(visit, url, what)


def _shop_on(visit: Visit, url: str, what: dict[str, Any]) -> None:
    """The cart, and usually the order."""
    rng, shop = visit.rng, visit.shop
    product_id = what["product_id"]
    added = {"item_id": product_id, "quantity": 1}
    told = [
        _tracked(visit, url, "add_to_cart", added, activity_type="add_to_cart",
                 product_id=product_id, quantity=1),
        _tracked(visit, url, "Checkout Started", {}, activity_type="checkout_start"),
    ]  # fmt: skip
    customer, email = visit.person.customer_id, visit.person.email
    known: dict[str, Any] = {}
    if customer is not None and email is not None:
        known = {"customer_id": customer, "email_hash": email_hash(email)}
        who = {"type": "identify", "userId": customer, "traits": {"email": email}}
        told.append(_message(visit, url, who, activity_type="custom", name="identify", **known))
    if rng.random() < 0.7:
        price = next(one.price for one in shop.products if one.id == product_id)
        number = f"sg-{rng.getrandbits(40):x}"
        line = {"product_id": product_id, "quantity": 1, "price": f"{price.normalize():f}"}
        order = {
            "order_id": number, "total": money_as_sent(rng, price), "currency": shop.currency,
            "products": [line],
        }  # fmt: skip
        said = {
            "order_id": number, "value": str(price), "currency": shop.currency,
            "items": msgspec.json.encode([line]).decode(), **known,
        }  # fmt: skip
        bought: dict[str, Any] = {"type": "track", "event": "Order Completed", "properties": order}
        if known:
            bought |= {"userId": customer, "context": {"traits": {"email": email}}}
        told.append(_message(visit, url, bought, activity_type="purchase", **said))
    _send(visit, told)


def _tracked(
    visit: Visit, url: str, event: str, properties: dict[str, Any], **own: Any
) -> ManifestEntry:
    message = {"type": "track", "event": event, "properties": properties}
    return _message(visit, url, message, **own)


def _message(visit: Visit, url: str, message: dict[str, Any], **own: Any) -> ManifestEntry:
    """One message with the event that it must become."""
    visit.now += visit.rng.randrange(1_000, 40_000)
    anonymous = visit.person.visitor_id or visit.session_id
    message_id = f"node-next-{visit.rng.getrandbits(64):x}"
    context = {"page": {"url": url}, "userAgent": visit.person.user_agent}
    sent = message | {
        "messageId": message_id,
        "anonymousId": anonymous,
        "timestamp": iso_ms(visit.now),
        "context": context | message.get("context", {}),
        "integrations": {
            "Storepulse": {"store_id": visit.shop.store_id, "session_id": visit.session_id}
        },
    }
    namespace = namespace_of(visit.shop.store_id, "activity", trusted=True)
    said = _UNTOLD | {"page_url": url, "visitor_id": anonymous, "source": "server"} | own
    event = visit.event("activity", id_of_key(namespace, message_id)) | said
    return visit.entry("activity", own["activity_type"], sent, event)


def _send(visit: Visit, told: list[ManifestEntry]) -> None:
    visit.add(SEGMENT_BATCH, told)
