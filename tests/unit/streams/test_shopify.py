"""Shopify's webhooks as order beacons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.streams.shopify_bodies import MUG, SHIRT, order_body, refund_body

from storepulse.domain.errors import Rejected
from storepulse.streams.beacon import Rules
from storepulse.streams.order.beacon import INPUT, OrderBeacon
from storepulse.streams.order.shopify import (
    ATTRIBUTES,
    ORDER_TOPICS,
    REFUND_TOPIC,
    beacons_of,
    beacons_of_webhook,
)
from storepulse.streams.stream import SignedCall

_ITEMS = [
    {"product_id": "7513594", "name": "Linen shirt", "quantity": 2, "price": "80.00"},
    {"product_id": "632910392", "name": "Mug", "quantity": 1, "price": "19.94"},
]


def accepted(beacon: dict[str, Any]) -> tuple[Any, ...]:
    """The stream's own values, by the gateway's rules."""
    return INPUT.own(msgspec.convert(beacon, OrderBeacon), Rules())


def test_a_new_order_is_told_in_full() -> None:
    assert beacons_of("orders/create", order_body()) == [
        {
            "event_type": "created",
            "timestamp": "2026-11-02T10:00:00-05:00",
            "order_id": "450789469",
            "order_name": "#1001",
            "ordered_at": "2026-11-02T09:59:58-05:00",
            "currency": "USD",
            "channel": "web",
            "customer_id": "207119551",
            "customer_email": "Jane@Example.com",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0",
            "session_id": "s-5f0c2a",
            "visitor_id": "v-81c1",
            "landing_page_id": "lp-sale",
            "campaign_id": "fall",
            "value": "199.94",
            "items": _ITEMS,
            "metadata": {
                "landing_site": "/pages/sale?utm_source=news",
                "referring_site": "https://news.example/",
            },
        }
    ]


@pytest.mark.parametrize(
    ("topic", "status", "kind"),
    [
        ("orders/create", "pending", "created"),
        ("orders/create", "authorized", "created"),
        ("orders/create", "partially_paid", "created"),
        ("orders/create", "paid", "paid"),
        ("orders/updated", "paid", "paid"),
        ("orders/updated", "partially_refunded", "paid"),
        ("orders/updated", "refunded", "paid"),
        ("orders/updated", "voided", "created"),
        ("orders/paid", "pending", "paid"),
        ("orders/updated", None, "created"),
    ],
)
def test_an_order_is_paid_when_its_body_says_so(topic: str, status: Any, kind: str) -> None:
    assert beacons_of(topic, order_body(financial_status=status))[0]["event_type"] == kind


def test_an_update_is_told_at_its_own_time() -> None:
    (beacon,) = beacons_of("orders/updated", order_body(total_price="250.00"))
    assert beacon["timestamp"] == "2026-11-02T10:00:01-05:00"
    assert beacon["ordered_at"] == "2026-11-02T09:59:58-05:00"
    assert beacon["value"] == "250.00"


def test_an_order_tells_its_refunds_and_its_end_again() -> None:
    body = order_body(
        financial_status="refunded", refunds=[refund_body()], cancelled_at="2026-11-06T09:00:00Z"
    )
    told = beacons_of("orders/updated", body)
    assert [beacon["event_type"] for beacon in told] == ["paid", "refunded", "cancelled"]
    assert told[1]["refund_id"] == "509562969"
    assert told[1]["order_name"] == "#1001"
    assert {beacon["timestamp"] for beacon in told} == {"2026-11-02T10:00:01-05:00"}
    assert told[2].get("value") is None


def test_a_refund_is_what_was_paid_back_with_what_came_back() -> None:
    assert beacons_of("refunds/create", refund_body()) == [
        {
            "event_type": "refunded",
            "timestamp": "2026-11-05T08:00:00-05:00",
            "order_id": "450789469",
            "currency": "USD",
            "refund_id": "509562969",
            "refund_value": "80.00",
            "items": [
                {"product_id": "7513594", "name": "Linen shirt", "quantity": 1, "price": "80.00"}
            ],
        }
    ]


def test_a_refund_without_money_is_none() -> None:
    assert beacons_of("refunds/create", refund_body(transactions=[])) == []


def test_a_refund_in_another_currency_than_its_orders_does_not_count() -> None:
    told = beacons_of("orders/updated", order_body(currency="EUR", refunds=[refund_body()]))
    assert [beacon["event_type"] for beacon in told] == ["created"]


def test_test_orders_and_other_topics_are_none() -> None:
    assert beacons_of("orders/create", order_body(test=True)) == []
    assert beacons_of("orders/fulfilled", order_body()) == []


@pytest.mark.parametrize(
    ("topic", "field"), [("orders/create", "id"), ("refunds/create", "order_id")]
)
def test_a_body_without_an_order_is_refused(topic: str, field: str) -> None:
    with pytest.raises(Rejected) as refused:
        beacons_of(topic, order_body() | refund_body() | {field: None})
    assert refused.value.field == field


def test_a_long_order_keeps_the_lines_of_most_worth() -> None:
    lines = [SHIRT | {"product_id": number, "price": f"{number}.00"} for number in range(1, 151)]
    (beacon,) = beacons_of("orders/create", order_body(line_items=[*lines, *lines]))
    assert [line["product_id"] for line in beacon["items"]] == [str(n) for n in range(150, 50, -1)]
    assert {line["quantity"] for line in beacon["items"]} == {4}
    assert beacon["metadata"]["lines_left_out"] == 50
    accepted(beacon)


@pytest.mark.parametrize(
    "odd",
    [
        {"email": "no address"}, {"currency": "???"}, {"total_price": "-1"}, {"total_price": {}},
        {"total_price": "1e99"}, {"processed_at": "yesterday", "created_at": None},
        {"line_items": "none"}, {"line_items": [None, MUG | {"price": None}]},
        {"line_items": [MUG | {"product_id": None}, MUG | {"quantity": True}]},
        {"customer": None}, {"customer": {"id": True}}, {"name": "x" * 300},
        {"note_attributes": [None, {"name": ["a"], "value": 1},
                             {"name": "storepulse_session_id", "value": "not a session"}]},
        {"client_details": [], "source_name": 580111}, {"refunds": [None, {"id": 7}]},
        {"landing_site": "/\0", "referring_site": 4}, {"name": "a\0b"},
    ],
)  # fmt: skip
def test_what_cannot_be_read_of_an_order_does_not_cost_it(odd: dict[str, Any]) -> None:
    told = beacons_of("orders/create", order_body(**odd))
    assert [accepted(beacon)[1] for beacon in told] == ["450789469"]


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "value", "amount", "price", "quantity", "product_id"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(
    topic=st.sampled_from((*ORDER_TOPICS, REFUND_TOPIC)),
    odd=st.dictionaries(
        st.sampled_from(sorted({*order_body(), *refund_body()} - {"id", "order_id"})), _ANYTHING
    ),
)
def test_any_body_that_names_its_order_makes_beacons_that_the_gateway_takes(
    topic: str, odd: dict[str, Any]
) -> None:
    for beacon in beacons_of(topic, order_body() | refund_body() | odd):
        accepted(beacon)


def test_attributes_name_fields_of_the_beacon() -> None:
    assert set(ATTRIBUTES.values()) <= set(OrderBeacon.__struct_fields__)


def webhook(body: Any, **headers: str) -> list[dict[str, Any]]:
    """The beacons of a webhook that came on 3 November 2026."""
    now = datetime(2026, 11, 3, tzinfo=UTC).timestamp()
    return beacons_of_webhook(SignedCall("/webhooks/shopify", headers, body, now))


def test_a_topic_is_known_in_any_case_and_must_be_there() -> None:
    told = webhook(order_body(), **{"x-shopify-topic": " Orders/Create\t"})
    assert [beacon["event_type"] for beacon in told] == ["created"]
    with pytest.raises(Rejected, match="X-Shopify-Topic"):
        webhook(order_body())


@pytest.mark.parametrize("told_at", ["2026-09-01T00:00:00Z", "2026-11-05T00:00:01Z"])
def test_a_word_out_of_time_is_told_when_it_arrives(told_at: str) -> None:
    topic = {"x-shopify-topic": "orders/updated"}
    (late,) = webhook(order_body(updated_at=told_at), **topic)
    assert "timestamp" not in late
    (timely,) = webhook(order_body(), **topic)
    assert timely["timestamp"] == "2026-11-02T10:00:01-05:00"


@pytest.mark.parametrize("placed", ["1999-12-31T00:00:00Z", "9999-12-31T00:00:00Z"])
def test_an_order_of_another_century_is_an_order(placed: str) -> None:
    (told,) = beacons_of("orders/create", order_body(processed_at=placed, created_at=placed))
    assert "ordered_at" not in told
    accepted(told)


def test_the_body_says_whether_an_order_was_cancelled() -> None:
    """The topic is not signed."""
    told = beacons_of("orders/cancelled", order_body())
    assert [beacon["event_type"] for beacon in told] == ["created"]
