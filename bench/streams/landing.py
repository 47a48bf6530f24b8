"""Landing: visits of landing pages of a few campaigns, and what is bought on them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from bench.streams.visits import envelopes, skewed

TYPES = {"PageView": 70, "AddToCart": 12, "Purchase": 3, "web_vitals": 10, "Quiz": 5}
PAGES_A_STORE = 20
CAMPAIGNS = 15


def beacons(rnd: Random, since_ms: int, until_ms: int, count: int) -> Iterator[dict[str, Any]]:
    """`count` different beacons."""
    kinds = rnd.choices(list(TYPES), list(TYPES.values()), k=count)
    source = envelopes(rnd, since_ms, until_ms, count)
    for kind, (_, envelope) in zip(kinds, source, strict=True):
        beacon = envelope | {
            "event_type": kind,
            "landing_page_id": f"lp-{skewed(rnd, PAGES_A_STORE)}",
            "campaign_id": f"c-{skewed(rnd, CAMPAIGNS)}",
            "screen_resolution": "390x844",
        }
        if kind == "Purchase":
            beacon["event_data"] = {
                "order_id": f"o-{rnd.getrandbits(40):x}", "value": f"{rnd.randrange(5, 300)}.90",
                "currency": "EUR",
            }  # fmt: skip
        yield beacon
