"""The demo's webhooks mean to the gateway what the manifest says of them."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest

from storepulse.demo.beacons import BeaconRequest
from storepulse.demo.disorder import disturb
from storepulse.demo.traffic import Plan, visitors
from storepulse.domain.envelope import stated_ms
from storepulse.streams.beacon import Rules
from storepulse.streams.order.beacon import OrderBeacon, own
from storepulse.streams.order.shopify import ORDER_TOPICS, REFUND_TOPIC, beacons_of
from storepulse.streams.stream import Ignored

START = 1_795_219_200_000
PLAN = Plan(2611, START, trusted=True, has_secrets=True)
#: Values of the stream's own, in the order of its schema.
OWN = (
    "event_type", "order_id", "order_name", "ordered_at", "value", "currency", "refunded",
    "refund_id", "refund_value", "channel", "landing_page_id", "campaign_id", "metadata",
    "customer_id", "email_hash", "items",
)  # fmt: skip
MONEY = ("value", "refunded", "refund_value")


@pytest.fixture(scope="module")
def webhooks() -> list[BeaconRequest]:
    return [r for v in visitors(PLAN, 8_000) for r in v.requests if r.webhook is not None]


def read(request: BeaconRequest) -> list[dict[str, Any]]:
    """The events that the gateway makes of a webhook's body."""
    assert request.webhook is not None
    events = []
    meant = beacons_of(request.webhook.topic, msgspec.json.decode(request.body()))
    assert not isinstance(meant, Ignored)
    for told in meant:
        beacon = msgspec.convert(told, OrderBeacon)
        values = dict(zip(OWN, own(beacon, Rules()), strict=True))
        del values["metadata"]
        assert beacon.timestamp is not None
        envelope = {
            "occurred_at": stated_ms(beacon.timestamp),
            "session_id": beacon.session_id,
            "visitor_id": beacon.visitor_id,
        }
        events.append(values | envelope)
    return events


def comparable(event: dict[str, Any], names: Any) -> dict[str, Any]:
    """The event with amounts that are equal however they are written."""
    found = {name: event[name] for name in names}
    if found.get("items"):
        lines = msgspec.json.decode(found["items"])
        found["items"] = [line | {"price": Decimal(line["price"])} for line in lines]
    return found | {name: found[name] and Decimal(found[name]) for name in MONEY}


def id_of(request: BeaconRequest) -> str:
    """The id that the gateway gives a webhook's first event."""
    assert request.webhook is not None
    digest = sha256(request.body()).hexdigest()
    name = f"order:secret:key:shopify:{request.webhook.webhook_id}:{digest}:0"
    return str(uuid5(UUID(request.webhook.store_id), name))


def test_the_events_of_each_webhook_are_those_that_the_gateway_reads(
    webhooks: list[BeaconRequest],
) -> None:
    for request in webhooks:
        stored = [entry.event for entry in request.entries if entry.event is not None]
        for event, of_gateway in zip(stored, read(request), strict=True):
            assert comparable(event, of_gateway) == comparable(of_gateway, of_gateway)


def test_every_kind_of_webhook_occurs_and_some_come_twice(webhooks: list[BeaconRequest]) -> None:
    ids = Counter(r.webhook.webhook_id for r in webhooks if r.webhook is not None)
    assert set(ids.values()) == {1, 2}
    topics = {r.webhook.topic for r in webhooks if r.webhook is not None}
    assert topics == {*ORDER_TOPICS, REFUND_TOPIC}
    sizes = Counter(len(request.entries) for request in webhooks)
    assert sizes.keys() == {1, 2}
    shops = {entry.store_id for request in webhooks for entry in request.entries}
    assert shops == {shop.store_id for shop in PLAN.stores() if shop.has_webhooks}
    others = Plan(2611, START, trusted=True)
    assert not [r for v in visitors(others, 2_000) for r in v.requests if r.webhook is not None]


def test_a_run_that_ends_within_a_webhook_tells_its_first_event_alone(
    webhooks: list[BeaconRequest],
) -> None:
    for request in deepcopy([r for r in webhooks if len(r.entries) == 2 and r.fresh == 2][:9]):
        before = read(request)
        request.cut(1)
        assert read(request) == before[:1]
        event = request.entries[0].event
        assert event is not None
        assert event["event_id"] == id_of(request)
        assert len(request.entries) == 1


def test_ids_are_of_the_webhook_and_its_body(webhooks: list[BeaconRequest]) -> None:
    for request in webhooks[:20]:
        event = request.entries[0].event
        assert event is not None
        assert event["event_id"] == id_of(request)


def test_a_webhook_is_repeated_as_a_whole_and_never_changed(webhooks: list[BeaconRequest]) -> None:
    first = next(r for r in webhooks if len(r.entries) == 2 and r.fresh == 2)
    sent = [r for seed in range(300) for r in disturb(Random(seed), [deepcopy(first)])]
    outcomes = Counter(tuple(entry.outcome for entry in request.entries) for request in sent)
    assert outcomes.keys() == {("fresh", "fresh"), ("duplicate", "duplicate")}
    assert {request.body() for request in sent} == {first.body()}
    assert {request.proof for request in sent} == {"shopify"}
