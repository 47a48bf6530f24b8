"""Limits of plans at the enveloper: which events they stop, and what senders are told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from storepulse.access.keys import ApiKey
from storepulse.access.limit_table import JudgedLimits
from storepulse.adapters.settings import Settings
from storepulse.domain.plans import Level, ReachedLimit
from storepulse.gateway.call import Call
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.encoding.encoded import EncodedEvents
from storepulse.gateway.encoding.enveloper import Enveloper
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.names.database_names import DatabaseNames
from storepulse.gateway.names.new_name_limits import NewNameLimits
from storepulse.gateway.plan_limits import PlanLimited, refusal_of_limit, warning_line
from storepulse.streams.beacon import Rules
from storepulse.streams.registry import STREAMS

STORE = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
NOW, END = 1_767_268_800.0, 1_769_904_000.0
SENDER = RequestContext(1_767_268_800_412, "server", None, None, None, None, trusted=True)


def limit(meter: str, level: Level = "hard", end: float = END) -> ReachedLimit:
    return ReachedLimit("starter", meter, level, Decimal(10), Decimal(12), NOW - 100, end)


def encoded(
    stream: str, stores: tuple[str, ...], *limits: ReachedLimit, **more: Any
) -> EncodedEvents:
    """What becomes of a sample event of each store while the first store has reached these."""
    record = STREAMS[stream]
    names = NewNameLimits(Settings(), DatabaseNames())
    enveloper = Enveloper(record, Rules(), names)
    decoding = Decoding(record.input, 500)
    beacons = []
    for store in stores:
        envelope = {"store_id": store, "session_id": "s-1"}
        sent = record.sample(record.types.names[0], envelope) | more
        beacons += decoding.decode_one(msgspec.json.encode(sent)).beacons
    context = replace(SENDER, judged=JudgedLimits({STORE: limits}, NOW))
    return enveloper.encode_all(beacons, context)


def is_stopped(result: EncodedEvents) -> list[bool]:
    stopped = dict(result.refused)
    assert all(isinstance(error, PlanLimited) for error in stopped.values()), stopped
    return [at in stopped for at in range(len(result.ids))]


@pytest.mark.parametrize("stream", sorted(STREAMS))
@pytest.mark.parametrize("meter", ["event", "api_call", "storage_bytes"])
def test_a_meter_of_collection_stops_every_stream_of_that_store_alone(
    stream: str, meter: str
) -> None:
    result = encoded(stream, (STORE, OTHER, STORE.upper()), limit(meter))
    assert is_stopped(result) == [True, False, True]
    assert result.reached == (limit(meter),)


@pytest.mark.parametrize("stream", sorted(STREAMS))
def test_orders_are_stopped_by_their_own_meter(stream: str) -> None:
    assert is_stopped(encoded(stream, (STORE,), limit("order"))) == [stream == "order"]


@pytest.mark.parametrize(
    ("event_type", "more", "stops"),
    [
        ("created", {}, True),
        ("paid", {}, True),
        ("refunded", {"refunded": 5, "items": None}, False),
        ("cancelled", {}, False),
    ],
)
def test_refunds_and_cancellations_pass_the_limit_of_orders(
    event_type: str, more: dict[str, Any], *, stops: bool
) -> None:
    sent = {"event_type": event_type, **more}
    assert is_stopped(encoded("order", (STORE,), limit("order"), **sent)) == [stops]
    assert is_stopped(encoded("order", (STORE,), limit("event"), **sent)) == [True]


def test_a_shops_own_meter_stops_its_events_alone() -> None:
    for meter, stops in (("sms", True), ("mail", False)):
        assert is_stopped(encoded("usage", (STORE,), limit("sms"), meter=meter)) == [stops]
    assert is_stopped(encoded("activity", (STORE,), limit("sms"))) == [False]


def test_a_soft_limit_and_an_ended_period_stop_nothing() -> None:
    for harmless in (limit("event", "soft"), limit("event", end=NOW)):
        assert is_stopped(encoded("activity", (STORE,), harmless)) == [False]


def call_with(kind: str | None) -> Call:
    call = Call([], {}, None, "request", "203.0.113.7")
    if kind is not None:
        call.api_key = ApiKey(
            key_id=UUID(STORE), kind=kind, key_hash=b"", hint="k", store_id=None,
            scopes=["ingest"], origins=[], revoked=False,
        )  # type: ignore[arg-type] # as the tables hold it  # fmt: skip
    return call


def test_a_refusal_says_which_limit_until_when_and_what_to_do() -> None:
    refusal = refusal_of_limit(PlanLimited(limit("event"), END - 60), call_with("secret"))
    assert (refusal.status, refusal.code) == (402, "PLAN_LIMIT")
    assert dict(refusal.headers) == {b"retry-after": b"60"}
    assert refusal.details == {
        "meter": "event",
        "plan": "starter",
        "limit": "10",
        "used": "12",
        "periodEndsAt": "2026-02-01T00:00:00Z",
        "documentation": "docs/plans.md",
    }
    assert "Keep the events" in refusal.message


def test_a_page_learns_no_figures_of_its_shop() -> None:
    call = call_with("publishable")
    details = refusal_of_limit(PlanLimited(limit("event"), NOW), call).details or {}
    assert not {"limit", "used"} & set(details)
    assert warning_line([limit("event")], END - 5, call) == (
        'storepulse-plan-warning: "event";level=hard;reset=5\r\n'
    )


def test_a_warning_names_hard_limits_first_and_none_of_another_period() -> None:
    limits = [limit("a", "soft"), limit("b"), limit("c", end=NOW)]
    assert warning_line(limits, END - 5, call_with("secret")) == (
        'storepulse-plan-warning: "b";level=hard;used="12";limit="10";reset=5,'
        ' "a";level=soft;used="12";limit="10";reset=5\r\n'
    )
    assert warning_line([limit("c", end=NOW)], NOW, call_with(None)) == ""
