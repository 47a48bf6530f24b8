"""Payloads of the Measurement Protocol of Google Analytics 4.

Source: developers.google.com/analytics/devguides/collection/protocol/ga4, reference and
limitations. A request names one client, so the events of a batch are grouped.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from storepulse.destinations.rules.event_fields import (
    free_text,
    happened_at,
    lines_of,
    money_of,
    order_of,
    page_of,
    product_name,
    purchase_id,
    vendor_name,
)
from storepulse.destinations.rules.model import Event
from storepulse.streams.registry import STREAMS

#: Maximum of events in a request, and their maximum age.
MOST_EVENTS = 25
OLDEST = timedelta(hours=72)

_LONGEST_NAME = 40
_RESERVED_PREFIXES = ("_", "firebase_", "ga_", "google_", "gtag")
_RESERVED_NAMES = frozenset(
    (
        *("ad_activeview", "ad_click", "ad_exposure", "ad_query", "ad_reward", "adunit_exposure"),
        *("app_clear_data", "app_exception", "app_install", "app_remove", "app_store_refund"),
        *("app_update", "app_upgrade", "dynamic_link_app_open", "dynamic_link_app_update"),
        *("dynamic_link_first_open", "error", "firebase_campaign", "first_open", "first_visit"),
        *("in_app_purchase", "notification_dismiss", "notification_foreground"),
        *("notification_open", "notification_receive", "os_update", "screen_view"),
        *("session_start", "user_engagement"),
    )
)
#: Longest values, in characters; 100 for all others. Google does not record longer values.
_LONGEST_VALUES = {"page_location": 1000, "page_referrer": 420}
#: `_ga` cookies have a version and a depth before the client id.
_client_id = re.compile(r"(?:GA\d+\.\d+\.)?([!-~]{1,100})").fullmatch
_PURCHASE = "purchase"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Collection:
    """One request: its JSON body and the events in it."""

    events: Sequence[Event]
    body: Mapping[str, Any]


def left_out(event: Event, now: datetime) -> str | None:
    """Why the event is not sent to Google, which is not a failure; None if it is sent.

    Google silently ignores events that are too old. An event with an invented client would count as
    a new user.
    """
    if event.value.get("consent_analytics") == "denied":
        return "consent to analytics is denied"
    if vendor_name(STREAMS[event.stream].ga4, event) is None:
        return f"events of this kind ({event.stream} {event.event_type}) are not for Google"
    if client_of(event) is None:
        return "says nothing about the client: no ga_client_id, visitor or session"
    if now - happened_at(event) > OLDEST:
        return "is older than the 72 hours that Google Analytics takes events back"
    return None


def purchase_of(event: Event) -> str | None:
    """The order number if Google counts the event as an order's purchase, else None."""
    name = vendor_name(STREAMS[event.stream].ga4, event)
    return order_of(event) if name == _PURCHASE else None


def client_of(event: Event) -> str | None:
    """The client id: the browser's own if the event states it, else the visitor or session."""
    stated: str | None = stated_client(event)
    return stated or event.value.get("visitor_id") or event.value.get("session_id")


def stated_client(event: Event) -> str | None:
    """`ga_client_id` of the free-form fields, in the format of Google's tag or its cookie `_ga`."""
    match = _client_id(free_text(event, "ga_client_id") or "")
    return None if match is None else match[1]


def collections(events: Iterable[Event]) -> list[Collection]:
    """The fewest requests that the events fit into. Each client's events keep their order."""
    groups: dict[tuple[str | None, ...], list[Event]] = {}
    for event in events:
        value = event.value
        consented = value.get("consent_analytics") == "granted"
        key = (
            client_of(event),
            "GRANTED" if value.get("consent_marketing") == "granted" else "DENIED",
            value.get("ip") if consented else None,
            value.get("user_agent") if consented else None,
        )
        groups.setdefault(key, []).append(event)
    return [
        _collection(key, group[start : start + MOST_EVENTS])
        for key, group in groups.items()
        for start in range(0, len(group), MOST_EVENTS)
    ]


def halves(collection: Collection) -> list[Collection]:
    """The request's events in two requests."""
    middle = len(collection.events) // 2
    items = collection.body["events"]
    return [
        Collection(collection.events[:middle], {**collection.body, "events": items[:middle]}),
        Collection(collection.events[middle:], {**collection.body, "events": items[middle:]}),
    ]


def _collection(key: tuple[str | None, ...], events: Sequence[Event]) -> Collection:
    client, marketing, ip, user_agent = key
    body: dict[str, Any] = {
        "client_id": client,
        "consent": {"ad_user_data": marketing, "ad_personalization": marketing},
        "events": [ga4_event(event) for event in events],
    }
    if ip is not None:
        body["ip_override"] = ip
    if user_agent is not None:
        body["user_agent"] = user_agent
    return Collection(events, body)


def ga4_event(event: Event) -> dict[str, Any]:
    """One event with only the parameters that Google's reports use."""
    micros = (happened_at(event) - _EPOCH) // timedelta(microseconds=1)
    return {"name": event_name(event), "timestamp_micros": micros, "params": _params(event)}


def event_name(event: Event) -> str:
    """Google's name for the event; custom events keep their own, adapted to Google's rules."""
    wanted = vendor_name(STREAMS[event.stream].ga4, event) or event.event_type
    name = re.sub(r"[^A-Za-z0-9_]+", "_", wanted)[:_LONGEST_NAME]
    if not name[:1].isalpha() or name.startswith(_RESERVED_PREFIXES) or name in _RESERVED_NAMES:
        name = f"custom_{name.lstrip('_')}"[:_LONGEST_NAME]
    return name


def _params(event: Event) -> dict[str, Any]:
    value = event.value
    params: dict[str, Any] = {
        "session_id": _session_number(event),
        # Google's real-time reports omit users without it.
        "engagement_time_msec": 1,
        "page_location": page_of(event),
        "page_referrer": value.get("referrer"),
        "search_term": value.get("search_query"),
        "event_id": event.event_id,
    }
    money = money_of(event)
    if money is not None:
        params["value"], params["currency"] = float(money[0]), money[1]
    name = event_name(event)
    if name == _PURCHASE:
        # Google counts a transaction id once. Without an order, the event id deduplicates.
        order = order_of(event)
        params["transaction_id"] = order or event.event_id
        if order is not None:
            params["event_id"] = purchase_id(order)
    items = _items(event)
    if items:
        params["items"] = items
    return _fitting(params)


def _items(event: Event) -> list[dict[str, Any]]:
    """The lines of the order, else the event's product."""
    lines = lines_of(event)
    if lines:
        return [
            _fitting(
                {
                    "item_id": line["product_id"],
                    "item_name": line.get("name"),
                    "quantity": line["quantity"],
                    "price": float(line["price"]),
                }
            )
            for line in lines
        ]
    item = {
        "item_id": event.value.get("product_id"),
        "item_name": product_name(event),
        "item_variant": event.value.get("variant_id"),
        "quantity": event.value.get("quantity"),
    }
    return [_fitting(item)] if item["item_id"] or item["item_name"] else []


def _fitting(params: Mapping[str, Any]) -> dict[str, Any]:
    """Drop absent parameters and cut long texts to Google's limits."""
    return {
        name: content[: _LONGEST_VALUES.get(name, 100)] if isinstance(content, str) else content
        for name, content in params.items()
        if content is not None
    }


def _session_number(event: Event) -> str | None:
    """The session id, digits as Google requires: the browser's own with its own client, else ours.

    Never mixes the two, because that would make a session that did not exist. None if the browser's
    session is not known.
    """
    if stated_client(event) is not None:
        own = free_text(event, "ga_session_id")
        return own if own is not None and own.isascii() and own.isdigit() else None
    session = event.value.get("session_id")
    if not session:
        return None
    digest = hashlib.blake2b(f"{event.store_id}:{session}".encode(), digest_size=5).digest()
    return str(int.from_bytes(digest, "big"))
