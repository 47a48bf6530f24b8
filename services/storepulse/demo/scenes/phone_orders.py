"""Scene: dead letters that a patch repairs: phone orders that another program writes to Kafka.

The shop's warehouse program writes the currency in lower case. The gateway would convert it to
upper case; these orders bypass it, so each becomes a dead letter. Needs access to Kafka.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from storepulse.demo.part import Read, Told
from storepulse.demo.scenes.visit import SceneVisit
from storepulse.demo.shop_secrets import Call
from storepulse.demo.shops import story_shop
from storepulse.demo.traffic import HOUR, Plan

#: Writes events of a stream to its topic, bypassing the gateway.
Put = Callable[[str, list[dict[str, Any]]], None]
FIGURE = "dead_letters"
ORDERS = 6
CURRENCY = "eur"
_PATIENCE_SECONDS = 60.0
_PATH = "/api/dead-letters"
_ASKED = {"stream": "order", "status": "all", "limit": 500, "store_id": story_shop().store_id}
_CHANNEL = "phone"


def records(plan: Plan) -> list[dict[str, Any]]:
    """The orders, with the schema's field names, except the receipt time."""
    return [_record(plan, number) for number in range(ORDERS)]


def expected_figures() -> dict[str, Told]:
    """The expected figure, also after the letters were replayed."""
    return {FIGURE: ORDERS}


def read_told(read: Read, store: str) -> Iterator[tuple[str, Told]]:
    """The same figure from the API."""
    asked = _ASKED | {"store_id": store}
    yield FIGURE, len({one["event_id"] for one in read(_PATH, asked)["data"]})


def play(call: Call, put: Put, plan: Plan, pause: float = 0.5) -> bool:
    """Writes the orders that are not letters yet. Returns whether all became letters in time."""
    orders = records(plan)
    known = _known_letters(call)
    put("order", [order for order in orders if order["event_id"] not in known])
    until = time.monotonic() + _PATIENCE_SECONDS
    while not {order["event_id"] for order in orders} <= known:
        if time.monotonic() > until:
            return False
        time.sleep(pause)
        known = _known_letters(call)
    return True


def _known_letters(call: Call) -> set[str]:
    status, told = call("GET", f"{_PATH}?{urlencode(_ASKED)}", None)
    return {one["event_id"] for one in told["data"]} if status == 200 else set()


def _record(plan: Plan, number: int) -> dict[str, Any]:
    at = plan.start - (2 + 5 * number) * HOUR
    visit = SceneVisit(plan, story_shop(), "phone", number, at)
    product = visit.rng.choice(visit.shop.products)
    event_id = visit.new_id()
    return {
        "event_id": event_id, "store_id": visit.shop.store_id, "correlation_id": event_id,
        "occurred_at": at, "event_type": "paid",
        "order_id": f"tel-{visit.rng.getrandbits(32):08x}", "value": Decimal(product.price),
        "currency": CURRENCY, "channel": _CHANNEL, "source": "server", "priority": "high",
        "consent_analytics": "unknown", "consent_marketing": "unknown", "is_bot": False,
    }  # fmt: skip
