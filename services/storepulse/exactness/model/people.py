"""People: every identity that was seen or named, its owner, and what people did."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from storepulse.exactness.model.customers import (
    ToldIdentities,
    bought_by,
    said_of,
    told_identities,
)
from storepulse.exactness.model.events import Event, Rows, Tables, grouped, moment

_MESSAGES = ("user_message", "ai_message")
#: An identity with its store in front.
Key = tuple[Any, ...]


def people_tables(events: list[Event]) -> Tables:
    """One row per identity; the figures of people include all identities that they own."""
    known = told_identities(events)
    acts = _acts_by_identity(events)
    bought = bought_by(events, known)
    held: dict[Key, list[Key]] = defaultdict(list)
    keys = {*acts} | {key for key in known.named if key[1] != "order"}
    for key in keys:
        held[key[0], *known.last_owner(key[0], key[1:])].append(key)
    rows: Rows = {}
    for person, owned in held.items():
        store = person[0]
        for key in owned:
            if key != person:
                rows[key] = (*person[1:], *_counts_of_owned(key, acts.get(key, [])))
        money = {key[3]: row for key, row in bought.items() if key[:3] == (store, *person[1:])}
        rows[person] = (None, None, *_figures_of(owned, acts, known), *_spent_columns(money))
    return {"people": rows}


def _acts_by_identity(events: list[Event]) -> dict[Key, list[Event]]:
    """The events of visitors and chats, without robots."""

    def key_of(event: Event) -> Key:
        if event["stream"] == "bot":
            return event["store_id"], "telegram", event["client_id"]
        visitor = event["visitor_id"] or f"s:{event['session_id']}"
        return event["store_id"], "visitor", visitor

    streams = ("activity", "landing", "bot")
    return grouped([e for e in events if e["stream"] in streams and not e["is_bot"]], key_of)


def _is_image(event: Event) -> bool:
    if event["stream"] == "bot":
        return bool(event["event_type"] == "image_generated")
    return event.get("activity_type") == "custom" and event.get("name") == "image_generated"


def _country_of(events: list[Event]) -> str | None:
    placed = [e for e in events if e["stream"] != "bot" and e.get("country") is not None]
    last = max(placed, key=lambda e: (e["occurred_at"], e["event_id"]), default=None)
    return None if last is None else last["country"]


def _counts_of_owned(key: Key, acts: list[Event]) -> tuple[Any, ...]:
    if key[1] != "visitor":
        return (None,) * 11
    return ([len(acts), sum(map(_is_image, acts))], _country_of(acts), *(None,) * 9)


def _figures_of(
    owned: list[Key], acts: dict[Key, list[Event]], known: ToldIdentities
) -> tuple[Any, ...]:
    told = [event for key in owned for event in known.told.get(key, [])]
    did = [event for key in owned for event in acts.get(key, [])]
    times = [event["occurred_at"] for event in (*told, *did)]
    return (
        [len(did), sum(map(_is_image, did))],
        _country_of(did),
        moment(min(times)),
        moment(max(times)),
        sum(e["stream"] == "bot" and e["event_type"] in _MESSAGES for e in did),
        _chat_of(owned, known),
        _last_visitor(owned, acts, known),
        _name_of(told),
    )


def _chat_of(owned: list[Key], known: ToldIdentities) -> str | None:
    """The person itself, else the chat that was linked last."""
    chats = [key for key in owned if key[1] == "telegram"]

    def rank(key: Key) -> tuple[Any, ...]:
        links = known.links.get(key)
        return (1, (), key[2]) if not links else (0, max(links.values()), key[2])

    return max(chats, key=rank)[2] if chats else None


def _last_visitor(
    owned: list[Key], acts: dict[Key, list[Event]], known: ToldIdentities
) -> str | None:
    def rank(key: Key) -> tuple[int, bytes]:
        times = [e["occurred_at"] for e in (*acts.get(key, []), *known.told.get(key, []))]
        return max(times, default=-1), key[2].encode()

    visitors = [key for key in owned if key[1] == "visitor"]
    return max(visitors, key=rank)[2] if visitors else None


def _name_of(told: list[Event]) -> str | None:
    first, last = said_of("", told)[2:4]
    return " ".join(name for name in (first, last) if name) or None


def _spent_columns(money: dict[str, tuple[int, Decimal]]) -> tuple[Any, ...]:
    """Orders of all currencies, the currency with the most orders, and the amount spent in it."""
    named = [(-orders, currency) for currency, (orders, _) in money.items() if currency]
    currency = min(named)[1] if named else None
    spent = money[currency][1] if currency else Decimal(0)
    return sum(orders for orders, _ in money.values()), currency, spent
