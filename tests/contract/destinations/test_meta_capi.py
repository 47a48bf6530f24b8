"""Meta's Conversions API against a server that behaves as Meta documents its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from tests.contract.destinations.harness import attempt, events_around, refused_field, serving
from tests.support import delivered_events
from tests.support.delivered_events import NOW, batch
from tests.support.http_messages import Reply
from tests.support.receiver import Receiver
from tests.support.vendors import Meta

from storepulse.destinations.kinds import KINDS
from storepulse.destinations.rules.meta_payload import normal_email, normal_name, normal_phone
from storepulse.destinations.rules.model import DeliveryOutcome, Destination, Event
from storepulse.streams.registry import STREAMS

KIND = KINDS["meta_capi"]
TO = Destination(
    "d-1", "meta", "meta_capi", secrets={"access_token": ["token"]}, streams=frozenset(STREAMS)
)


def event(stream: str = "activity", **changes: Any) -> Event:
    """With consent to marketing."""
    return delivered_events.event(stream, **{"consent_marketing": "granted", **changes})


def numbered(number: int, **changes: Any) -> Event:
    return delivered_events.numbered(number, **{"consent_marketing": "granted", **changes})


@pytest.fixture
def meta() -> Iterator[tuple[Meta, Receiver]]:
    with serving(Meta(NOW)) as served:
        yield served


async def send(server: Receiver, *events: Event, **config: Any) -> DeliveryOutcome:
    own = {"pixel_id": "1234567890", "endpoint": f"{server.url}/v23.0", **config}
    return await attempt(TO, batch(*events), **own)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def test_what_meta_keeps(meta: tuple[Meta, Receiver]) -> None:
    vendor, server = meta
    outcome = await send(server, event("activity"), event("cart", country="DE"))
    assert (outcome.verdict, outcome.status, outcome.error) == ("delivered", 200, "")
    assert server.requests[0].path == "/v23.0/1234567890/events"
    assert server.requests[0].query == {}  # the token is in no URL
    purchase = vendor.kept["Purchase", event().event_id]
    assert purchase["event_time"] == 1_767_268_800
    assert purchase["action_source"] == "website"
    assert purchase["event_source_url"] == "https://demo.example/checkout/thank-you"
    assert purchase["custom_data"]["value"] == 119.98
    assert purchase["custom_data"]["currency"] == "EUR"
    assert purchase["custom_data"]["contents"] == [{"id": "8123456789", "quantity": 2}]
    cart = vendor.kept["AddToCart", event("cart").event_id]
    user = cart["user_data"]
    assert user["em"] == [sha256("jane@example.com")]
    assert (user["fn"], user["ln"]) == ([sha256("jane")], [sha256("doe")])
    assert user["external_id"] == [sha256("v-7f3a")]
    assert user["country"] == [sha256("de")]
    assert user["client_ip_address"] == "203.0.113.7"
    assert user["client_user_agent"].startswith("Mozilla/5.0")
    assert "jane" not in server.requests[0].body.decode().lower()


async def test_a_repeat_counts_once(meta: tuple[Meta, Receiver]) -> None:
    vendor, server = meta
    await send(server, event())
    await send(server, event())
    assert len(vendor.requests) == 2
    assert list(vendor.kept) == [("Purchase", event().event_id)]


async def test_the_id_that_the_browsers_pixel_used(meta: tuple[Meta, Receiver]) -> None:
    vendor, server = meta
    own = {"eventID": "pixel-7", "_fbp": "fb.1.1596403881668.1116446470", "fbc": "fb.1.1.x",
           "phone": "+49 (0)151 234"}  # fmt: skip
    await send(server, event(metadata=json.dumps(own)))
    kept = vendor.kept["Purchase", "pixel-7"]
    assert kept["user_data"]["fbp"] == own["_fbp"]
    assert kept["user_data"]["fbc"] == "fb.1.1.x"
    assert kept["user_data"]["ph"] == [sha256("490151234")]


@pytest.mark.parametrize(
    ("order", "stated", "sent_id"),
    [
        ("1001", {}, "purchase:1001"),
        (" 1001 ", {}, "purchase:1001"),
        ("1001", {"eventID": "pixel-7"}, "pixel-7"),
        ("1" * 101, {}, None),
        ("1\t2", {}, None),
        # What the gateway took for no order's number, and left where it was.
        (None, {"order_id": {"id": 1}}, None),
        (None, {"order_id": "1001"}, None),
        (None, {}, None),
    ],
)
async def test_a_purchase_is_known_by_its_order(
    meta: tuple[Meta, Receiver], order: str | None, stated: dict[str, Any], sent_id: str | None
) -> None:
    vendor, server = meta
    await send(server, event(metadata=json.dumps(stated), order_id=order))
    assert list(vendor.kept) == [("Purchase", sent_id or event().event_id)]
    viewed = event(metadata=json.dumps(stated), order_id=order, activity_type="page_view")
    await send(server, viewed)
    own = stated.get("eventID", viewed.event_id)
    assert ("PageView", own) in vendor.kept


@pytest.mark.parametrize(
    ("changes", "click"),
    [
        ({"metadata": '{"fbclid": "AbC-9_"}'}, "fb.1.1767268800000.AbC-9_"),
        ({"page_url": "https://demo.example/?fbclid=XyZ"}, "fb.1.1767268800000.XyZ"),
        ({"metadata": '{"fbc": "fb.1.2.own", "fbclid": "AbC"}'}, "fb.1.2.own"),
        ({"metadata": '{"fbclid": "a b"}'}, None),
        ({"page_url": "https://[demo/?fbclid=XyZ"}, None),
        ({}, None),
    ],
)
async def test_the_click_that_led_to_the_shop(
    meta: tuple[Meta, Receiver], changes: dict[str, Any], click: str | None
) -> None:
    vendor, server = meta
    await send(server, event(**changes))
    ((_, kept),) = vendor.kept.items()
    assert kept["user_data"].get("fbc") == click


@pytest.mark.parametrize("stated", ["denied", "unknown"])
async def test_only_with_consent_to_marketing(meta: tuple[Meta, Receiver], stated: str) -> None:
    _, server = meta
    outcome = await send(server, event(consent_marketing=stated))
    assert outcome.verdict == "delivered"
    assert outcome.omissions == {event().event_id: f"consent to marketing is {stated}"}
    assert server.requests == []


async def test_what_is_no_affair_of_metas(meta: tuple[Meta, Receiver]) -> None:
    _, server = meta
    vitals = event("landing", event_type="WebVitals", event_name="web_vitals")
    for one in (event("heatmap"), vitals):
        outcome = await send(server, one)
        assert "not for Meta" in outcome.omissions[one.event_id]
    assert server.requests == []


async def test_events_older_than_7_days_do_not_spoil_the_rest(
    meta: tuple[Meta, Receiver],
) -> None:
    vendor, server = meta
    limit = NOW - timedelta(days=7)
    fresh, edge, old = events_around(limit, timedelta(seconds=1), numbered)
    outcome = await send(server, fresh, old, edge)
    assert outcome.verdict == "delivered"
    assert list(outcome.omissions) == [old.event_id]
    assert "7 days" in outcome.omissions[old.event_id]
    assert len(vendor.kept) == 2
    # Without that care Meta takes none of them.
    reply = vendor._refusal({"event_time": (limit - timedelta(seconds=1)).timestamp()})
    assert reply is not None


async def test_events_that_meta_would_refuse(meta: tuple[Meta, Receiver]) -> None:
    vendor, server = meta
    nobody = numbered(1, visitor_id=None, ip=None, user_agent=None, metadata=None)
    free = numbered(2, value=None)
    good = numbered(3)
    outcome = await send(server, nobody, good, free)
    assert outcome.verdict == "delivered"
    assert "customer" in outcome.omissions[nobody.event_id]
    assert "value and currency" in outcome.refusals[free.event_id]
    assert [event_id for _, event_id in vendor.kept] == [good.event_id]


async def test_a_batch_that_meta_refuses_is_refused_as_a_whole_with_metas_words(
    meta: tuple[Meta, Receiver],
) -> None:
    vendor, server = meta
    bad = numbered(2, product_name="forbidden")
    outcome = await send(server, numbered(1), bad)
    assert (outcome.verdict, outcome.status) == ("refused", 400)
    assert outcome.error == (
        "Meta error 100/2804999: Invalid parameter - Refused - Meta dislikes this event."
    )
    assert vendor.kept == {}
    # What the sender then does: halves, until the offender stands alone.
    assert (await send(server, numbered(1))).verdict == "delivered"
    assert (await send(server, bad)).verdict == "refused"


@pytest.mark.parametrize(
    ("status", "error", "verdict"),
    [
        (400, {"code": 190, "message": "Error validating access token", "error_subcode": 463,
               "type": "OAuthException"}, "retry"),
        (400, {"code": 4, "message": "Application request limit reached"}, "retry"),
        (400, {"code": 17, "message": "User request limit reached"}, "retry"),
        (400, {"code": 613, "message": "Calls to this api have exceeded the rate limit."}, "retry"),
        (400, {"code": 80004, "message": "There have been too many calls"}, "retry"),
        (403, {"code": 200, "message": "Permissions error"}, "retry"),
        (400, {"code": 10, "message": "Permission denied"}, "retry"),
        (400, {"code": 2635, "message": "You are calling a deprecated version"}, "retry"),
        (400, {"code": 2500, "message": "Unknown path components: /v1.0"}, "retry"),
        (500, {"code": 1, "message": "An unknown error occurred"}, "retry"),
        (400, {"code": 2, "message": "Service temporarily unavailable"}, "retry"),
        (400, {"code": 100, "error_subcode": 33, "message": "Object does not exist"}, "retry"),
        (400, {"code": 100, "is_transient": True, "message": "Try again"}, "retry"),
        (500, {"code": 100, "message": "?"}, "retry"),
        (400, {"code": 100, "message": "Invalid parameter"}, "refused"),
        (400, {"code": 2804003, "message": "Too old"}, "refused"),
        (410, {"code": 100, "message": "?"}, "refused"),
    ],
)  # fmt: skip
async def test_faults_of_the_account_are_no_faults_of_events(
    meta: tuple[Meta, Receiver], status: int, error: dict[str, Any], verdict: str
) -> None:
    vendor, server = meta
    vendor.fault = (status, error)
    outcome = await send(server, event())
    assert (outcome.verdict, outcome.status) == (verdict, status)
    assert str(error["message"]) in outcome.error
    vendor.fault = None
    assert (await send(server, event())).verdict == "delivered"


async def test_a_wrong_token_is_waited_for(meta: tuple[Meta, Receiver]) -> None:
    vendor, server = meta
    vendor.token = "renewed"
    outcome = await send(server, event())
    assert (outcome.verdict, outcome.error[:14]) == ("retry", "Meta error 190")


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Reply(200, {"events_received": 1, "messages": ["one was dropped"]}), "refused"),
        (Reply(200, b"not json"), "delivered"),
        (Reply(200, []), "delivered"),
        (Reply(502, b"<html>"), "retry"),
        (Reply(429, b"", {"retry-after": "30"}), "retry"),
        (Reply(400, {"error": "text"}), "refused"),
    ],
)
async def test_other_answers(reply: Reply, verdict: str) -> None:
    with Receiver(lambda _: reply) as server:
        outcome = await send(server, numbered(1), numbered(2))
    assert outcome.verdict == verdict
    if reply.status == 429:
        assert outcome.retry_after == 30.0


async def test_test_events(meta: tuple[Meta, Receiver]) -> None:
    vendor, server = meta
    await send(server, event(), test_event_code="TEST123")
    await send(server, event())
    assert vendor.requests[0]["test_event_code"] == "TEST123"
    assert "test_event_code" not in vendor.requests[1]


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({}, "website"),
        ({"source": "bot"}, "chat"),
        ({"page_url": None}, "other"),
        ({"user_agent": None}, "other"),
        ({"source": "server", "page_url": None}, "other"),
    ],
)
async def test_where_it_happened(
    meta: tuple[Meta, Receiver], changes: dict[str, Any], source: str
) -> None:
    vendor, server = meta
    await send(server, event(**changes))
    assert [kept["action_source"] for kept in vendor.kept.values()] == [source]


@pytest.mark.parametrize(
    ("stream", "kind", "name"),
    [
        ("activity", "page_view", "PageView"),
        ("activity", "product_view", "ViewContent"),
        ("activity", "add_to_cart", "AddToCart"),
        ("activity", "checkout_start", "InitiateCheckout"),
        ("activity", "search", "Search"),
        ("activity", "custom", "custom"),
        ("landing", "PageView", "PageView"),
        ("landing", "Purchase", "Purchase"),
    ],
)
async def test_names(meta: tuple[Meta, Receiver], stream: str, kind: str, name: str) -> None:
    vendor, server = meta
    field = "activity_type" if stream == "activity" else "event_type"
    await send(server, event(stream, **{field: kind}))
    assert [name for name, _ in vendor.kept] == [name]


@pytest.mark.parametrize(
    ("text", "normal"),
    [(" Jane@Example.COM ", "jane@example.com"), ("jane", None), ("", None), (None, None)],
)
def test_emails(text: str | None, normal: str | None) -> None:
    assert normal_email(text) == normal


@pytest.mark.parametrize(
    ("text", "normal"),
    [("+1 (650) 555-1212", "16505551212"), ("0049 151 23", "4915123"), ("call me", None),
     ("٣", None), (None, None)],
)  # fmt: skip
def test_phones(text: str | None, normal: str | None) -> None:
    assert normal_phone(text) == normal


@pytest.mark.parametrize(
    ("text", "normal"),
    [(" Mary ", "mary"), ("O'Neil", "oneil"), ("Jean-Luc", "jeanluc"), ("Zoe\u0308", "zoë"),
     ("정", "정"), ("..", None), (None, None)],
)  # fmt: skip
def test_personal_names(text: str | None, normal: str | None) -> None:
    assert normal_name(text) == normal


GOOD = {"pixel_id": "1234567890"}


@pytest.mark.parametrize(
    ("config", "secrets", "field"),
    [
        ({}, {"access_token": ["t"]}, "config.pixel_id"),
        ({"pixel_id": 1234567890}, {"access_token": ["t"]}, "config.pixel_id"),
        ({"pixel_id": "../me"}, {"access_token": ["t"]}, "config.pixel_id"),
        ({**GOOD, "endpoint": "http://meta.example"}, {"access_token": ["t"]}, "config.endpoint"),
        ({**GOOD, "test_event_code": 1}, {"access_token": ["t"]}, "config.test_event_code"),
        ({**GOOD, "x": 1}, {"access_token": ["t"]}, "config.x"),
        (GOOD, {"access_token": []}, "secrets.access_token"),
    ],
)
def test_declarations_that_are_refused(
    config: dict[str, Any], secrets: dict[str, Sequence[str]], field: str
) -> None:
    assert refused_field("meta_capi", config, secrets) == field


def test_declarations_that_are_taken() -> None:
    KIND.check(GOOD, {"access_token": ["t"]})


async def test_an_orders_lines_and_customer(meta: tuple[Meta, Receiver]) -> None:
    vendor, server = meta
    lines = (
        '[{"product_id":"1","name":"Mug","quantity":2,"price":"9.5"},'
        '{"product_id":"2","quantity":1,"price":"0"}]'
    )
    await send(server, event(order_id="1001", items=lines, email_hash="a" * 64))
    kept = vendor.kept["Purchase", "purchase:1001"]
    assert kept["user_data"]["em"] == ["a" * 64]
    assert kept["custom_data"]["order_id"] == "1001"
    assert kept["custom_data"]["content_ids"] == ["1", "2"]
    assert kept["custom_data"]["contents"] == [
        {"id": "1", "quantity": 2, "item_price": 9.5},
        {"id": "2", "quantity": 1, "item_price": 0.0},
    ]


async def test_what_the_tracker_tells_itself_is_no_affair_of_metas(
    meta: tuple[Meta, Receiver],
) -> None:
    _, server = meta
    for name in ("pixels_called", "web_vitals"):
        one = event(activity_type="custom", name=name)
        outcome = await send(server, one)
        assert "not for Meta" in outcome.omissions[one.event_id]
    assert server.requests == []
