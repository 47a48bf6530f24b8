"""Shopify's webhooks as order beacons."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
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
    MOST_REFUNDS,
    NO_MONEY,
    ORDER_TOPICS,
    REFUND_TOPIC,
    TEST_ORDER,
    beacons_of,
    beacons_of_webhook,
)
from storepulse.streams.stream import Ignored, SignedCall

_ITEMS = [
    {"product_id": "7513594", "name": "Linen shirt", "quantity": 2, "price": "80.00"},
    {"product_id": "632910392", "name": "Mug", "quantity": 1, "price": "19.94"},
]


#: Money that went back.
SENT = {"kind": "refund", "status": "success", "amount": "80.00", "currency": "USD"}


def told_by(topic: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The beacons of a webhook that tells some."""
    told = beacons_of(topic, body)
    assert not isinstance(told, Ignored)
    return told


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
    assert told_by(topic, order_body(financial_status=status))[0]["event_type"] == kind


def test_an_update_is_told_at_its_own_time() -> None:
    (beacon,) = told_by("orders/updated", order_body(total_price="250.00"))
    assert beacon["timestamp"] == "2026-11-02T10:00:01-05:00"
    assert beacon["ordered_at"] == "2026-11-02T09:59:58-05:00"
    assert beacon["value"] == "250.00"


def test_an_order_tells_its_refunds_and_its_end_again() -> None:
    body = order_body(
        financial_status="refunded", refunds=[refund_body()], cancelled_at="2026-11-06T09:00:00Z"
    )
    told = told_by("orders/updated", body)
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


def test_what_tells_nothing_of_ours_says_why() -> None:
    assert beacons_of("orders/create", order_body(test=True)) == TEST_ORDER
    other = beacons_of("orders/fulfilled", order_body())
    assert isinstance(other, Ignored)
    assert all(topic in other.reason for topic in (*ORDER_TOPICS, REFUND_TOPIC))
    failed = {"kind": "refund", "status": "failure", "amount": "5.00", "currency": "USD"}
    for sent in ([], [failed], [SENT | {"test": True}], [SENT | {"kind": "void"}]):
        assert beacons_of("refunds/create", refund_body(transactions=sent)) == NO_MONEY


@pytest.mark.parametrize(
    ("topic", "field"), [("orders/create", "id"), ("refunds/create", "order_id")]
)
def test_a_body_without_an_order_is_refused(topic: str, field: str) -> None:
    with pytest.raises(Rejected) as refused:
        beacons_of(topic, order_body() | refund_body() | {field: None})
    assert refused.value.field == field


def test_a_long_order_keeps_the_lines_of_most_worth() -> None:
    lines = [SHIRT | {"product_id": number, "price": f"{number}.00"} for number in range(1, 151)]
    (beacon,) = told_by("orders/create", order_body(line_items=[*lines, *lines]))
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
        {"total_price": float("inf")}, {"customer": {"id": 10**5000}}, {"name": "#"},
        {"refunds": [refund_body(transactions=[SENT | {"amount": "999999999999"}] * 2)]},
        {"updated_at": "0001-01-01T00:00:00Z"}, {"created_at": "9999-12-31T23:59:59-12:00"},
    ],
)  # fmt: skip
def test_what_cannot_be_read_of_an_order_does_not_cost_it(odd: dict[str, Any]) -> None:
    told = told_by("orders/create", order_body(**odd))
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
    told = beacons_of(topic, order_body() | refund_body() | odd)
    for beacon in [] if isinstance(told, Ignored) else told:
        accepted(beacon)


def test_attributes_name_fields_of_the_beacon() -> None:
    assert set(ATTRIBUTES.values()) <= set(OrderBeacon.__struct_fields__)


def webhook(body: Any, **headers: str) -> list[dict[str, Any]]:
    """The beacons of a webhook that came on 3 November 2026."""
    now = datetime(2026, 11, 3, tzinfo=UTC).timestamp()
    told = beacons_of_webhook(SignedCall("/webhooks/shopify", headers, body, now))
    assert not isinstance(told, Ignored)
    return told


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


@pytest.mark.parametrize(
    "told_at", ["2026-11-02t10:00:01z", "2026-11-02 10:00:01Z", "2026-11-02T10:00:01.123456789Z"]
)
def test_a_time_in_any_form_of_rfc_3339_is_one(told_at: str) -> None:
    (told,) = webhook(order_body(updated_at=told_at), **{"x-shopify-topic": "orders/updated"})
    accepted(told)


@pytest.mark.parametrize("placed", ["1999-12-31T00:00:00Z", "9999-12-31T00:00:00Z"])
def test_an_order_of_another_century_is_an_order(placed: str) -> None:
    (told,) = told_by("orders/create", order_body(processed_at=placed, created_at=placed))
    assert "ordered_at" not in told
    accepted(told)


def test_the_body_says_whether_an_order_was_cancelled() -> None:
    """The topic is not signed."""
    told = told_by("orders/cancelled", order_body())
    assert [beacon["event_type"] for beacon in told] == ["created"]


def both(shop: str, paid: str) -> dict[str, Any]:
    """An amount as Shopify states it in two currencies."""
    return {
        "shop_money": {"amount": shop, "currency_code": "EUR"},
        "presentment_money": {"amount": paid, "currency_code": "USD"},
    }


IN_EUROS: dict[str, Any] = {"currency": "EUR", "presentment_currency": "USD"}
_LINE = {"line_item": SHIRT, "quantity": 1}


@pytest.mark.parametrize(
    ("order", "refund", "value"),
    [
        # The transaction says it in both.
        ({}, {"transactions": [SENT | {"amount": "5.50", "amount_set": both("5.00", "5.50")}]},
         "5.00"),
        ({}, {"transactions": [SENT | {"amount": "5.50", "amount_set": {"shop_money": {
            "amount": "5.00", "currency_code": "EUR"}}}]}, "5.00"),
        # The order does.
        ({"total_price_set": both("10.00", "11.00")},
         {"transactions": [SENT | {"amount": "5.50"}]}, "5.00"),
        # What came back does; the greatest amount is the least rounded.
        ({}, {"transactions": [SENT | {"amount": "5.55"}],
              "refund_line_items": [_LINE | {"subtotal_set": both("5.05", "5.55"),
                                             "total_tax_set": both("0.01", "0.02")}]}, "5.05"),
        # Some was paid in the shop's own.
        ({"total_price_set": both("10.00", "11.00")},
         {"transactions": [SENT | {"amount": "1.10"}, SENT | {"amount": "2", "currency": "EUR"}]},
         "3.00"),
    ],
)  # fmt: skip
def test_a_refund_counts_in_the_shops_currency(
    order: dict[str, Any], refund: dict[str, Any], value: str
) -> None:
    body = order_body(**IN_EUROS, **order, refunds=[refund_body(**refund)])
    told = told_by("orders/updated", body)[1]
    assert (Decimal(told["refund_value"]), told["currency"]) == (Decimal(value), "EUR")
    accepted(told)
    if not order:
        (alone,) = told_by("refunds/create", refund_body(**refund))
        assert (Decimal(alone["refund_value"]), alone["currency"]) == (Decimal(value), "EUR")


def test_a_refund_of_which_nobody_says_what_it_is_in_the_shops_currency_is_left_out() -> None:
    for order in ({}, {"total_price_set": both("0.00", "11.00")}, {"total_price_set": 5}):
        body = order_body(currency="EUR", refunds=[refund_body()], **order)
        assert [beacon["event_type"] for beacon in told_by("orders/updated", body)] == ["created"]


def test_money_without_minor_units_is_rounded_to_whole_ones() -> None:
    sets = {"shop_money": {"amount": "1500", "currency_code": "JPY"},
            "presentment_money": {"amount": "10.00", "currency_code": "USD"}}  # fmt: skip
    refund = refund_body(transactions=[SENT | {"amount": "3.33"}])
    body = order_body(currency="JPY", total_price_set=sets, refunds=[refund])
    assert told_by("orders/updated", body)[1]["refund_value"] == "500"


@pytest.mark.parametrize(
    ("total", "current", "paid_back", "value"),
    [
        ("40.00", None, "10.00", "40.00"),
        # Returned and paid back: taken off once.
        ("40.00", "30.00", "10.00", "40.00"),
        ("40.00", "0.00", "40.00", "40.00"),
        # Removed by an edit, and not paid back.
        ("40.00", "30.00", None, "30.00"),
        # Paid back, and nothing taken off the order.
        ("40.00", "40.00", "5.00", "40.00"),
        # Added by an edit, before and after some of it was paid back.
        ("40.00", "50.00", None, "50.00"),
        ("50.00", "40.00", "10.00", "50.00"),
        ("40.00", "-1", None, "40.00"),
        (None, "30.00", None, "30.00"),
    ],
)
def test_an_amount_is_what_the_order_came_to_before_refunds(
    total: str | None, current: str | None, paid_back: str | None, value: str
) -> None:
    refunds = [refund_body(transactions=[SENT | {"amount": paid_back}])] if paid_back else []
    body = order_body(total_price=total, current_total_price=current, refunds=refunds)
    first, *others = told_by("orders/updated", body)
    assert Decimal(first["value"]) == Decimal(value)
    assert [Decimal(each["refund_value"]) for each in others] == [
        Decimal(paid_back) for _ in refunds if paid_back
    ]


def test_lines_are_those_before_refunds_without_what_was_removed() -> None:
    lines = [SHIRT | {"quantity": 3, "current_quantity": 1}, MUG | {"current_quantity": 0}]
    came_back = {"line_item_id": SHIRT["id"], "line_item": lines[0], "quantity": 1}
    refunds = [
        refund_body(refund_line_items=[came_back]),
        # An edit's: nothing was paid back.
        refund_body(id=2, transactions=[], refund_line_items=[came_back | {"line_item": MUG}]),
    ]
    told = told_by("orders/updated", order_body(line_items=lines, refunds=refunds))
    assert [(item["product_id"], item["quantity"]) for item in told[0]["items"]] == [
        ("7513594", 2)
    ]  # fmt: skip
    assert [(item["product_id"], item["quantity"]) for item in told[1]["items"]] == [
        ("7513594", 1)
    ]  # fmt: skip


def test_an_order_with_more_refunds_than_a_batch_holds_tells_their_total() -> None:
    sent = [SENT | {"amount": "0.10"}]
    refunds = [refund_body(id=number, transactions=sent) for number in range(1, 602)]
    order, total, *last, cancelled = told_by(
        "orders/updated", order_body(refunds=refunds, cancelled_at="2026-11-06T09:00:00Z")
    )
    assert (order["event_type"], cancelled["event_type"]) == ("created", "cancelled")
    assert (Decimal(total["refunded"]), total.get("refund_id")) == (Decimal("60.1"), None)
    numbers = [int(beacon["refund_id"]) for beacon in last]
    assert numbers == list(range(602 - MOST_REFUNDS, 602))
    for beacon in (total, *last):
        accepted(beacon)


def test_a_refund_that_stands_twice_counts_once() -> None:
    body = order_body(current_total_price="119.94", refunds=[refund_body(), refund_body()])
    first, *refunds = told_by("orders/updated", body)
    assert (Decimal(first["value"]), len(refunds)) == (Decimal("199.94"), 1)
