"""Converts Shopify's webhooks to order beacons.

An order's body contains its whole history: that it was created or paid, each refund, and whether it
was cancelled. So the next webhook makes up for a lost one, and all of its beacons have the body's
time. An update is `created` or `paid` again, with new amounts.

An unreadable descriptive field is dropped, and the order is kept. Test orders are ignored, as in
Shopify's own reports. `shopify_money` computes the amount of an order.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from storepulse.domain.currencies import ABSURD
from storepulse.domain.envelope import FURTHEST_AHEAD_MS, FURTHEST_BACK_MS
from storepulse.domain.errors import REQUIRED, Rejected
from storepulse.domain.identity import is_session
from storepulse.streams.order.beacon import CHANNEL_CHARACTERS, EventType
from storepulse.streams.order.shopify_lines import bought_items, pieces_returned, returned_items
from storepulse.streams.order.shopify_money import PaidBack, amount_before_refunds, paid_back
from storepulse.streams.order.shopify_values import (
    Body,
    address_of,
    currency_of,
    moment_of,
    object_of,
    objects_of,
    text_of,
)
from storepulse.streams.stream import Ignored, SignedCall

ORDER_TOPICS = ("orders/create", "orders/paid", "orders/updated", "orders/cancelled")
REFUND_TOPIC = "refunds/create"

#: Cart attributes that the shop's theme may write, with or without a leading underscore, and the
#: beacon's fields.
ATTRIBUTES = {
    "storepulse_session_id": "session_id",
    "storepulse_visitor_id": "visitor_id",
    "storepulse_landing_page_id": "landing_page_id",
    "storepulse_campaign_id": "campaign_id",
}
#: The maximum of refunds with a beacon each, the last ones. Beyond it, one more has the total.
MOST_REFUNDS = 100

OTHER_TOPIC = Ignored(f"X-Shopify-Topic is not one of {', '.join((*ORDER_TOPICS, REFUND_TOPIC))}")
TEST_ORDER = Ignored("The order is a test")
NO_MONEY = Ignored("The refund gave no money back")

_WAS_PAID = ("paid", "partially_refunded", "refunded")
_URL_CHARACTERS = 2_048
_AGENT_CHARACTERS = 512

Beacon = dict[str, Any]
#: A refund that returned money, its number, and how much.
_Refund = tuple[Body, str, PaidBack]


def beacons_of_webhook(call: SignedCall) -> list[Beacon] | Ignored:
    """Return the beacons of a webhook with a valid signature. Raises Rejected."""
    if not isinstance(call.body, dict):
        raise Rejected("", "The body is not a JSON object")
    topic = call.headers.get("x-shopify-topic", "").strip().lower()
    if not topic:
        raise Rejected("X-Shopify-Topic", REQUIRED)
    told = beacons_of(topic, call.body)
    return told if isinstance(told, Ignored) else [_acceptable(b, call.now) for b in told]


def _acceptable(beacon: Beacon, now: float) -> Beacon:
    """Return the beacon without an unacceptable time, so that the time of arrival counts.

    A webhook may be late, and an order may be old.
    """
    stated = beacon.get("timestamp")
    if stated is not None:
        off = msgspec.convert(stated, datetime).timestamp() * 1000 - now * 1000
        if not -FURTHEST_BACK_MS < off < FURTHEST_AHEAD_MS:
            return {name: value for name, value in beacon.items() if name != "timestamp"}
    return beacon


def beacons_of(topic: str, body: Body) -> list[Beacon] | Ignored:
    """Return the bodies of POST /api/orders for a webhook, always in the same order.

    Raises Rejected if no order is named.
    """
    if topic == REFUND_TOPIC:
        return _beacons_of_refund(body)
    if topic not in ORDER_TOPICS:
        return OTHER_TOPIC
    if body.get("test") is True:
        return TEST_ORDER
    order_id = _number(body, "id")
    shared = _shared_fields(body, order_id)
    is_paid = topic == "orders/paid" or body.get("financial_status") in _WAS_PAID
    kind: EventType = "paid" if is_paid else "created"
    told_at = body.get("created_at") if topic == "orders/create" else body.get("updated_at")
    refunds = _refunds_in(body)
    given_back = sum((money.value for _, _, money in refunds), Decimal(0))
    items, left_out = bought_items(body, pieces_returned(each for each, _, _ in refunds))
    metadata = shared.pop("metadata") | ({"lines_left_out": left_out} if left_out else {})
    value = amount_before_refunds(body, given_back)
    beacons = [
        _beacon(
            kind,
            told_at,
            **shared,
            value=None if value is None else f"{value:f}",
            items=items,
            metadata=metadata or None,
        )
    ]
    named = {"order_id": order_id} | {
        name: shared[name] for name in ("order_name", "ordered_at") if name in shared
    }
    if len(refunds) > MOST_REFUNDS and given_back < ABSURD:
        total = {"currency": refunds[-1][2].currency, "refunded": f"{given_back:f}"}
        beacons.append(_beacon("refunded", told_at, **named, **total))
    beacons += [_refund_beacon(told_at, named, refund) for refund in refunds[-MOST_REFUNDS:]]
    if body.get("cancelled_at"):
        beacons.append(_beacon("cancelled", told_at, **shared))
    return beacons


def _beacons_of_refund(body: Body) -> list[Beacon] | Ignored:
    """Return the beacon of a webhook for a single refund."""
    order_id = _number(body, "order_id")
    refund = _refund_of(body, {})
    if refund is None:
        return NO_MONEY
    told_at = body.get("processed_at") or body.get("created_at")
    return [_refund_beacon(told_at, {"order_id": order_id}, refund)]


def _refunds_in(order: Body) -> list[_Refund]:
    """Return each of an order's refunds that returned money, once."""
    found = (_refund_of(refund, order) for refund in objects_of(order, "refunds"))
    return list({refund[1]: refund for refund in found if refund is not None}.values())


def _refund_of(refund: Body, order: Body) -> _Refund | None:
    """Return a refund, or None if it returned no money. `order`: the body that contains it."""
    number, money = text_of(refund.get("id")), paid_back(refund, order)
    return None if number is None or money is None else (refund, number, money)


def _refund_beacon(told_at: Any, named: Beacon, refund: _Refund) -> Beacon:
    body, number, money = refund
    return _beacon(
        "refunded",
        told_at,
        **named,
        currency=money.currency,
        refund_id=number,
        refund_value=f"{money.value:f}",
        items=returned_items(body),
    )


def _shared_fields(body: Body, order_id: str) -> Beacon:
    """Return the fields that all beacons of the body share."""
    client, customer = object_of(body, "client_details"), object_of(body, "customer")
    email = body.get("email") or body.get("contact_email") or customer.get("email")
    pages = {
        name: text_of(body.get(name), _URL_CHARACTERS)
        for name in ("landing_site", "referring_site")
    }
    return {
        "order_id": order_id,
        "order_name": text_of(body.get("name")),
        "ordered_at": moment_of(body.get("processed_at")) or moment_of(body.get("created_at")),
        "currency": currency_of(body.get("currency")),
        "channel": text_of(body.get("source_name"), CHANNEL_CHARACTERS),
        "customer_id": text_of(customer.get("id")),
        "customer_email": address_of(email),
        "user_agent": text_of(client.get("user_agent"), _AGENT_CHARACTERS),
        "metadata": {name: page for name, page in pages.items() if page},
        **_attributes(body),
    }


def _attributes(body: Body) -> Beacon:
    found: Beacon = {}
    for attribute in objects_of(body, "note_attributes"):
        field = ATTRIBUTES.get(str(attribute.get("name")).removeprefix("_"))
        value = text_of(attribute.get("value"))
        if field is None or value is None:
            continue
        if field != "session_id" or is_session(value) is not None:
            found.setdefault(field, value)
    return found


def _beacon(kind: EventType, told_at: Any, **fields: Any) -> Beacon:
    """Return a beacon without its null fields."""
    stated = {"event_type": kind, "timestamp": moment_of(told_at), **fields}
    return {name: value for name, value in stated.items() if value is not None}


def _number(body: Body, name: str) -> str:
    number = text_of(body.get(name))
    if number is None:
        raise Rejected(name, REQUIRED)
    return number
