"""What the demo says that its Segment messages become is what the gateway makes of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from storepulse.contracts.encoder import encoder_of
from storepulse.demo.beacons import BeaconRequest
from storepulse.demo.traffic import Plan, visitors
from storepulse.domain.envelope import stated_ms
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.segment.batches import batches_of
from storepulse.gateway.segment.calls import read_call
from storepulse.streams.beacon import Rules
from storepulse.streams.registry import STREAMS

START = 1_795_240_800_000
ACTIVITY = STREAMS["activity"].input
DECODINGS = {"activity": Decoding(ACTIVITY, 500)}


def requests() -> list[BeaconRequest]:
    plan = Plan(seed=5, start=START, trusted=True)
    return [r for v in visitors(plan, 6_000) for r in v.requests if r.is_of_segment]


def test_each_message_becomes_its_event() -> None:
    kinds = set()
    for request in requests():
        call = read_call(None, request.body())
        batch = batches_of(call, DECODINGS, lambda _: {}, is_trusted=True)["activity"]
        assert batch.bad == []
        for beacon, entry in zip(batch.beacons, request.entries, strict=True):
            assert entry.event is not None
            kinds.add(entry.kind)
            values = ACTIVITY.own(beacon, Rules())
            own: dict[str, Any] = dict(zip(encoder_of("activity").own_fields, values, strict=True))
            own["value"] = None if own["value"] is None else Decimal(own["value"])
            told = {name: entry.event[name] for name in own if name in entry.event}
            told["value"] = None if told["value"] is None else Decimal(told["value"])
            told["activity_type"] = entry.kind
            assert {name: own[name] for name in told} == told
            assert beacon.session_id == entry.event["session_id"]
            assert beacon.visitor_id == entry.event["visitor_id"]
            assert stated_ms(beacon.timestamp) == entry.event["occurred_at"]
    assert kinds == {
        "page_view", "product_view", "search", "custom", "add_to_cart", "checkout_start",
        "purchase",
    }  # fmt: skip


def test_some_come_again_and_none_is_spoilt() -> None:
    outcomes = {entry.outcome for request in requests() for entry in request.entries}
    assert outcomes == {"fresh", "duplicate"}


def test_who_has_no_secret_key_sends_none() -> None:
    plan = Plan(seed=5, start=START)
    assert not [r for v in visitors(plan, 2_000) for r in v.requests if r.is_of_segment]
