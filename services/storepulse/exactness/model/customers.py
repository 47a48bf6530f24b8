"""Who is a customer, and which identities belong to whom."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from storepulse.exactness.model.events import UNKNOWN, Event, Tables, moment
from storepulse.exactness.model.orders import SOLD, bare, by_order, kind_of, order_tables

#: From the weakest to the strongest.
KINDS = ("order", "visitor", "tracking", "telegram", "email", "customer")
Identity = tuple[str, str]


def identities_of(event: Event) -> list[Identity]:
    """The identities that an event names, the strongest first; none where it names no customer."""
    telegram = event.get("client_id") or event.get("telegram_id")
    named = {
        "customer": event.get("customer_id"),
        "email": event.get("email_hash"),
        "telegram": telegram if re.fullmatch(r"[1-9][0-9]{0,18}", telegram or "") else None,
        "tracking": event.get("tracking_id"),
        "visitor": None if event.get("visitor_id") == telegram else event.get("visitor_id"),
    }
    for kind in ("customer", "tracking", "visitor"):
        if (named[kind] or "").lower() in UNKNOWN:
            named[kind] = None
    if event["is_bot"]:
        named = {}
    if kind_of(event):
        named["order"] = bare(event["order_id"])
    found = [(kind, value) for kind, value in named.items() if value]
    return [] if all(kind == "visitor" for kind, _ in found) else found


def customer_tables(events: list[Event]) -> Tables:
    """Customers, identities, the links between these, and what customers bought."""
    named: set[tuple[Any, ...]] = set()
    told: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    links: dict[tuple[Any, ...], dict[Identity, tuple[Any, ...]]] = defaultdict(dict)
    for event in events:
        store, found = event["store_id"], identities_of(event)
        named |= {(store, *each) for each in found}
        if found and found[0][0] != "order":
            told[store, *found[0]].append(event)
        for each in found[1:]:
            of_identity = links[store, *each]
            word = _word(event, each, found[0])
            of_identity[found[0]] = max(of_identity.get(found[0], word), word)
    customers = [key for key in told if key[1] != "visitor"]
    owners = {key: max(found, key=found.__getitem__) for key, found in links.items()}
    counts = Counter(store for store, _, _ in customers)
    return {
        "identities": {
            key: (*owners.get(key, (None, None)), *_said_names(key[1], told.get(key, [])))
            for key in named
        },
        "identity_links": {
            (*key, *target): (moment(word[-3]),)
            for key, found in links.items()
            if key[1] != "order"
            for target, word in found.items()
        },
        "customers": dict.fromkeys(customers, ()),
        "customer_counts": {(store,): (count,) for store, count in counts.items()},
        "customer_orders": _bought(events, owners),
    }


def _bought(
    events: list[Event], owners: Mapping[tuple[Any, ...], Identity]
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """By customer and currency how many orders, and what they cost less refunds."""
    rows = order_tables(events)["orders"]
    spent: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
    for (store, order), found in by_order(events).items():
        status, amount, currency, refunded = rows[store, order][4:8]
        owner = _customer_of(found, owners)
        if status in SOLD and owner and not all(e["is_bot"] for e in found):
            net = Decimal(0) if amount is None else amount - refunded
            spent[store, *owner, currency or ""].append(net)
    return {key: (len(each), sum(each)) for key, each in spent.items()}


def _customer_of(told: list[Event], owners: Mapping[tuple[Any, ...], Identity]) -> Identity | None:
    """Whom an order belongs to by the best of all words for it; None where it is no customer."""
    said: list[tuple[tuple[Any, ...], Identity]] = []
    for event in told:
        strongest, *weaker = identities_of(event)
        if weaker:
            said.append((_word(event, weaker[-1], strongest), strongest))
    if not said:
        return None
    kind, value = max(said)[1]
    while target := owners.get((told[0]["store_id"], kind, value)):
        kind, value = target
    return None if kind == "visitor" else (kind, value)


def _word(event: Event, each: Identity, target: Identity) -> tuple[Any, ...]:
    """By what a link stands above others."""
    latest = event["occurred_at"], event["event_id"], event["stream"]
    if each[0] == "order":
        return KINDS.index(target[0]), event["source"] in ("server", "import"), *latest
    return target[0] != "tracking", *latest


def _said_names(kind: str, told: list[Event]) -> tuple[Any, ...]:
    """First and last time, names, campaign: of the events that name nothing stronger."""
    in_time = sorted(told, key=lambda e: (e["occurred_at"], e["event_id"], e["stream"]))
    times = [moment(event["occurred_at"]) for event in in_time]
    names: tuple[str | None, ...] = (None, None)
    campaign: tuple[str | None, ...] = (None, None)
    for event in in_time:
        first, last = (
            event.get(f"customer_{name}") or event.get(name) or None
            for name in ("first_name", "last_name")
        )
        if first or last:
            names = first, last
        if event.get("campaign_id"):
            tracking = dict(identities_of(event)).get("tracking")
            campaign = event["campaign_id"], tracking
    return (times[0] if times else None, times[-1] if times else None, *names, *campaign)
