"""Shopify's webhooks for the load, with the events that each must become.

Seeded; no clock of its own. Orders are few, so that their webhooks meet again and again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from tests.fault.maker import STORES
from tests.fault.outcomes import Sent
from tests.fault.store_secrets import SHOPIFY

WEBHOOK_PATH = "/webhooks/shopify"
MINUTE = 60_000


@dataclass(frozen=True)
class SentWebhook:
    """A webhook and its events in Avro's names."""

    webhook_id: str
    topic: str
    store_id: str
    body: dict[str, Any]
    events: tuple[dict[str, Any], ...]
    good: bool = True
    path = WEBHOOK_PATH

    def sent(self) -> list[Sent]:
        """Its events under the ids that the gateway must give them."""
        store, digest = uuid.UUID(self.store_id), hashlib.sha256(self.content()).hexdigest()
        name = f"order:secret:key:shopify:{self.webhook_id}:{digest}"
        return [
            Sent(
                self.store_id,
                str(uuid.uuid5(store, f"{name}:{index}")),
                "order",
                self.good,
                event if self.good else {},
            )
            for index, event in enumerate(self.events)
        ]

    def content(self) -> bytes:
        return json.dumps(self.body).encode()

    def headers(self) -> dict[str, str]:
        digest = hmac.new(SHOPIFY.encode(), self.content(), hashlib.sha256).digest()
        return {
            "Content-Type": "application/json",
            "X-Shopify-Topic": self.topic,
            "X-Shopify-Shop-Domain": STORES[self.store_id],
            "X-Shopify-Webhook-Id": self.webhook_id,
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        }

    def under_its_id(self) -> SentWebhook:
        """Another webhook under the same id, which is not signed: its events are others."""
        events = (self.events[0] | {"value": "0.50"}, *self.events[1:])
        return replace(self, body=self.body | {"total_price": "0.50"}, events=events)

    def spoilt(self) -> SentWebhook:
        """One that names no order, which must be refused."""
        return replace(self, body=self.body | {"id": None, "order_id": None}, good=False)


def make_webhook(rng: Random, now: int) -> SentWebhook:
    """A good webhook; `now` in epoch milliseconds."""
    store = rng.choice(list(STORES))
    at = (now - rng.randrange(5, 48 * 60) * MINUTE) // 1000 * 1000
    topic = rng.choice(
        ("orders/create", "orders/paid", "orders/updated", "orders/cancelled", "refunds/create")
    )
    number, currency = rng.randrange(40), rng.choice(("EUR", "USD"))
    order_id, time = 450_789_000 + number, datetime.fromtimestamp(at // 1000, UTC).isoformat()
    customer = rng.choice((207_119, None))
    refund = {
        "id": 509_562 + rng.randrange(9), "order_id": order_id, "processed_at": time,
        "transactions": [{"kind": "refund", "status": "success", "currency": currency,
                          "amount": f"{rng.randrange(9)}.25"}],
    }  # fmt: skip
    order = {
        "id": order_id, "name": f"#{1000 + number}", "created_at": time, "updated_at": time,
        "currency": currency, "total_price": f"{rng.randrange(1, 99)}.{rng.randrange(100):02}",
        "source_name": "web", "customer": {"id": customer} if customer else None,
        "financial_status": "pending", "refunds": [], "cancelled_at": None,
    }  # fmt: skip
    base = {
        "store_id": store, "session_id": None, "visitor_id": None, "occurred_at": at,
        "source": "server", "is_bot": False, "order_id": str(order_id), "currency": currency,
    }  # fmt: skip
    named = base | {"order_name": order["name"], "ordered_at": at}
    shared = named | {"channel": "web", "customer_id": str(customer) if customer else None}
    first = shared | {"event_type": "created", "value": order["total_price"]}
    given_back = {
        "event_type": "refunded", "refund_id": str(refund["id"]), "value": None,
        "refund_value": refund["transactions"][0]["amount"],
    }  # fmt: skip
    paid = first | {"event_type": "paid"}
    body, events = order, [first]
    match topic:
        case "orders/paid":
            events = [paid]
        case "orders/updated":
            body |= {"financial_status": "partially_refunded", "refunds": [refund]}
            events = [paid, named | given_back]
        case "orders/cancelled":
            body |= {"cancelled_at": time}
            events.append(shared | {"event_type": "cancelled", "value": None})
        case "refunds/create":
            body, events = refund, [base | given_back | {"order_name": None}]
    webhook_id = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    return SentWebhook(webhook_id, topic, store, body, tuple(events))


def next_webhook(rng: Random, recent: list[SentWebhook], now: int) -> SentWebhook:
    """A new webhook, which joins the recent ones, or one of these again."""
    draw = rng.random()
    if draw < 0.3 and recent:
        webhook = rng.choice(recent)
        is_order = webhook.topic != "refunds/create"
        return webhook.under_its_id() if draw < 0.04 and is_order else webhook
    webhook = make_webhook(rng, now)
    if draw < 0.33:
        return webhook.spoilt()
    recent.append(webhook)
    del recent[:-60]
    return webhook
