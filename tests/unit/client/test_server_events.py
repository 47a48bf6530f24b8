"""What a shop's server tells of orders, usage and campaigns: bodies, keys, and what a batch holds.

The gateway's own types read each body, so that a field that it does not know fails here.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from storepulse.client import ClientStats, Problem, Storepulse
from storepulse.client.batches import batches_of
from storepulse.client.encoding import QueuedEvent
from storepulse.streams.campaign.beacon import CampaignBeacon
from storepulse.streams.order.beacon import OrderBeacon
from storepulse.streams.usage.beacon import UsageBeacon

STORE = "455ab1b8-00f7-5739-9f25-da83c77c9263"
BEACONS: dict[str, Any] = {
    "order": OrderBeacon,
    "usage": UsageBeacon,
    "campaign": CampaignBeacon,
}


class Calls:
    """A client whose events are kept instead of sent."""

    def __init__(self) -> None:
        self.client = Storepulse("http://127.0.0.1:9", "ssk_a", store_id=STORE, exit_seconds=0)
        self.events: list[QueuedEvent] = []
        self.client._outbox.put = (  # type: ignore[method-assign]
            lambda event: self.events.append(event) is None
        )

    def body(self, stream: str) -> dict[str, Any]:
        """The only event, which is of that stream and which the gateway reads."""
        (event,) = self.events
        assert event.stream == stream
        msgspec.json.decode(event.body, type=BEACONS[stream])
        body: dict[str, Any] = json.loads(event.body)
        return body


@pytest.fixture
def calls() -> Calls:
    return Calls()


def test_an_order_says_what_it_was_given(calls: Calls) -> None:
    event_id = calls.client.order_event(
        "paid", 1001, order_name="#1001", value=Decimal("49.90"), currency="EUR", channel="web",
        ordered_at=datetime(2026, 11, 28, 21, 13, 30, tzinfo=UTC), customer_id=7,
        items=[{"product_id": 42, "quantity": 2, "price": "24.95"}], metadata={"till": "b"},
    )  # fmt: skip
    body = calls.body("order")
    assert body.pop("timestamp") > 1_600_000_000_000
    assert body == {
        "event_id": event_id, "store_id": STORE, "event_type": "paid", "order_id": "1001",
        "order_name": "#1001", "value": "49.90", "currency": "EUR", "channel": "web",
        "ordered_at": "2026-11-28T21:13:30+00:00", "customer_id": 7,
        "items": [{"product_id": 42, "quantity": 2, "price": "24.95"}], "metadata": {"till": "b"},
    }  # fmt: skip


def test_each_word_on_an_order_is_one_of_its_own(calls: Calls) -> None:
    """A later amount, and a later total of refunds, must not pass for what was told before."""
    ids = [
        calls.client.order_event("paid", 1001, value="49.90", currency="EUR"),
        calls.client.order_event("paid", 1001, value="39.90", currency="EUR"),
        calls.client.order_event("refunded", 1001, refunded="5"),
        calls.client.order_event("refunded", 1001, refunded="9"),
        calls.client.order_event("refunded", 1001, refund_id=1, refund_value="5"),
    ]
    assert None not in ids
    assert len(set(ids)) == 5
    assert [event.id for event in calls.events] == ids


def test_a_key_of_ones_own_stands_instead_of_an_id(calls: Calls) -> None:
    key = calls.client.order_event("paid", "a-1", idempotency_key="order-a-1-paid")
    assert key == "order-a-1-paid"
    body = calls.body("order")
    assert body["idempotency_key"] == key
    assert "event_id" not in body


def test_usage_says_its_meter_and_quantity(calls: Calls) -> None:
    event_id = calls.client.usage("sms_sent", Decimal("1.5"), metadata={"country": "DE"})
    body = calls.body("usage")
    del body["timestamp"]
    assert body == {
        "event_id": event_id, "store_id": STORE, "meter": "sms_sent", "quantity": "1.5",
        "metadata": {"country": "DE"},
    }  # fmt: skip


def test_two_equal_uses_are_two(calls: Calls) -> None:
    assert calls.client.usage("sms_sent", 1) != calls.client.usage("sms_sent", 1)


def test_a_campaigns_event_says_whose_it_is(calls: Calls) -> None:
    event_id = calls.client.campaign_event(
        "ORDER_PAID", "summer-2026", "t-4f81", order_id=1001, value="49.90", currency="EUR",
        consent={"analytics": "granted"},
    )  # fmt: skip
    body = calls.body("campaign")
    del body["timestamp"]
    assert body == {
        "event_id": event_id, "store_id": STORE, "event": "ORDER_PAID",
        "campaign_id": "summer-2026", "tracking_id": "t-4f81", "order_id": 1001,
        "value": "49.90", "currency": "EUR", "consent": {"analytics": "granted"},
    }  # fmt: skip


def test_each_goes_to_its_own_path(calls: Calls) -> None:
    calls.client.order_event("created", 1)
    calls.client.usage("sms_sent", 1)
    calls.client.campaign_event("WEBAPP_OPEN", "c", "t")
    batches = {batch.path: json.loads(batch.body) for batch in batches_of(calls.events, 100)}
    assert set(batches) == {"/api/orders/batch", "/api/usage", "/collect"}
    assert [len(body["events"]) for body in batches.values()] == [1, 1, 1]
    assert batches["/collect"]["stream"] == "campaign"
    assert "stream" not in batches["/api/usage"]


@pytest.mark.parametrize(
    ("name", "arguments", "named"),
    [
        ("order_event", ("paid", " "), {}),
        ("order_event", ("paid",), {}),
        ("order_event", ("paid", 1), {"metadata": {"a": object()}}),
        ("usage", ("sms_sent",), {}),
        ("usage", ("sms_sent", float("nan")), {}),
        ("campaign_event", ("WEBAPP_OPEN", "c"), {}),
        ("campaign_event", ("WEBAPP_OPEN", "c", "t"), {"timestamp": "yesterday"}),
    ],
)
def test_a_mistake_never_raises(
    name: str, arguments: tuple[Any, ...], named: dict[str, Any]
) -> None:
    told: list[Problem] = []
    client = Storepulse("http://127.0.0.1:9", "ssk_a", on_error=told.append, exit_seconds=0)
    assert getattr(client, name)(*arguments, **named) is None
    client.close(10)
    assert client.stats() == ClientStats(0, 0, 0, 1, 0)
    assert [problem.kind for problem in told] == ["bad_arguments"]
