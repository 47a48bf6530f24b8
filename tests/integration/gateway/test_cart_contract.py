"""The published cart-tracking contract, byte for byte."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import (
    CART,
    CART_BATCH,
    CARTS,
    Topic,
    ingest_topic,
    post,
)
from tests.support.services import Service, running
from tests.support.world import World

SUCCESS = re.compile(
    rb'\{"status":"success","message":"Cart event tracked successfully",'
    rb'"data":\{"id":"cart-event-(\d{13})-[a-z0-9]{7}",'
    rb'"createdAt":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"\}\}'
)


@pytest.fixture
def carts(gateway: Service) -> Iterator[Topic]:
    topic = ingest_topic(gateway.settings, "cart")
    yield topic
    topic.close()


def test_success_is_as_published(port: int) -> None:
    before = time.time_ns() // 1_000_000
    answer = post(port, CARTS, CART)
    found = SUCCESS.fullmatch(answer.body)
    assert answer.status == 200
    assert found is not None, answer.body
    milliseconds = int(found[1])
    assert before <= milliseconds <= time.time_ns() // 1_000_000
    created = datetime.fromisoformat(found[2].decode())
    assert round(created.timestamp() * 1000) == milliseconds


def test_a_missing_store_name_is_as_published(port: int) -> None:
    expected = (
        b'{"status":"error","error":"Validation Error","message":"storeName is required",'
        b'"details":{"field":"storeName","reason":"Field is required"}}'
    )
    for body in ({}, {"storeName": ""}, {"storeName": "   "}):
        answer = post(port, CARTS, body)
        assert (answer.status, answer.body) == (400, expected)


def test_a_retry_with_the_same_key_gets_the_same_answer(port: int, carts: Topic) -> None:
    body = {**CART, "idempotencyKey": "order 7, line 1"}
    first, second = post(port, CARTS, body), post(port, CARTS, body)
    other_store = post(port, CARTS, {**body, "storeName": "another"})
    assert first.body == second.body
    assert other_store.body != first.body
    public_id = first.json["data"]["id"]
    messages = carts.all_until(
        lambda seen: sum(carts.record(m)["public_id"] == public_id for m in seen) == 2
    )
    ids = {
        str(carts.record(m)["event_id"])
        for m in messages
        if carts.record(m)["public_id"] == public_id
    }
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("shop", "shop.myshopify.com"),
        ("  Shop.MyShopify.com ", "shop.myshopify.com"),
        ("https://Shop.Example/cart?x=1", "shop.example"),
        ("http://shop.example#top", "shop.example"),
    ],
)
def test_store_names_are_normalised(port: int, carts: Topic, sent: str, kept: str) -> None:
    public_id = post(port, CARTS, {"storeName": sent}).json["data"]["id"]
    messages = carts.all_until(
        lambda seen: any(carts.record(m)["public_id"] == public_id for m in seen)
    )
    record = next(carts.record(m) for m in messages if carts.record(m)["public_id"] == public_id)
    assert record["store_name"] == kept


def test_every_field_arrives(port: int, carts: Topic) -> None:
    answer = post(
        port,
        CARTS,
        {
            "storeName": "full",
            "productId": 8_123_456_789,
            "variantId": "v-1",
            "productTitle": "T" * 600,
            "productUrl": "https://full.example/p",
            "generatedImageUrl": "https://img.example/g.png",
            "personImageUrl": "https://img.example/p.png",
            "clothingImageUrl": None,
            "customerEmail": "jane@example.com",
            "customerFirstName": "Jane",
            "customerLastName": None,
            "userAgent": "Shop/1.0 (iPhone)",
            "sessionId": "session-cart",
            "idempotencyKey": "full-1",
        },
    )
    public_id = answer.json["data"]["id"]
    messages = carts.all_until(
        lambda seen: any(carts.record(m)["public_id"] == public_id for m in seen)
    )
    message = next(m for m in messages if carts.record(m)["public_id"] == public_id)
    record = carts.record(message)
    assert message.key() == b"session-cart"
    assert record["product_id"] == "8123456789"
    assert record["product_title"] == "T" * 500
    assert record["clothing_image_url"] is None
    assert record["customer_email"] == "jane@example.com"
    assert (record["user_agent"], record["ip"]) == ("Shop/1.0 (iPhone)", "127.0.0.1")
    assert (record["priority"], record["source"]) == ("high", "tracker")


def test_a_cart_without_a_session_is_keyed_by_its_store(port: int, carts: Topic) -> None:
    public_id = post(port, CARTS, {"storeName": "keyed"}).json["data"]["id"]
    messages = carts.all_until(
        lambda seen: any(carts.record(m)["public_id"] == public_id for m in seen)
    )
    message = next(m for m in messages if carts.record(m)["public_id"] == public_id)
    assert message.key().decode() == str(carts.record(message)["store_id"])


def test_a_batch_tells_the_outcome_of_each_event(port: int) -> None:
    answer = post(port, CART_BATCH, {"events": [CART, {}, CART]})
    assert answer.status == 200
    data = answer.json["data"]
    assert (data["accepted"], data["rejected"]) == (2, 1)
    assert [r["status"] for r in data["results"]] == ["success", "error", "success"]
    assert data["results"][1]["field"] == "storeName"
    assert data["results"][0]["data"]["id"].startswith("cart-event-")
    all_bad = post(port, CART_BATCH, {"events": [{}, {"storeName": "a b"}]})
    assert all_bad.status == 400
    assert [r["index"] for r in all_bad.json["rejected"]] == [0, 1]


def test_limits_and_the_switch_answer_as_published(world: World) -> None:
    settings = changed(world.settings, **{**OPEN, "limit_cart_per_minute": 2})
    with running("gateway", settings):
        port = settings.gateway_port
        answers = [post(port, CARTS, CART) for _ in range(3)]
    assert [a.status for a in answers] == [200, 200, 429]
    assert [a.headers["ratelimit-remaining"] for a in answers] == ["1", "0", "0"]
    limited = answers[2]
    assert 0 < int(limited.headers["retry-after"]) <= 61
    assert (limited.json["error"], limited.json["code"]) == ("Too Many Requests", "RATE_LIMITED")
    assert list(limited.json) == ["status", "error", "message", "code"]

    settings = changed(world.settings, **OPEN, cart_endpoint_enabled=False)
    with running("gateway", settings):
        answer = post(settings.gateway_port, CARTS, CART)
    assert (answer.status, answer.json["error"]) == (503, "Service Unavailable")
    assert answer.headers["retry-after"]
