"""Order: an order's life, with lines and a refund of one in ten."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from bench.streams.visits import envelopes, skewed

TYPES = {"created": 45, "paid": 42, "refunded": 9, "cancelled": 4}
PRODUCTS = 500


def beacons(rnd: Random, since_ms: int, until_ms: int, count: int) -> Iterator[dict[str, Any]]:
    """`count` different beacons."""
    kinds = rnd.choices(list(TYPES), list(TYPES.values()), k=count)
    source = envelopes(rnd, since_ms, until_ms, count)
    for kind, (person, envelope) in zip(kinds, source, strict=True):
        del envelope["session_id"], envelope["visitor_id"]
        order = f"{person:x}-{rnd.randrange(3)}"
        beacon = envelope | {
            "event_type": kind,
            "order_id": f"o-{order}",
            "order_name": f"#{order}",
            "currency": "EUR",
            "customer_id": str(person),
        }
        if kind in ("created", "paid"):
            price = f"{rnd.randrange(5, 300)}.90"
            line = {"product_id": str(skewed(rnd, PRODUCTS)), "quantity": 1, "price": price}
            beacon |= {"value": price, "items": [line]}
        if kind == "refunded":
            beacon |= {"refund_id": f"r-{order}", "refund_value": "4.90"}
        yield beacon
