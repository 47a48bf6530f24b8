"""Campaign: visitors who come to a shop's web app by a campaign, and their orders there."""

from __future__ import annotations

from typing import Any

from storepulse.demo.beacons import PATHS
from storepulse.demo.part import Mistake, Part
from storepulse.demo.visit import Visit, money_as_sent, text_of
from storepulse.domain.emails import email_hash

_CAMPAIGNS = ("summer-26", "retarget", "tg:friends", "1200")
_NAMED = ("LEVEL_UP", "Referral sent", "coupon.used")


def follow(visit: Visit) -> None:
    """A visitor opens the web app, sometimes several times, and perhaps orders."""
    rng, person = visit.rng, visit.person
    told: dict[str, Any] = {
        "campaign_id": rng.choice(_CAMPAIGNS),
        "tracking_id": f"t-{rng.getrandbits(48):x}",
        "telegram_id": str(800_000_000 + rng.randrange(10**6)) if rng.random() < 0.7 else None,
    }
    for _ in range(rng.choice((1, 1, 2, 3))):
        _tell(visit, "WEBAPP_OPEN", told)
    if rng.random() < 0.3:
        payload = {"level": rng.randrange(9), "note": "</script>"}
        _tell(visit, rng.choice(_NAMED), told | {"payload": payload})
    if rng.random() > 0.7:
        return
    product = rng.choice(visit.shop.products)
    order = told | {
        # Some shops have no order numbers.
        "order_id": f"c-{rng.getrandbits(40):x}" if rng.random() < 0.6 else None,
        "value": product.price,
        "currency": visit.shop.currency,
        "customer_id": person.customer_id,
        "customer_email": person.email,
    }
    _tell(visit, "ORDER_CREATED", order)
    if rng.random() < 0.8:
        _tell(visit, "ORDER_PAID", order)


def _tell(visit: Visit, name: str, told: dict[str, Any]) -> None:
    """Add the request of the shop's server for one event."""
    rng = visit.rng
    visit.now += rng.randrange(2_000, 200_000)
    event_id = visit.new_id()
    value, email = told.get("value"), told.get("customer_email")
    stated = {field: what for field, what in told.items() if what is not None}
    if value is not None:
        stated["value"] = money_as_sent(rng, value)
    sent = visit.envelope(event_id) | {"event": name} | stated
    del sent["session_id"], sent["source"]
    kind = "Custom" if name in _NAMED else name
    event = visit.event("campaign", event_id, event_type=kind, event_name=name) | {
        "session_id": None,
        "source": "server",
        "campaign_id": told["campaign_id"],
        "tracking_id": told["tracking_id"],
        "start_param": None,
        "telegram_id": told["telegram_id"],
        "value": text_of(value),
        "currency": told.get("currency"),
        "order_id": told.get("order_id"),
        "customer_id": told.get("customer_id"),
        "email_hash": None if email is None else email_hash(email),
    }
    entry = visit.entry("campaign", kind, sent, event)
    visit.add(PATHS["campaign"], [entry], signed=rng.random() < 0.7)


MISTAKES = (
    Mistake("campaign", "campaign_id", ...),
    Mistake("campaign", "campaign_id", "a/b"),
    Mistake("campaign", "campaign_id", "c" * 129),
    Mistake("campaign", "tracking_id", ...),
    Mistake("campaign", "tracking_id", ""),
    Mistake("campaign", "event", ...),
    Mistake("campaign", "event", "<b>"),
    Mistake("campaign", "start_param", "a+b"),
    Mistake("campaign", "telegram_id", str(2**63)),
    Mistake("campaign", "currency", "ZZZ"),
    Mistake("campaign", "value", "a lot"),
)

PART = Part(
    mistakes=MISTAKES,
    conflict={"payload": {"another": "one"}},
    story=follow,
    share=10,
    orders={"ORDER_CREATED": "created", "ORDER_PAID": "paid"},
    needs_secret=True,
)
