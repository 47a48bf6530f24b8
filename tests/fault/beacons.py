"""Beacons for the load: four streams, with what each must look like once it is decoded.

Seeded; no clock of its own. Sessions are few and long, so that retries, repeats and rebalances
meet events of the same session again and again; times lie hours back, in any order, so that
sessions merge. Every event has an id that the client knows, by one of the ways to give one.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fault.outcomes import Sent

STORES = {
    "6f1f3c1e-8c9b-4d3a-9a52-3c1f6a1b2c3d": "shop-one.myshopify.com",
    "0b9f2a44-51c7-4c1e-8a3c-77d0e2f4a9b1": "shop-two.myshopify.com",
}
PATHS = ("/", "/collections/all", "/products/red-shirt", "/products/blue-shirt", "/cart")
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SELECTORS = ("div.hero > button.cta-button", "main > p", "a.product-link", "img.gallery", None)
ACTIVITIES = ("page_view", "product_view", "add_to_cart", "remove_from_cart", "checkout_start",
              "purchase", "search")  # fmt: skip
MINUTE = 60_000


@dataclass(frozen=True)
class Beacon:
    """An event as JSON for its endpoint, and as it must be found in Kafka."""

    json: dict[str, Any]
    sent: Sent


def uuid7(rng: random.Random, milliseconds: int) -> str:
    """A UUID of version 7."""
    value = (milliseconds << 80) | rng.getrandbits(80)
    value = value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    return str(uuid.UUID(int=value))


class Beacons:
    """Makes beacons of one stream for one client; `now` (epoch ms) is handed in."""

    def __init__(self, stream: str, rng: random.Random) -> None:
        self.stream = stream
        self._rng = rng
        self._sessions = [f"s-{rng.getrandbits(40):010x}" for _ in range(16)]
        self._make: Callable[[int], tuple[dict[str, Any], dict[str, Any]]] = {
            "activity": self._activity, "heatmap": self._heatmap,
            "cart": self._cart, "landing": self._landing,
        }[stream]  # fmt: skip

    def some(self, count: int, now: int, *, robot: bool) -> list[Beacon]:
        """So many good beacons of one page."""
        beacons: list[Beacon] = []
        while len(beacons) < count:
            body, fields = self._make(now)
            is_click = self.stream == "heatmap" and fields["kind"] == "click"
            # Now and then three quick clicks on one spot: rage.
            times = 3 if is_click and self._rng.random() < 0.3 else 1
            beacons += [
                self._beacon(dict(body), dict(fields), now, robot=robot) for _ in range(times)
            ]
        return beacons[:count]

    def conflicting(self, beacon: Beacon) -> Beacon:
        """The same id and session with other content."""
        body, fields = dict(beacon.json), dict(beacon.sent.fields)
        wire, name, value = {
            "activity": ("page_url", "page_url", "https://other.example/conflict"),
            "heatmap": ("selector", "selector", "section.conflict"),
            "cart": ("productTitle", "product_title", "Conflict"),
            "landing": ("screen_resolution", "screen_resolution", "1x1"),
        }[self.stream]
        body[wire] = fields[name] = value
        sent = beacon.sent
        return Beacon(body, Sent(sent.store_id, sent.event_id, sent.stream, True, fields))

    def spoilt(self, now: int) -> Beacon:
        """A beacon with a mistake that the gateway must refuse."""
        body, fields = self._make(now)
        beacon = self._beacon(body, fields, now, robot=False)
        wire, value = self._rng.choice(
            {
                "activity": [("activity_type", "dance"), ("page_url", "ftp://x"), ("quantity", -1)],
                "heatmap": [("x", -1), ("type", "wave"), ("page_url", "nothing")],
                "cart": [("storeName", "  "), ("customerEmail", "nobody"), ("sessionId", "a b")],
                "landing": [("session_id", "a b"), ("event_type", "%"), ("timestamp", "soon")],
            }[self.stream]
        )
        beacon.json[wire] = value
        sent = beacon.sent
        return Beacon(beacon.json, Sent(sent.store_id, sent.event_id, sent.stream, False))

    def _beacon(
        self, body: dict[str, Any], fields: dict[str, Any], now: int, *, robot: bool
    ) -> Beacon:
        rng = self._rng
        store = fields["store_id"]
        body.pop("occurred_at", None)
        camel = self.stream == "cart"
        if rng.random() < 0.1:
            key = f"order-{rng.getrandbits(64):x}"
            body["idempotencyKey" if camel else "idempotency_key"] = key
            event_id = str(uuid.uuid5(uuid.UUID(store), f"{self.stream}:publishable:key:{key}"))
        else:
            event_id = (
                uuid7(rng, now)
                if rng.random() < 0.7
                else str(uuid.UUID(int=rng.getrandbits(128), version=4))
            )
            body["eventId" if camel else "event_id"] = event_id
        body["storeId" if camel else "store_id"] = store
        body["timestamp"] = fields["occurred_at"]
        fields["is_bot"] = robot
        return Beacon(body, Sent(store, event_id, self.stream, True, fields))

    # ---- the streams: JSON and fields ---------------------------------------------------------

    def _envelope(self, now: int) -> dict[str, Any]:
        session = self._rng.randrange(len(self._sessions))
        # A session's events spread over its own two hours, so that late ones join its pieces.
        start = now - (3 + session) * 60 * MINUTE
        return {
            "store_id": list(STORES)[session % len(STORES)],
            "session_id": self._sessions[session],
            "visitor_id": f"v-{session}",
            "occurred_at": start + self._rng.randrange(120) * MINUTE,
        }

    def _activity(self, now: int) -> tuple[dict[str, Any], dict[str, Any]]:
        rng, fields = self._rng, self._envelope(now)
        kind = rng.choice(ACTIVITIES)
        fields |= {
            "activity_type": kind,
            "page_url": "https://shop-one.example" + rng.choice(PATHS),
            "referrer": rng.choice(("https://Search.example/?q=shirt", None)),
        }
        if kind == "search":
            fields["search_query"] = rng.choice((" Red Shirt", "blue shirt", "gr\u00fcn"))
        elif kind not in ("page_view", "checkout_start"):
            number = rng.randrange(5)
            fields |= {"product_id": f"p{number}", "product_name": f"Shirt {number}"}
            fields["quantity"] = rng.randrange(1, 4)
        if kind == "purchase":
            fields |= {"value": f"{rng.randrange(1, 99)}.{rng.randrange(100):02}"}
            fields["currency"] = rng.choice(("EUR", "USD", None))
        return {k: v for k, v in fields.items() if v is not None}, fields

    def _heatmap(self, now: int) -> tuple[dict[str, Any], dict[str, Any]]:
        rng, fields = self._rng, self._envelope(now)
        kind = rng.choice(("click", "click", "scroll", "hover"))
        width = rng.choice((400, 800, 1280))
        fields |= {
            "kind": kind, "page_url": "https://shop-one.example" + rng.choice(PATHS),
            "viewport_width": width, "selector": rng.choice(SELECTORS),
        }  # fmt: skip
        if kind == "scroll":
            fields["scroll_depth"] = rng.randrange(101)
        else:
            fields |= {"x": rng.randrange(width), "y": rng.randrange(3000)}
        if kind == "hover":
            fields["dwell_ms"] = rng.randrange(5000)
        body = {k: v for k, v in fields.items() if v is not None}
        body["type"] = body.pop("kind")
        fields["device"] = {400: "mobile", 800: "tablet", 1280: "desktop"}[width]
        return body, fields

    def _cart(self, now: int) -> tuple[dict[str, Any], dict[str, Any]]:
        rng, fields = self._rng, self._envelope(now)
        number = rng.randrange(5)
        image = "https://cdn.example/generated.png" if rng.random() < 0.5 else None
        fields |= {
            "store_name": STORES[fields["store_id"]], "product_id": str(number),
            "product_title": f"Shirt {number}", "generated_image_url": image,
            "customer_email": rng.choice(("ann@mail.example", None)),
        }  # fmt: skip
        if rng.random() < 0.2:
            fields["session_id"] = None  # keyed by its store
        body = {
            "storeName": fields["store_name"], "productId": number,
            "productTitle": fields["product_title"], "generatedImageUrl": image,
            "customerEmail": fields["customer_email"], "sessionId": fields["session_id"],
            "visitorId": fields["visitor_id"],
        }  # fmt: skip
        return body, fields

    def _landing(self, now: int) -> tuple[dict[str, Any], dict[str, Any]]:
        rng, fields = self._rng, self._envelope(now)
        kind = rng.choice(("PageView", "AddToCart", "Purchase", "Signup"))
        fields |= {
            "event_type": "Custom" if kind == "Signup" else kind, "event_name": kind,
            "landing_page_id": f"lp_{rng.randrange(3)}",
            "campaign_id": rng.choice(("summer", "winter", None)),
        }  # fmt: skip
        body = {k: v for k, v in fields.items() if v is not None and k != "event_name"}
        body["event_type"] = kind
        if kind == "Purchase":
            fields |= {"value": f"{rng.randrange(1, 99)}.5", "currency": "EUR"}
            body["event_data"] = {"value": float(fields["value"]), "currency": "eur"}
        return body, fields
