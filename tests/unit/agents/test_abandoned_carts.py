"""What is told of a cart that was left behind, under which name and id."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.support.ingest_records import NOW_MS, STORE

from storepulse.agents.abandoned_carts import (
    MOST_PRODUCTS,
    CartChange,
    DueCart,
    due_at,
    holds_nothing,
    is_told,
    products_of,
    record_of,
)
from storepulse.agents.screening import offenders
from storepulse.contracts.decoder import decode
from storepulse.contracts.schemas import schema_of
from storepulse.exactness.model.events import moment

HOUR = timedelta(hours=1)
NOW = moment(NOW_MS)
STEP = "5d2b9c1f-3a64-4e0b-8f57-6c1d2e3f4a5b"
CART = DueCart(
    store_id=STORE,
    session_id="s-1",
    step_word=f"{NOW_MS:015d}:{STEP}:activity",
    step_received_at=NOW,
    added_at=NOW,
    checkout_at=None,
    purchased_at=None,
    visitor_id="v-1",
    customer_id="c-1",
    email_hash="8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d",
    country="DE",
    consent_analytics="granted",
    consent_marketing="denied",
    delay=HOUR,
    has_order=False,
)


def added(product: str | None = "p-1", quantity: int = 1, **fields: Any) -> CartChange:
    values: dict[str, Any] = {
        "stream": "activity", "is_removal": False, "product_id": product, "product_name": "Mug",
        "quantity": quantity, "value": Decimal("9.90") * quantity, "currency": "EUR",
        "page_url": "https://shop.example/mug",
    }  # fmt: skip
    return CartChange(**values | fields)


def removed(product: str, quantity: int = 1) -> CartChange:
    return added(product, quantity, is_removal=True, value=None)


def in_cart_stream(product: str | None = "p-1") -> CartChange:
    return added(product, stream="cart", value=None, currency=None)


def told(cart: DueCart, *events: CartChange) -> dict[str, Any]:
    """The event of a cart, read as the agents read it; the screen passes it."""
    key, value, headers = record_of(cart, events, NOW + HOUR, NOW + HOUR)
    decoding = decode(schema_of("activity"), [value], [key])
    assert not decoding.bad
    assert offenders("activity", decoding.frame) == {}
    assert key == cart.session_id.encode()
    event = decoding.frame.to_dicts()[0]
    assert dict(headers)["event_id"] == event["event_id"].encode() == cart.event_id.encode()
    return event


def test_the_later_step_of_the_funnel_names_the_event() -> None:
    assert CART.name == "cart_abandoned"
    began = replace(CART, checkout_at=NOW - HOUR)
    assert began.name == "checkout_abandoned"
    assert replace(began, purchased_at=NOW - HOUR / 2).name == "cart_abandoned"
    assert replace(began, purchased_at=NOW - 2 * HOUR).name == "checkout_abandoned"


def test_the_id_is_of_store_session_and_last_step_alone() -> None:
    same = replace(CART, checkout_at=NOW, visitor_id=None, customer_id=None, delay=2 * HOUR)
    assert same.event_id == CART.event_id
    assert CART.event_id[14] == "5"
    others = [
        replace(CART, session_id="s-2"),
        replace(CART, store_id=STEP),
        replace(CART, step_word=f"{NOW_MS:015d}:{STEP}:cart"),
        replace(CART, step_word=f"{NOW_MS:015d}:{STEP.replace('5d', '6d')}:activity"),
    ]
    assert len({cart.event_id for cart in (CART, *others)}) == 5


def test_a_cart_is_due_by_the_setting_of_now() -> None:
    assert due_at(CART) == NOW + HOUR
    assert due_at(replace(CART, delay=None)) is None


def test_nothing_is_told_of_what_was_ordered_or_left_a_day_ago() -> None:
    day = timedelta(hours=24)
    assert is_told(CART, NOW + day)
    assert not is_told(CART, NOW + day + timedelta(milliseconds=1))
    assert not is_told(replace(CART, has_order=True), NOW + HOUR)


def test_products_are_adds_less_removals() -> None:
    events = [added("p-1", 3), added("p-2"), removed("p-1"), removed("p-2"), added("p-3", 2)]
    found = [(p.product_id, p.quantity, p.value) for p in products_of(events)]
    assert found == [("p-1", 2, Decimal("19.8000")), ("p-3", 2, Decimal("19.8000"))]


def test_what_both_streams_tell_counts_once() -> None:
    events = [added("p-1", 2), in_cart_stream("p-1"), in_cart_stream("p-2"), in_cart_stream("p-2")]
    found = [(p.product_id, p.quantity, p.value) for p in products_of(events)]
    assert found == [("p-1", 2, Decimal("19.8000")), ("p-2", 2, None)]
    assert products_of([in_cart_stream("p-1"), added("p-1", 2)])[0].quantity == 2


def test_a_cart_holds_nothing_where_all_is_known_to_be_out() -> None:
    assert holds_nothing([added("p-1"), removed("p-1")])
    assert not holds_nothing([added("p-1"), removed("p-2")])
    assert not holds_nothing([added(None), added("p-1"), removed("p-1")])
    assert not holds_nothing([in_cart_stream(None)])
    assert not holds_nothing([])


def test_an_add_of_no_piece_puts_nothing_into_a_cart() -> None:
    assert holds_nothing([added("p-1", 0)])
    assert holds_nothing([added(None, 0), added("p-1"), removed("p-1")])
    assert not holds_nothing([added("p-1", 0), added("p-2")])
    events = [added("p-1", 2), added("p-1", 0, value=None, currency=None, product_name=None)]
    for order in (events, events[::-1]):
        found = [(p.name, p.quantity, p.value, p.currency) for p in products_of(order)]
        assert found == [("Mug", 2, Decimal("19.8000"), "EUR")]


def test_the_event_says_what_a_reminder_needs() -> None:
    event = told(CART, added("p-1", 2), added("p-2", 1, value=Decimal("0.333"), page_url=None))
    stated = {
        "activity_type": "custom", "name": "cart_abandoned", "source": "server", "is_bot": False,
        "visitor_id": "v-1", "customer_id": "c-1", "email_hash": CART.email_hash, "country": "DE",
        "consent_analytics": "granted", "consent_marketing": "denied", "currency": "EUR",
        "value": Decimal("20.1330"), "quantity": 3, "page_url": "https://shop.example/mug",
        "occurred_at": NOW + HOUR, "priority": "normal",
    }  # fmt: skip
    assert {name: event[name] for name in stated} == stated
    assert json.loads(event["metadata"]) == {
        "derived": True,
        "abandoned_minutes": 60,
        "last_step": {"stream": "activity", "event_id": STEP, "at": "2026-11-21T06:00:00.000Z"},
        "products": [
            {
                "product_id": "p-1", "name": "Mug", "quantity": 2, "value": "19.8",
                "currency": "EUR",
            },
            {
                "product_id": "p-2", "name": "Mug", "quantity": 1, "value": "0.333",
                "currency": "EUR",
            },
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    "events",
    [
        [],
        [in_cart_stream(None)],
        [added("p-1"), added("p-2", value=None)],
        [added("p-1"), added("p-2", currency="USD")],
    ],
)
def test_a_total_that_is_not_known_is_left_out(events: list[CartChange]) -> None:
    event = told(CART, *events)
    assert (event["value"], event["currency"]) == (None, None)


def test_large_carts_and_odd_texts_are_told() -> None:
    long = [added(f"{'大' * 200}-{n}", 2**31 - 1, product_name="\u202e" * 1000) for n in range(200)]
    event = told(replace(CART, visitor_id=None, customer_id=None, email_hash=None), *long)
    assert len(json.loads(event["metadata"])["products"]) == MOST_PRODUCTS
    assert event["quantity"] == 2**31 - 1
