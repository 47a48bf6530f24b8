"""Order: the shop server's reports of orders, including those that no page reported."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from storepulse.demo.beacons import PATHS
from storepulse.demo.part import Mistake, Part
from storepulse.demo.visit import Visit, money_as_sent, text_of
from storepulse.domain.emails import email_hash

_CHANNELS = ("web", "pos", None)


def tell(visit: Visit, order: dict[str, Any], total: Decimal, currency: str) -> None:
    """Sends all events of an order: it is created and paid, and sometimes refunded or cancelled.

    `order` has its number, name, customer and lines, with the beacon's field names.
    """
    rng = visit.rng
    paid = order | {"value": total, "currency": currency, "channel": rng.choice(_CHANNELS)}
    _say(visit, "created", paid)
    if rng.random() < 0.1:
        _say(visit, "cancelled", order)
        return
    _say(visit, "paid", paid)
    if rng.random() < 0.25:
        part = (total / rng.choice((1, 2, 4))).quantize(Decimal("0.01"))
        refund = {"order_id": order["order_id"], "currency": currency}
        if rng.random() < 0.5:
            refund |= {"refunded": part}
        else:
            refund |= {"refund_id": f"r-{rng.getrandbits(40):x}", "refund_value": part}
        _say(visit, "refunded", refund)


def _say(visit: Visit, kind: str, told: dict[str, Any]) -> None:
    rng = visit.rng
    visit.now += rng.randrange(1_000, 300_000)
    event_id = visit.new_id()
    stated = {name: what for name, what in told.items() if what is not None}
    amounts = {name: stated[name] for name in ("value", "refunded", "refund_value") if name in told}
    stated |= {name: money_as_sent(rng, amount) for name, amount in amounts.items()}
    sent = visit.envelope(event_id) | {"event_type": kind} | stated
    del sent["session_id"], sent["source"]
    sent.pop("visitor_id", None)
    names = ("order_id", "order_name", "currency", "refund_id", "channel", "customer_id")
    email, items = told.get("customer_email"), told.get("items")
    event = visit.event("order", event_id, event_type=kind) | {
        "session_id": None,
        "visitor_id": None,
        "source": "server",
        "ordered_at": None,
        "landing_page_id": None,
        "campaign_id": None,
        **{name: told.get(name) for name in names},
        **{name: text_of(told.get(name)) for name in ("value", "refunded", "refund_value")},
        "items": None if items is None else msgspec.json.encode(items).decode(),
        "email_hash": None if email is None else email_hash(email),
    }
    entry = visit.entry("order", kind, sent, event)
    visit.add(PATHS["order"], [entry], signed=rng.random() < 0.7)


MISTAKES = (
    Mistake("order", "order_id", ...),
    Mistake("order", "order_id", ""),
    Mistake("order", "event_type", "lost"),
    Mistake("order", "value", -1),
    Mistake("order", "value", "a lot"),
    Mistake("order", "currency", "ZZZ"),
    Mistake("order", "refund_value", 5, also={"event_type": "paid", "refund_id": None}),
    Mistake("order", "ordered_at", "1999-01-01T00:00:00Z"),
    Mistake("order", "customer_email", "someone at example"),
)

PART = Part(
    mistakes=MISTAKES,
    conflict={"metadata": {"another": "one"}},
    orders={kind: kind for kind in ("created", "paid", "refunded", "cancelled")},
    needs_secret=True,
)
