"""Shopify's webhooks as order beacons.

An order's body tells all that has become of it: that it was created or paid, each of its refunds,
and whether it was cancelled, however long ago. So a webhook that got lost is made up for by the
next one, and all are words of the body's time. An update is `created` or `paid` again, with new
amounts.

Nothing that only describes an order costs it: what cannot be read of a body is left out. Test
orders are none, as in Shopify's own reports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from storepulse.domain.currencies import CURRENCIES, amount
from storepulse.domain.emails import trimmed_email
from storepulse.domain.envelope import FURTHEST_AHEAD_MS, FURTHEST_BACK_MS
from storepulse.domain.errors import REQUIRED, Rejected
from storepulse.domain.identity import is_session
from storepulse.streams.order.beacon import CHANNEL_CHARACTERS, EventType
from storepulse.streams.order_lines import MOST_LINES
from storepulse.streams.stream import SignedCall

ORDER_TOPICS = ("orders/create", "orders/paid", "orders/updated", "orders/cancelled")
REFUND_TOPIC = "refunds/create"

#: What the shop's theme may write into the cart's attributes, with or without an underscore before
#: it, and the beacon's field.
ATTRIBUTES = {
    "storepulse_session_id": "session_id",
    "storepulse_visitor_id": "visitor_id",
    "storepulse_landing_page_id": "landing_page_id",
    "storepulse_campaign_id": "campaign_id",
}
_WAS_PAID = ("paid", "partially_refunded", "refunded")
_TEXT_CHARACTERS = 255
_URL_CHARACTERS = 2_048
_AGENT_CHARACTERS = 512
_MOST_PIECES = 2**31 - 1

Beacon = dict[str, Any]
Body = Mapping[str, Any]


def beacons_of_webhook(call: SignedCall) -> list[Beacon]:
    """The beacons of a webhook whose signature was checked. Raises Rejected."""
    if not isinstance(call.body, Mapping):
        raise Rejected("", "is no JSON object")
    topic = call.headers.get("x-shopify-topic", "").strip().lower()
    if not topic:
        raise Rejected("X-Shopify-Topic", REQUIRED)
    return [_acceptable(beacon, call.now) for beacon in beacons_of(topic, call.body)]


def _acceptable(beacon: Beacon, now: float) -> Beacon:
    """The beacon without a time that no event may have: it is then told when it arrives. A webhook
    may come late, and an order may be old."""
    stated = beacon.get("timestamp")
    if stated is not None:
        off = datetime.fromisoformat(stated).timestamp() * 1000 - now * 1000
        if not -FURTHEST_BACK_MS < off < FURTHEST_AHEAD_MS:
            return {name: value for name, value in beacon.items() if name != "timestamp"}
    return beacon


def beacons_of(topic: str, body: Body) -> list[Beacon]:
    """The bodies of POST /api/orders that a webhook means, always in the same order; none for other
    topics and for test orders. Raises Rejected where no order is named."""
    if topic == REFUND_TOPIC:
        told_at = body.get("processed_at") or body.get("created_at")
        return _refund_of(body, _number(body, "order_id"), told_at, {})
    if topic not in ORDER_TOPICS or body.get("test") is True:
        return []
    order_id = _number(body, "id")
    shared = _shared_fields(body, order_id)
    is_paid = topic == "orders/paid" or body.get("financial_status") in _WAS_PAID
    kind: EventType = "paid" if is_paid else "created"
    told_at = body.get("created_at") if topic == "orders/create" else body.get("updated_at")
    items, left_out = _items_of(_list(body, "line_items"))
    metadata = shared.pop("metadata") | ({"lines_left_out": left_out} if left_out else {})
    beacons = [
        _beacon(
            kind,
            told_at,
            **shared,
            value=_money(body.get("total_price")),
            items=items,
            metadata=metadata or None,
        )
    ]
    for refund in _list(body, "refunds"):
        if isinstance(refund, Mapping):
            beacons += _refund_of(refund, order_id, told_at, shared)
    if body.get("cancelled_at"):
        beacons.append(_beacon("cancelled", told_at, **shared))
    return beacons


def _shared_fields(body: Body, order_id: str) -> Beacon:
    """What every word of the body says of its order."""
    client, customer = _object(body, "client_details"), _object(body, "customer")
    email = body.get("email") or body.get("contact_email") or customer.get("email")
    pages = {
        name: _text(body.get(name), _URL_CHARACTERS) for name in ("landing_site", "referring_site")
    }
    return {
        "order_id": order_id,
        "order_name": _text(body.get("name")),
        "ordered_at": _moment(body.get("processed_at")) or _moment(body.get("created_at")),
        "currency": _code(body.get("currency")),
        "channel": _text(body.get("source_name"), CHANNEL_CHARACTERS),
        "customer_id": _text(customer.get("id")),
        "customer_email": _address(email),
        "user_agent": _text(client.get("user_agent"), _AGENT_CHARACTERS),
        "metadata": {name: page for name, page in pages.items() if page},
        **_attributes(_list(body, "note_attributes")),
    }


def _refund_of(refund: Body, order_id: str, told_at: Any, shared: Beacon) -> list[Beacon]:
    """One refund; none where no money went back."""
    number = _text(refund.get("id"))
    paid_back = [t for t in _list(refund, "transactions") if isinstance(t, Mapping)]
    code = shared.get("currency") or next((_code(t.get("currency")) for t in paid_back), None)
    value = sum(
        (
            Decimal(_money(t.get("amount")) or 0)
            for t in paid_back
            if t.get("kind") == "refund"
            and t.get("status") == "success"
            and _code(t.get("currency")) in (None, code)
        ),
        Decimal(0),
    )
    if number is None or not value:
        return []
    items, _ = _items_of([_returned_items(line) for line in _list(refund, "refund_line_items")])
    named = {name: shared[name] for name in ("order_name", "ordered_at") if name in shared}
    return [
        _beacon(
            "refunded",
            told_at,
            order_id=order_id,
            **named,
            currency=code,
            refund_id=number,
            refund_value=f"{value:f}",
            items=items,
        )
    ]


def _returned_items(line: Any) -> Beacon:
    """A refund's line as the order has it: at the price of the order's line, so that what is sent
    back adds up to nothing."""
    if not isinstance(line, Mapping):
        return {}
    return {**_object(line, "line_item"), "quantity": line.get("quantity")}


def _items_of(lines: list[Any]) -> tuple[list[Beacon] | None, int]:
    """The lines, those of one product and price together, and how many of them are left out: the
    hundred of most worth stay."""
    pieces: Counter[tuple[str, str]] = Counter()
    names: dict[str, str] = {}
    for line in lines:
        if not isinstance(line, Mapping):
            continue
        product, price = _text(line.get("product_id")), _money(line.get("price"))
        quantity = line.get("quantity")
        if product is None or price is None or type(quantity) is not int or quantity <= 0:
            continue
        pieces[product, price] += quantity
        if title := _text(line.get("title")):
            names.setdefault(product, title)
    dearest = sorted(pieces, key=lambda key: (-pieces[key] * Decimal(key[1]), key))
    items = [
        {
            "product_id": product,
            **({"name": names[product]} if product in names else {}),
            "quantity": min(pieces[product, price], _MOST_PIECES),
            "price": price,
        }
        for product, price in dearest[:MOST_LINES]
    ]
    return items or None, max(len(dearest) - MOST_LINES, 0)


def _attributes(attributes: list[Any]) -> Beacon:
    found: Beacon = {}
    for attribute in attributes:
        if not isinstance(attribute, Mapping):
            continue
        field = ATTRIBUTES.get(str(attribute.get("name")).removeprefix("_"))
        value = _text(attribute.get("value"))
        if field is None or value is None:
            continue
        if field != "session_id" or is_session(value) is not None:
            found.setdefault(field, value)
    return found


def _beacon(kind: EventType, told_at: Any, **fields: Any) -> Beacon:
    """A beacon without the fields that are null."""
    stated = {"event_type": kind, "timestamp": _moment(told_at), **fields}
    return {name: value for name, value in stated.items() if value is not None}


def _number(body: Body, name: str) -> str:
    number = _text(body.get(name))
    if number is None:
        raise Rejected(name, REQUIRED)
    return number


def _text(value: Any, most: int = _TEXT_CHARACTERS) -> str | None:
    """Text, or a number as text; None for anything else, for nothing, and for what is too long."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= most and "\0" not in text else None


def _money(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        stated = amount("", value)
    except Rejected:
        return None
    return f"{stated:f}" if stated >= 0 else None


def _code(value: Any) -> str | None:
    code = value.upper() if isinstance(value, str) else None
    return code if code in CURRENCIES else None


def _moment(value: Any) -> str | None:
    """A time with a zone, as it was written; none of another century."""
    try:
        at = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return None
    is_one = isinstance(value, str) and at.tzinfo is not None and 2000 < at.year < 2099
    return value if is_one else None


def _address(value: Any) -> str | None:
    try:
        return trimmed_email("", value) if isinstance(value, str) else None
    except Rejected:
        return None


def _object(body: Body, name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def _list(body: Body, name: str) -> list[Any]:
    value = body.get(name)
    return value if isinstance(value, list) else []
