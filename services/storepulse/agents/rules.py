"""The gateway's rules, for a record that somebody else wrote to Kafka.

A beacon is made of the record and goes to the gateway's own validator. What that makes of it must
be what the record says: then it is as if the gateway had written it. Times are judged against
`received_at`, numbers against the widest limits that a deployment may set, nothing against the
clock or a setting: a rebuild or a replay comes to the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from storepulse.contracts.encoder import encoder_of
from storepulse.domain.clients import USER_AGENT_CHARACTERS, canonical_ip
from storepulse.domain.envelope import FURTHEST_AHEAD_MS, FURTHEST_BACK_MS
from storepulse.domain.errors import Rejected
from storepulse.domain.identity import canonical_uuid, is_correlation, is_session
from storepulse.streams.beacon import Rules, replace_nuls
from storepulse.streams.beacons import INPUTS
from storepulse.streams.heatmap.beacon import TALLEST
from storepulse.streams.wording import translated

#: What `received_at` may be, in milliseconds: from 2000 to before 2100.
CALENDAR = (946_684_800_000, 4_102_444_800_000)
WIDEST = Rules(max_coordinate_y=TALLEST)
#: Of the envelope's texts that no beacon limits.
SHORT_CHARACTERS = 255
JSON_FIELDS = ("metadata", "event_data")

NOT_AS_WRITTEN = "is not in the form that the gateway writes"
NUL = "contains NUL"

_is_public_id = re.compile(r"cart-event-\d{1,16}-[0-9a-z]{7}").fullmatch
_is_country = re.compile(r"[A-Z]{2}").fullmatch
_ORDER_OF_PURCHASE = ("value", "currency", "order_id")

Event = Mapping[str, Any]


def check(stream: str, event: Event) -> None:
    """Raises Rejected with the field and the reason where the gateway would not have written this.

    `event` has the schema's fields, times as milliseconds, enums as text, decimals as Decimal.
    """
    for name, value in event.items():
        if isinstance(value, str) and "\0" in value:
            raise Rejected(name, NUL)
    _check_envelope(event)
    rules = INPUTS[stream]
    try:
        beacon: Any = msgspec.convert(_BEACONS[stream](event), rules.beacon)
    except msgspec.ValidationError as error:
        raise _in_record(translated(error)) from None
    try:
        if replace_nuls(beacon):
            name = next((n for n in JSON_FIELDS if "\\u0000" in (event.get(n) or "")), "")
            raise Rejected(name, NUL)
        values = rules.own(beacon, WIDEST)
        # What the types take and Avro or PostgreSQL cannot hold.
        encoder = encoder_of(stream)
        encoder.own(*values)
    except Rejected as error:
        raise _in_record(error) from None
    except ValueError:
        raise Rejected("", "holds a value that its schema does not") from None
    for name, value in zip(encoder.own_fields, values, strict=True):
        if name not in JSON_FIELDS and value != event[name]:
            raise Rejected(name, NOT_AS_WRITTEN)


def _check_envelope(event: Event) -> None:
    for name in ("event_id", "store_id"):
        if canonical_uuid(name, event[name]) != event[name]:
            raise Rejected(name, NOT_AS_WRITTEN)
    session = event["session_id"]
    if session is not None and is_session(session) is None:
        raise Rejected("session_id", "wants 1 to 128 letters, digits, - or _")
    if event["visitor_id"] == "":
        raise Rejected("visitor_id", NOT_AS_WRITTEN)
    if is_correlation(event["correlation_id"]) is None:
        raise Rejected("correlation_id", "wants 1 to 64 letters, digits, . _ or -")
    _check_times(event["occurred_at"], event["received_at"])
    if "public_id" in event and _is_public_id(event["public_id"]) is None:
        raise Rejected("public_id", "is no cart-event-<time>-<7 of a-z0-9>")
    if event["ip"] is not None and canonical_ip(event["ip"]) != event["ip"]:
        raise Rejected("ip", "is no address")
    if event["country"] is not None and _is_country(event["country"]) is None:
        raise Rejected("country", "is no ISO 3166-1 alpha-2 country")
    for name, most in (("user_agent", USER_AGENT_CHARACTERS), ("bot_reason", SHORT_CHARACTERS)):
        text = event[name]
        if text == "" or len(text or "") > most:
            raise Rejected(name, f"wants 1 to {most} characters")


def _check_times(occurred: int, received: int) -> None:
    if not CALENDAR[0] <= received < CALENDAR[1]:
        raise Rejected("received_at", "is no time from 2000 to 2099")
    if occurred > received + FURTHEST_AHEAD_MS:
        raise Rejected("occurred_at", "is more than 24 hours ahead of received_at")
    if occurred < received - FURTHEST_BACK_MS:
        raise Rejected("occurred_at", "is more than 30 days before received_at")


def _in_record(error: Rejected) -> Rejected:
    """The same with the field as the record calls it: a cart's beacon and a heatmap's kind are
    named otherwise."""
    name = re.sub(r"(?<=[a-z])([A-Z])", lambda m: f"_{m[1].lower()}", error.field)
    path = "kind" if name == "type" else name
    first, _, rest = path.partition(".")
    return Rejected(
        rest if first == "event_data" and rest in _ORDER_OF_PURCHASE else path, error.reason
    )


def _object(name: str, text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise Rejected(name, "is no JSON") from None
    if not isinstance(value, dict) or not value:
        raise Rejected(name, "is no JSON object with something in it")
    return value


def _envelope(event: Event) -> dict[str, Any]:
    return {"session_id": event["session_id"], "visitor_id": event["visitor_id"]}


def _activity(event: Event) -> dict[str, Any]:
    names = (
        "activity_type", "page_url", "referrer", "product_id", "product_name", "search_query",
        "quantity", "value", "currency",
    )  # fmt: skip
    own = {name: event[name] for name in names}
    return _envelope(event) | own | {"metadata": _object("metadata", event["metadata"])}


def _heatmap(event: Event) -> dict[str, Any]:
    names = (
        "page_url", "x", "y", "viewport_width", "viewport_height", "document_height", "selector",
        "element_x", "element_y", "scroll_depth", "dwell_ms",
    )  # fmt: skip
    own = {name: event[name] for name in names}
    device = None if event["device"] == "unknown" else event["device"]
    return _envelope(event) | own | {"type": event["kind"], "device": device}


def _cart(event: Event) -> dict[str, Any]:
    names = (
        "store_name", "product_id", "variant_id", "product_title", "product_url",
        "generated_image_url", "person_image_url", "clothing_image_url", "customer_email",
        "customer_first_name", "customer_last_name", "session_id", "visitor_id",
    )  # fmt: skip
    return {re.sub(r"_([a-z])", lambda m: m[1].upper(), name): event[name] for name in names}


def _landing(event: Event) -> dict[str, Any]:
    data = _object("event_data", event["event_data"])
    if event["event_type"] == "Purchase":
        value = None if event["value"] is None else str(event["value"])
        told = {"value": value, "currency": event["currency"], "order_id": event["order_id"]}
        for name in told:
            if name in (data or {}):
                raise Rejected(f"event_data.{name}", "has a field of its own")
        data = (data or {}) | told
    return _envelope(event) | {
        "event_type": event["event_name"],
        "landing_page_id": event["landing_page_id"],
        "campaign_id": event["campaign_id"],
        "event_data": data,
        "screen_resolution": event["screen_resolution"],
        "metadata": _object("metadata", event["metadata"]),
    }


_BEACONS: dict[str, Callable[[Event], dict[str, Any]]] = {
    "activity": _activity,
    "heatmap": _heatmap,
    "cart": _cart,
    "landing": _landing,
}
