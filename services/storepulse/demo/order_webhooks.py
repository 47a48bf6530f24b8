"""Orders in Shopify's webhooks: their bodies, and the events that must come of them.

The events are computed here independently of the gateway's reader of webhooks, so that a run checks
that reader.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec

from storepulse.demo.beacons import BeaconRequest
from storepulse.demo.ids import uuid4
from storepulse.demo.visit import Visit
from storepulse.demo.webhook import WEBHOOK_PATH, OrderWebhook
from storepulse.domain.emails import email_hash

_ZONE = timezone(timedelta(hours=2))
_SENDER = "Shopify-Captain-Hook"
_CHANNELS = ("web", "pos")

Told = dict[str, Any]


class ShopifyOrder:
    """One order. `order` has its number, name, customer and lines under the beacon's names."""

    def __init__(self, visit: Visit, order: Told, total: Decimal, currency: str) -> None:
        rng = visit.rng
        self._visit = visit
        self._order = order
        self._total = total
        self._currency = currency
        self._channel = rng.choice(_CHANNELS)
        #: Whether the shop's theme writes the visit into the cart.
        self._names_visit = rng.random() < 0.5
        self._lines = self._lines_of(order.get("items") or [])
        self._ordered_at = 0
        self._refunds: list[Told] = []

    def tell(self) -> None:
        """Sends all webhooks of the order."""
        rng = self._visit.rng
        self._wait()
        self._ordered_at = self._visit.now
        self._send("orders/create", self._body("pending"), [self._amount_event("created")])
        self._wait()
        if rng.random() < 0.2:
            cancelled = self._body("voided") | {"cancelled_at": self._time(self._visit.now)}
            events = [
                self._amount_event("created"),
                self._event("cancelled", **self._shared_fields()),
            ]
            self._send("orders/cancelled", cancelled, events)
            return
        self._send("orders/paid", self._body("paid"), [self._amount_event("paid")])
        if rng.random() < 0.4:
            self._wait()
            self._send("orders/updated", self._body("paid"), [self._amount_event("paid")])
        if rng.random() < 0.4:
            self._refund()

    def _refund(self) -> None:
        """A refund, sometimes with all products returned; the order's next update may repeat it."""
        rng = self._visit.rng
        self._wait()
        is_whole = rng.random() < 0.4
        part = self._total if is_whole else (self._total / rng.choice((2, 4))).quantize(_CENT)
        returned = self._lines if is_whole and rng.random() < 0.7 else []
        refund: Told = {
            "id": 10**12 + rng.getrandbits(40),
            "order_id": int(self._order["order_id"]),
            "created_at": self._time(self._visit.now),
            "processed_at": self._time(self._visit.now),
            "note": None,
            "refund_line_items": [
                {"quantity": line["quantity"], "line_item": line} for line in returned
            ],
            "transactions": [
                {"kind": "refund", "status": "success", "amount": f"{part}",
                 "currency": self._currency},
                {"kind": "refund", "status": "failure", "amount": f"{part}",
                 "currency": self._currency},
            ],
        }  # fmt: skip
        said = {
            "currency": self._currency,
            "refund_id": str(refund["id"]),
            "refund_value": str(part),
            "items": _items_of(returned),
        }
        self._send("refunds/create", refund, [self._event("refunded", **said)])
        self._refunds = [refund]
        if rng.random() < 0.6:
            self._wait()
            body = self._body("refunded" if is_whole else "partially_refunded")
            named = {"order_name": self._order["order_name"], "ordered_at": self._ordered_at}
            events = [self._amount_event("paid"), self._event("refunded", **named, **said)]
            self._send("orders/updated", body, events)

    def _send(self, topic: str, told: Told, events: list[Told]) -> None:
        visit = self._visit
        shop = visit.shop
        webhook = OrderWebhook(uuid4(visit.rng), topic, shop.domain, shop.store_id, told)
        for index, event in enumerate(events):
            event["event_id"] = webhook.event_id(index)
        entries = [visit.entry("order", event["event_type"], {}, event) for event in events]
        visit.requests.append(
            BeaconRequest(
                WEBHOOK_PATH,
                entries,
                visit.person.ip,
                _SENDER,
                raw=webhook.body(),
                proof="shopify",
                webhook=webhook,
            )
        )

    def _body(self, financial_status: str) -> Told:
        """The order's body in its current state."""
        order, visit = self._order, self._visit
        email, customer = order.get("customer_email"), order.get("customer_id")
        attributes = {"gift": "no"}
        if self._names_visit:
            attributes |= {"_storepulse_session_id": visit.session_id}
            if visit.person.visitor_id is not None:
                attributes |= {"storepulse_visitor_id": visit.person.visitor_id}
        return {
            "id": int(order["order_id"]),
            "admin_graphql_api_id": f"gid://shopify/Order/{order['order_id']}",
            "name": order["order_name"],
            "test": False,
            "created_at": self._time(self._ordered_at),
            "processed_at": self._time(self._ordered_at),
            "updated_at": self._time(visit.now),
            "cancelled_at": None,
            "financial_status": financial_status,
            "source_name": self._channel,
            "currency": self._currency,
            "total_price": f"{self._total}",
            "email": "" if email is None else email,
            "customer": None if customer is None else {"id": int(customer), "email": email},
            "client_details": {"user_agent": visit.person.user_agent},
            "landing_site": "/products?utm_source=newsletter",
            "note_attributes": [{"name": n, "value": v} for n, v in attributes.items()],
            "line_items": self._lines,
            "refunds": self._refunds,
        }

    def _lines_of(self, items: list[Told]) -> list[Told]:
        titles = {product.id: product.names[0] for product in self._visit.shop.products}
        return [
            {
                "id": index,
                "product_id": int(item["product_id"]),
                "title": titles[item["product_id"]],
                "quantity": item["quantity"],
                "price": f"{Decimal(item['price']):.2f}",
            }
            for index, item in enumerate(items, start=1)
        ]

    def _shared_fields(self) -> Told:
        """The fields that events of the order's own body share, except refunds."""
        visit, email = self._visit, self._order.get("customer_email")
        return {
            "session_id": visit.session_id if self._names_visit else None,
            "visitor_id": visit.person.visitor_id if self._names_visit else None,
            "order_name": self._order["order_name"],
            "ordered_at": self._ordered_at,
            "currency": self._currency,
            "channel": self._channel,
            "customer_id": self._order.get("customer_id"),
            "email_hash": None if email is None else email_hash(email),
        }

    def _amount_event(self, kind: str) -> Told:
        """The event that the order was created or paid, with its amount and lines."""
        said = {"value": str(self._total), "items": _items_of(self._lines)}
        return self._event(kind, **self._shared_fields(), **said)

    def _event(self, kind: str, **said: Any) -> Told:
        return self._visit.event("order", None, event_type=kind) | {
            **dict.fromkeys(_FIELDS),
            "source": "server",
            "order_id": self._order["order_id"],
            **said,
        }

    def _wait(self) -> None:
        """Advance the clock to a later whole second, because Shopify's times are whole seconds."""
        visit = self._visit
        visit.now = (visit.now + visit.rng.randrange(1_000, 300_000)) // 1000 * 1000

    @staticmethod
    def _time(ms: int) -> str:
        return datetime.fromtimestamp(ms // 1000, UTC).astimezone(_ZONE).isoformat()


_CENT = Decimal("0.01")
_FIELDS = (
    "session_id", "visitor_id", "order_name", "ordered_at", "landing_page_id", "campaign_id",
    "currency", "refund_id", "channel", "customer_id", "value", "refunded", "refund_value",
    "items", "email_hash",
)  # fmt: skip


def _items_of(lines: list[Told]) -> str | None:
    """The lines as they are stored: each product once, highest value first."""
    pieces: Counter[int] = Counter()
    for line in lines:
        pieces[line["product_id"]] += line["quantity"]
    of_product = {line["product_id"]: line for line in lines}

    def worth(product: int) -> tuple[Decimal, str]:
        return -pieces[product] * Decimal(of_product[product]["price"]), str(product)

    items = [
        {
            "product_id": str(product),
            "name": of_product[product]["title"],
            "quantity": pieces[product],
            "price": of_product[product]["price"],
        }
        for product in sorted(pieces, key=worth)
    ]
    return msgspec.json.encode(items).decode() if items else None
