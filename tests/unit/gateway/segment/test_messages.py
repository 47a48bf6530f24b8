"""Which beacon a message of Segment's is: products, orders, people, and what is kept besides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from storepulse.domain.errors import Rejected
from storepulse.domain.event_meanings import table_of
from storepulse.gateway.segment.messages import Told, told_by

WHO = {"anonymousId": "anon-1", "messageId": "m-1"}
MUG = {"product_id": "mug", "name": "Mug", "price": 20, "quantity": 2}
CUP = {"sku": 7, "price": "9.90"}


def told(
    message: Any, kind: str | None = "track", *, is_trusted: bool = False, own: tuple[str, ...] = ()
) -> Told:
    return told_by(message, kind, names_of=lambda _: table_of(own), is_trusted=is_trusted)


def tracked(event: str, properties: Any = None, **more: Any) -> dict[str, Any]:
    """The fields of a beacon, but those of `WHO`."""
    message = {**WHO, "event": event, "properties": properties, **more}
    fields = told(message).fields
    shared = {"visitor_id": "anon-1", "session_id": "anon-1", "messageId": "m-1"}
    assert {name: fields.pop(name) for name in shared} == shared
    return fields


@pytest.mark.parametrize(
    ("event", "properties", "fields"),
    [
        ("Product Viewed", {"product_id": "mug", "name": "Mug", "price": 20.5, "currency": "eur"},
         {"activity_type": "product_view", "product_id": "mug", "product_name": "Mug",
          "value": "20.5", "currency": "EUR"}),
        ("Product Added", {**MUG, "brand": "B"},
         {"activity_type": "add_to_cart", "product_id": "mug", "product_name": "Mug",
          "quantity": 2, "value": "40", "metadata": {"price": 20, "brand": "B"}}),
        ("add_to_cart", {"value": 40, "currency": "EUR", "items": [{"item_id": "mug"}]},
         {"activity_type": "add_to_cart", "product_id": "mug", "value": "40", "currency": "EUR",
          "metadata": {"items": [{"item_id": "mug"}]}}),
        ("Product Removed", {"sku": 7, "quantity": "3", "price": "n/a"},
         {"activity_type": "remove_from_cart", "product_id": "7", "quantity": 3,
          "metadata": {"price": "n/a"}}),
        ("Checkout Started", {"order_id": 5, "value": 49.9, "currency": "EUR", "products": [MUG]},
         {"activity_type": "checkout_start", "order_id": "5", "value": "49.9", "currency": "EUR",
          "items": [{"product_id": "mug", "name": "Mug", "quantity": 2, "price": "20"}]}),
        ("Order Completed",
         {"order_id": "1001", "total": 49.9, "revenue": 40, "currency": "EUR",
          "products": [MUG, CUP], "coupon": "x", "email": "Jane@Example.com"},
         {"activity_type": "purchase", "order_id": "1001", "value": "49.9", "currency": "EUR",
          "items": [{"product_id": "mug", "name": "Mug", "quantity": 2, "price": "20"},
                    {"product_id": "7", "name": None, "quantity": 1, "price": "9.90"}],
          "customer_email": "Jane@Example.com",
          "metadata": {"revenue": 40, "coupon": "x"}}),
        ("purchase", {"transaction_id": "T1", "value": "1.5", "items": [{"item_id": "a"}]},
         {"activity_type": "purchase", "order_id": "T1", "value": "1.5",
          "metadata": {"items": [{"item_id": "a"}]}}),
        ("Products Searched", {"query": "mug", "hits": 3},
         {"activity_type": "search", "search_query": "mug", "metadata": {"hits": 3}}),
        ("page_view", {"page_title": "t", "page_location": "https://a.example/x"},
         {"activity_type": "page_view", "page_url": "https://a.example/x",
          "metadata": {"page_title": "t", "page_location": "https://a.example/x"}}),
        ("Product List Viewed", {"list_id": "l"},
         {"activity_type": "custom", "name": "Product List Viewed", "metadata": {"list_id": "l"}}),
        ("Order Refunded", {"order_id": "1001", "total": 5},
         {"activity_type": "custom", "name": "Order Refunded",
          "metadata": {"order_id": "1001", "total": 5}}),
        (" お気に入り ", {}, {"activity_type": "custom", "name": "お気に入り"}),
    ],
)  # fmt: skip
def test_what_is_tracked(event: str, properties: Any, fields: dict[str, Any]) -> None:
    assert tracked(event, properties) == fields


def test_lines_that_cannot_be_read_stay_and_cost_nothing() -> None:
    products = [MUG, "x", None, {"product_id": "a"}, {"price": 1}, {**CUP, "quantity": -1}]
    fields = tracked("Order Completed", {"products": products})
    assert [line["product_id"] for line in fields["items"]] == ["mug", "7"]
    assert fields["metadata"] == {"products": products}
    branded = [{**MUG, "brand": "B"}]
    whole = tracked("Order Completed", {"products": branded})
    assert (len(whole["items"]), whole["metadata"]) == (1, {"products": branded})
    many = tracked("Order Completed", {"products": [MUG] * 150})
    assert len(many["items"]) == 100
    assert len(many["metadata"]["products"]) == 150


@pytest.mark.parametrize(
    ("event", "properties", "fields"),
    [
        ("Order Refunded",
         {"order_id": "#1001", "total": 5, "currency": "EUR", "products": [MUG], "why": "late"},
         {"event_type": "refunded", "order_id": "#1001", "refund_id": "m-1", "refund_value": "5",
          "currency": "EUR", "metadata": {"why": "late"},
          "items": [{"product_id": "mug", "name": "Mug", "quantity": 2, "price": "20"}]}),
        ("refund", {"transaction_id": 7, "value": "1.50", "refund_id": "r1"},
         {"event_type": "refunded", "order_id": "7", "refund_id": "r1", "refund_value": "1.50"}),
        ("Order Cancelled", {"order_id": "1001"},
         {"event_type": "cancelled", "order_id": "1001"}),
        ("Order Updated", {"order_id": "1001", "total": 60},
         {"event_type": "created", "order_id": "1001", "value": "60"}),
    ],
)  # fmt: skip
def test_what_servers_tell_of_orders(event: str, properties: Any, fields: dict[str, Any]) -> None:
    message = {"userId": 42, "messageId": "m-1", "event": event, "properties": properties}
    found = told(message, is_trusted=True)
    assert found.stream == "order"
    assert found.fields == {"customer_id": "42", "messageId": "m-1", **fields}
    visited = told({**message, "anonymousId": "a"}, is_trusted=True).fields
    assert (visited["visitor_id"], visited["session_id"]) == ("a", "a")


@pytest.mark.parametrize(
    ("event", "properties", "field", "reason"),
    [
        ("Order Refunded", {"total": 5}, "properties.order_id", "Field is required"),
        ("Order Refunded", {"order_id": "1"}, "properties.total", "how much went back"),
        ("Order Cancelled", {"order_id": True}, "properties.order_id", "text or a whole number"),
        ("Order Completed", {"total": "much"}, "properties.total", "is not a number"),
        ("Order Completed", {"total": -1}, "properties.total", "is below 0"),
        ("Order Completed", {"total": 10**400}, "properties.total", "is not a price"),
        ("Order Completed", {"currency": "XXX"}, "properties.currency", "ISO 4217"),
        ("Order Completed", {"currency": 7}, "properties.currency", "must be text"),
        ("Order Completed", {"order_id": 2**63}, "properties.order_id", "out of range"),
        ("x", [1], "properties", "must be an object"),
        ("x" * 256, {}, "event", "longer than 255"),
        ("", {}, "event", "Field is required"),
        (" ", {}, "event", "must have 1 to 255"),
        (7, {}, "event", "must be text"),
        (None, {}, "event", "Field is required"),
    ],
)
def test_what_is_wrong_is_named(event: Any, properties: Any, field: str, reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        told({**WHO, "event": event, "properties": properties}, is_trusted=True)
    assert refused.value.field == field
    assert reason in refused.value.reason


def test_pages_and_screens_are_views() -> None:
    page = {"url": "https://shop.example/c", "referrer": "https://a.example/"}
    context = {"page": {**page, "path": "/c"}, "userAgent": "Firefox", "ip": "203.0.113.7"}
    properties = {**page, "title": "C", "url": "https://shop.example/d"}
    found = told({**WHO, "name": "Cups", "properties": properties, "context": context}, "page")
    assert found.address == "203.0.113.7"
    assert found.fields == {
        "visitor_id": "anon-1", "messageId": "m-1", "session_id": "anon-1",
        "user_agent": "Firefox", "activity_type": "page_view",
        "page_url": "https://shop.example/d", "referrer": "https://a.example/",
        "metadata": {"name": "Cups", "title": "C"},
    }  # fmt: skip
    assert told({**WHO, "name": "Home"}, "screen").fields["metadata"] == {"name": "Home"}
    local = told({**WHO, "context": {"page": {"url": "file:///x"}}}, "page").fields
    assert "page_url" not in local
    long = {"url": "https://a.example/p?" + "q" * 3_000}
    assert told({**WHO, "context": {"page": long}}, "page").fields["page_url"] == (
        "https://a.example/p"
    )


def test_people() -> None:
    traits = {"email": " Jane@Example.com ", "plan": "pro"}
    found = told({**WHO, "userId": "c-1", "traits": traits}, "identify").fields
    assert (found["name"], found["customer_id"], found["customer_email"], found["metadata"]) == (
        "identify", "c-1", "Jane@Example.com", {"plan": "pro"},
    )  # fmt: skip
    odd = told({"userId": 0, "traits": {"email": "n/a"}}, "identify").fields
    assert (odd["customer_id"], odd["metadata"]) == ("0", {"email": "n/a"})
    assert odd["session_id"].startswith("u-")
    assert "customer_email" not in odd
    group = told({**WHO, "groupId": 7, "traits": {"name": "G"}}, "group").fields
    assert (group["name"], group["metadata"]) == ("group", {"name": "G", "group_id": "7"})
    alias = told({"userId": "c-1", "previousId": "anon-9"}, "alias").fields
    assert (alias["name"], alias["visitor_id"], alias["customer_id"], alias["session_id"]) == (
        "alias", "anon-9", "c-1", "anon-9",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "message", "field"),
    [
        ("track", {"event": "x"}, "anonymousId"),
        ("track", {"event": "x", "anonymousId": "", "userId": None}, "anonymousId"),
        ("track", {"event": "x", "userId": 1.5}, "userId"),
        ("track", {"event": "x", "userId": ["a"]}, "userId"),
        ("track", {"event": "x", "userId": True}, "userId"),
        ("track", {"event": "x", "anonymousId": "x" * 256}, "anonymousId"),
        ("track", {**WHO, "event": "x", "messageId": {}}, "messageId"),
        ("track", {**WHO, "event": "x", "context": "x"}, "context"),
        ("track", {**WHO, "event": "x", "integrations": 1}, "integrations"),
        ("track", {**WHO, "event": "x", "timestamp": "soon"}, "timestamp"),
        ("track", {**WHO, "event": "x", "timestamp": True}, "timestamp"),
        ("track", {**WHO, "event": "x", "timestamp": "2026-13-01"}, "timestamp"),
        ("track", {**WHO, "event": "x", "originalTimestamp": {}}, "originalTimestamp"),
        ("identify", {**WHO, "traits": ["a"]}, "traits"),
        ("group", WHO, "groupId"),
        ("alias", {"userId": "c"}, "previousId"),
        ("alias", {"anonymousId": "a", "previousId": "b"}, "userId"),
        (None, WHO, "type"),
        (None, {**WHO, "type": "pulse"}, "type"),
        (None, {**WHO, "type": ["track"]}, "type"),
        ("track", [], ""),
        ("track", None, ""),
    ],
)
def test_what_is_no_message_is_named(kind: str | None, message: Any, field: str) -> None:
    with pytest.raises(Rejected) as refused:
        told(message, kind)
    assert refused.value.field == field


def test_nothing_that_only_describes_costs_the_event() -> None:
    message = {
        **WHO, "event": "x", "properties": [], "context": None, "traits": [], "sentAt": "soon",
        "integrations": {"All": False, "Storepulse": True},
    }  # fmt: skip
    assert told(message).fields["consent"] == {"marketing": "denied"}
    odd = {
        "page": 1,
        "userAgent": 5,
        "ip": [],
        "traits": "x",
        "consent": {"categoryPreferences": 1},
    }
    assert told({**WHO, "event": "x", "context": odd}).address is None


def moments(**stated: Any) -> tuple[Any, Any]:
    fields = told({**WHO, "event": "x", **stated}).fields
    return fields.get("timestamp"), fields.get("sent_at")


def test_the_clock_is_the_senders_unless_somebody_has_set_it() -> None:
    first, later = "2026-01-31T08:00:00.000Z", "2026-01-31T08:01:00.000Z"
    at = datetime(2026, 1, 31, 8, tzinfo=UTC)
    sent = datetime(2026, 1, 31, 8, 1, tzinfo=UTC)
    assert moments(timestamp=first, sentAt=later) == (at, sent)
    assert moments(originalTimestamp=first, sentAt=later) == (at, sent)
    assert moments(timestamp=first, originalTimestamp=first, sentAt=later) == (at, sent)
    assert moments(timestamp=first, originalTimestamp=later, sentAt=later) == (at, None)
    assert moments(sentAt=later) == (None, None)
    assert moments(timestamp="2026-01-31T08:00:00") == (at, None)
    assert moments(timestamp="1769846400000")[0] == moments(timestamp=1769846400000)[0]
    batch = told_by(
        {**WHO, "event": "x", "timestamp": first, "sentAt": first},
        "track", names_of=lambda _: {}, is_trusted=False, sent_at=later,
    )  # fmt: skip
    assert batch.fields["sent_at"] == sent


def test_sessions_are_stated_or_derived_and_tell_nobodys_id() -> None:
    def session(**stated: Any) -> str:
        found: str = told({"event": "x", **stated}).fields["session_id"]
        return found

    assert session(anonymousId="a", context={"sessionId": "s-1"}) == "s-1"
    ours = {"Storepulse": {"session_id": "mine"}}
    assert session(anonymousId="a", context={"sessionId": "s"}, integrations=ours) == "mine"
    numbered = {session(anonymousId=who, context={"sessionId": 170000}) for who in "ab"}
    assert len(numbered) == 2
    assert session(anonymousId="a b") == session(anonymousId="a b") != session(anonymousId="a c")
    assert "jane" not in session(userId="jane@example.com")
    assert session(anonymousId="a", userId="u") == "a"


@pytest.mark.parametrize(
    ("preferences", "consent"),
    [
        ({"Advertising": True, "Analytics": False},
         {"marketing": "granted", "analytics": "denied"}),
        ({"C0004": False, "Targeting": True}, {"marketing": "denied"}),
        ({"C0002": True, "Functional": True}, {"analytics": "granted"}),
        ({"analytics_storage": "granted", "ad_storage": "denied"},
         {"analytics": "granted", "marketing": "denied"}),
        ({"Analytics": 1, "Marketing": "maybe"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_consent_is_taken_where_it_is_stated(preferences: Any, consent: Any) -> None:
    context = {"consent": {"categoryPreferences": preferences}}
    assert told({**WHO, "event": "x", "context": context}).fields.get("consent") == consent


def test_a_visitor_may_have_no_address() -> None:
    nobodys = ".".join("0" * 4)
    assert told({**WHO, "event": "x", "context": {"ip": nobodys}}).address == ""
    assert told({**WHO, "event": "x", "context": {"ip": "home"}}).address is None
