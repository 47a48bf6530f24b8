"""Customers, identities, and the owners of identities."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from storepulse.exactness.model.events import UNKNOWN, Event, Tables, moment
from storepulse.exactness.model.orders import SOLD, bare, by_order, kind_of, order_tables

#: From weakest to strongest.
KINDS = ("order", "visitor", "tracking", "telegram", "email", "customer")
Identity = tuple[str, str]


def identities_of(event: Event) -> list[Identity]:
    """The identities that an event names, strongest first; empty if it names no customer."""
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


@dataclass(frozen=True)
class ToldIdentities:
    """What events say about identities; keys begin with the store.

    `named`: all identities. `told`: the events about each. `links`: for each, its targets with the
    greatest word of the link.
    """

    named: set[tuple[Any, ...]]
    told: Mapping[tuple[Any, ...], list[Event]]
    links: Mapping[tuple[Any, ...], Mapping[Identity, tuple[Any, ...]]]

    @cached_property
    def owners(self) -> Mapping[tuple[Any, ...], Identity]:
        """By identity, the target of the link that counts."""
        return {key: max(found, key=found.__getitem__) for key, found in self.links.items()}

    def last_owner(self, store: Any, identity: Identity) -> Identity:
        """The final owner of an identity, which is itself if it has no other."""
        while target := self.owners.get((store, *identity)):
            identity = target
        return identity


def told_identities(events: list[Event]) -> ToldIdentities:
    """What the events say about identities."""
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
    return ToldIdentities(named, told, links)


def customer_tables(events: list[Event]) -> Tables:
    """Customers, identities, the links between them, and customers' orders."""
    known = told_identities(events)
    customers = [key for key in known.told if key[1] != "visitor"]
    counts = Counter(store for store, _, _ in customers)
    bought = bought_by(events, known)
    return {
        "identities": {
            key: (
                *known.owners.get(key, (None, None)),
                *said_of(key[1], known.told.get(key, [])),
            )
            for key in known.named
        },
        "identity_links": {
            (*key, *target): (moment(word[-3]),)
            for key, found in known.links.items()
            if key[1] != "order"
            for target, word in found.items()
        },
        "customers": dict.fromkeys(customers, ()),
        "customer_counts": {(store,): (count,) for store, count in counts.items()},
        "customer_orders": {key: row for key, row in bought.items() if key[1] != "visitor"},
    }


def bought_by(events: list[Event], known: ToldIdentities) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """By person and currency: the number of orders, and their total less refunds."""
    rows = order_tables(events)["orders"]
    spent: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
    for (store, order), found in by_order(events).items():
        status, amount, currency, refunded = rows[store, order][4:8]
        owner = _owner_of_order(found, known)
        if status in SOLD and owner and not all(e["is_bot"] for e in found):
            net = Decimal(0) if amount is None else amount - refunded
            spent[store, *owner, currency or ""].append(net)
    return {key: (len(each), sum(each)) for key, each in spent.items()}


def _owner_of_order(told: list[Event], known: ToldIdentities) -> Identity | None:
    """The owner of an order, by the best of all words for it; None if there is none."""
    said: list[tuple[tuple[Any, ...], Identity]] = []
    for event in told:
        strongest, *weaker = identities_of(event)
        if weaker:
            said.append((_word(event, weaker[-1], strongest), strongest))
    return known.last_owner(told[0]["store_id"], max(said)[1]) if said else None


def _word(event: Event, each: Identity, target: Identity) -> tuple[Any, ...]:
    """The rank of a link among others."""
    latest = event["occurred_at"], event["event_id"], event["stream"]
    if each[0] == "order":
        return KINDS.index(target[0]), event["source"] in ("server", "import"), *latest
    return target[0] != "tracking", *latest


def said_of(kind: str, told: list[Event]) -> tuple[Any, ...]:
    """First and last time, names, campaign: from the events that name nothing stronger."""
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
