"""The gateway's rules, applied to records that another program wrote to Kafka.

A beacon is rebuilt from the record and passed to the gateway's own validator. Its result must equal
the record, as if the gateway had written it. Times are compared with `received_at`, numbers with
the widest limits that a deployment may set, nothing with the clock or a setting. So a rebuild or a
replay gives the same result.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from storepulse.contracts.encoder import encoder_of
from storepulse.contracts.schemas import later_fields
from storepulse.domain.clients import USER_AGENT_CHARACTERS, canonical_ip
from storepulse.domain.emails import HASH_TEXT
from storepulse.domain.envelope import FURTHEST_AHEAD_MS, FURTHEST_BACK_MS
from storepulse.domain.errors import Rejected
from storepulse.domain.identity import canonical_uuid, is_correlation, is_session
from storepulse.streams.beacon import Input, Rules, Warned, replace_nuls
from storepulse.streams.heatmap.beacon import TALLEST
from storepulse.streams.registry import STREAMS
from storepulse.streams.wording import translated

#: Bounds of `received_at` in milliseconds: from 2000 to before 2100.
CALENDAR = (946_684_800_000, 4_102_444_800_000)


def _refuse(warned: Warned) -> None:
    """Refuse what the gateway would have dropped, since its records never contain it."""
    raise Rejected(*warned)


WIDEST = Rules(max_coordinate_y=TALLEST, warn=_refuse)
#: A record's fields after the stream's own ones; no beacon has further fields there.
_ENVELOPE_TAIL = frozenset(
    ("received_at", "source", "priority", "consent_analytics", "consent_marketing", "ip",
     "user_agent", "country", "is_bot", "bot_reason", "folded")
)  # fmt: skip
#: The limit of the envelope's texts that no beacon limits.
SHORT_CHARACTERS = 255

NOT_AS_WRITTEN = "is not in the form that the gateway writes"
NUL = "contains NUL"

_is_hash = re.compile(HASH_TEXT).fullmatch
_is_country = re.compile(r"[A-Z]{2}").fullmatch

Event = Mapping[str, Any]


def check(stream: str, event: Event) -> None:
    """Raise Rejected with field and reason if the gateway would not have written this record.

    `event` has the schema's fields, times as milliseconds, enums as text, decimals as Decimal.
    """
    for name, value in event.items():
        if isinstance(value, str) and "\0" in value:
            raise Rejected(name, NUL)
    _check_envelope(event)
    source = STREAMS[stream].input
    try:
        beacon: Any = msgspec.convert(source.beacon_of(event), source.beacon)
    except msgspec.ValidationError as error:
        raise _in_record(source, translated(error)) from None
    try:
        if replace_nuls(beacon):
            name = next((n for n in source.free_form if "\\u0000" in (event[n] or "")), "")
            raise Rejected(name, NUL)
        values = source.own(beacon, WIDEST)
        # Values that the types accept but Avro or PostgreSQL cannot store.
        encoder = encoder_of(stream)
        encoder.own(*values)
        _check_id(stream, event, beacon)
    except Rejected as error:
        raise _in_record(source, error) from None
    except ValueError:
        raise Rejected("", "holds a value that its schema does not") from None
    _check_values(stream, event, dict(zip(encoder.own_fields, values, strict=True)))


def _check_id(stream: str, event: Event, beacon: Any) -> None:
    """Raise Rejected if the event's id is not the derived one."""
    derived_id = STREAMS[stream].derived_id
    derived = None if derived_id is None else derived_id(event["store_id"], beacon)
    if derived not in (None, event["event_id"]):
        raise Rejected("event_id", "is not the id that follows from what the event says")


def _check_values(stream: str, event: Event, values: Mapping[str, Any]) -> None:
    """Raise Rejected if the record differs from its beacon's `values`."""
    source, later = STREAMS[stream].input, later_fields(stream)
    for name, value in values.items():
        if event[name] is None and name in later:
            continue  # written before the field existed
        if name in source.hashed:
            if event[name] is not None and _is_hash(event[name]) is None:
                raise Rejected(name, "is not a SHA-256 in lower-case hex")
        elif name not in source.free_form and value != event[name]:
            raise Rejected(name, NOT_AS_WRITTEN)
    for name in encoder_of(stream).tail_fields:
        if name not in _ENVELOPE_TAIL and event[name] is not None:
            raise Rejected(name, "is stated by no beacon of this stream")


def _check_envelope(event: Event) -> None:
    for name in ("event_id", "store_id"):
        if canonical_uuid(name, event[name]) != event[name]:
            raise Rejected(name, NOT_AS_WRITTEN)
    session = event["session_id"]
    if session is not None and is_session(session) is None:
        raise Rejected("session_id", "must be 1 to 128 letters, digits, - or _")
    if event["visitor_id"] == "":
        raise Rejected("visitor_id", NOT_AS_WRITTEN)
    if is_correlation(event["correlation_id"]) is None:
        raise Rejected("correlation_id", "must be 1 to 64 letters, digits, . _ or -")
    _check_times(event["occurred_at"], event["received_at"])
    if event["ip"] is not None and canonical_ip(event["ip"]) != event["ip"]:
        raise Rejected("ip", "is not an address")
    if event["country"] is not None and _is_country(event["country"]) is None:
        raise Rejected("country", "is not an ISO 3166-1 alpha-2 country")
    for name, most in (("user_agent", USER_AGENT_CHARACTERS), ("bot_reason", SHORT_CHARACTERS)):
        text = event[name]
        if text == "" or len(text or "") > most:
            raise Rejected(name, f"must have 1 to {most} characters")


def _check_times(occurred: int, received: int) -> None:
    if not CALENDAR[0] <= received < CALENDAR[1]:
        raise Rejected("received_at", "is not a time from 2000 to 2099")
    if occurred > received + FURTHEST_AHEAD_MS:
        raise Rejected("occurred_at", "is more than 24 hours ahead of received_at")
    if occurred < received - FURTHEST_BACK_MS:
        raise Rejected("occurred_at", "is more than 30 days before received_at")


def _in_record(source: Input, error: Rejected) -> Rejected:
    """Return the same error with the record's name for the field."""
    return Rejected(source.record_field(error.field), error.reason)
