"""Campaign: opens of a few campaigns, and orders of one in ten of those who came."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from bench.streams.visits import envelopes, skewed

TYPES = {"WEBAPP_OPEN": 75, "ORDER_CREATED": 6, "ORDER_PAID": 4, "LEVEL_UP": 15}
CAMPAIGNS = 15


def beacons(rnd: Random, since_ms: int, until_ms: int, count: int) -> Iterator[dict[str, Any]]:
    """`count` different beacons."""
    kinds = rnd.choices(list(TYPES), list(TYPES.values()), k=count)
    source = envelopes(rnd, since_ms, until_ms, count)
    for kind, (person, envelope) in zip(kinds, source, strict=True):
        del envelope["session_id"], envelope["visitor_id"]
        beacon = envelope | {
            "event": kind,
            "campaign_id": f"c-{skewed(rnd, CAMPAIGNS)}",
            "tracking_id": f"t-{person:x}",
            "telegram_id": 700_000_000 + person,
        }
        if kind in ("ORDER_CREATED", "ORDER_PAID"):
            beacon |= {
                "order_id": f"o-{rnd.getrandbits(40):x}", "value": f"{rnd.randrange(5, 300)}.90",
                "currency": "EUR", "customer_id": str(person),
            }  # fmt: skip
        yield beacon
