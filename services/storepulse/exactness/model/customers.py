"""Who is a customer, and which identities belong to whom."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

from storepulse.exactness.model.events import Event, Tables, moment
from storepulse.exactness.model.orders import is_purchase

#: From the weakest to the strongest.
KINDS = ("order", "visitor", "tracking", "telegram", "email", "customer")
#: What is sent for an id that nobody knows.
UNKNOWN = (
    "0", "-1", "null", "none", "nil", "nan", "undefined", "unknown", "anonymous", "guest", "user",
    "id", "true", "false", "n/a", "[object object]", "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
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
    if _tells_of_order(event):
        named["order"] = event["order_id"]
    found = [(kind, value) for kind, value in named.items() if value]
    return [] if all(kind == "visitor" for kind, _ in found) else found


def _tells_of_order(event: Event) -> bool:
    if not event.get("order_id"):
        return False
    if event["stream"] == "campaign":
        return event["event_name"] in ("ORDER_CREATED", "ORDER_PAID")
    return event["stream"] == "order" or is_purchase(event)


def customer_tables(events: list[Event]) -> Tables:
    """Customers, identities, and the links between these."""
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
    counts = Counter(store for store, _, _ in customers)
    return {
        "identities": {
            key: (*_owner(links.get(key, {})), *_said_names(key[1], told.get(key, [])))
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
    }


def _word(event: Event, each: Identity, target: Identity) -> tuple[Any, ...]:
    """By what a link stands above others."""
    latest = event["occurred_at"], event["event_id"], event["stream"]
    if each[0] == "order":
        return KINDS.index(target[0]), event["source"] in ("server", "import"), *latest
    return target[0] != "tracking", *latest


def _owner(links: dict[Identity, tuple[Any, ...]]) -> tuple[str | None, str | None]:
    return max(links, key=lambda target: links[target], default=(None, None))


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
