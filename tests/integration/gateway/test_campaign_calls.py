"""Signed calls of `/ingest`: what comes of a body, a start parameter and init data."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import Answer, Topic, ingest_topic, post
from tests.support.services import running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.rules.administration import CLI
from storepulse.access.store_changes import create_store
from storepulse.access.store_secrets import EnteredSecret, set_secret
from storepulse.adapters.clock import system_clock
from storepulse.adapters.secret_box import SecretBox
from storepulse.domain.emails import email_hash
from storepulse.domain.payload_signer import PayloadSigner
from storepulse.domain.start_params import StartParam, StartParamSerializer
from storepulse.domain.store_secrets import SecretKind
from storepulse.local import ports

SECRET = "c" * 32
BOT_TOKEN = "123456789:" + "A" * 35
STORE = UUID("77777777-7777-4777-8777-777777777777")
WITHOUT_BOT = UUID("88888888-8888-4888-8888-888888888888")
START = StartParamSerializer().serialize(StartParam("summer", "t-1"))
OPENED = {"event": "WEBAPP_OPEN", "campaign_id": "summer", "tracking_id": "t-1"}


@pytest.fixture(scope="module")
def port(module_world: World) -> Iterator[int]:
    given: list[tuple[UUID, SecretKind, str]] = [
        (STORE, "signing", SECRET),
        (STORE, "telegram_bot_token", BOT_TOKEN),
        (WITHOUT_BOT, "signing", SECRET),
    ]
    with module_world.connect() as connection:
        for store_id in (STORE, WITHOUT_BOT):
            create_store(connection, CLI, system_clock(), store_id=store_id, domain=None)
        for store_id, kind, value in given:
            new = EnteredSecret(kind, value, timedelta())
            box = SecretBox.of(module_world.settings)
            set_secret(connection, box, CLI, store_id, new, system_clock())
    settings = changed(module_world.settings, **OPEN, gateway_port=ports.free_port())
    with running("gateway", settings):
        wait_until(
            lambda: ingest(settings.gateway_port, OPENED).status == 202, "secrets", seconds=6
        )
        yield settings.gateway_port


@pytest.fixture(scope="module")
def topic(module_world: World, port: int) -> Iterator[Topic]:
    found = ingest_topic(module_world.settings, "campaign")
    yield found
    found.close()


def ingest(port: int, body: Any, store: UUID = STORE) -> Answer:
    raw, at = json.dumps(body).encode(), int(time.time())
    return post(
        port, "/ingest", raw, X_Storepulse_Store=str(store), X_Storepulse_Timestamp=str(at),
        X_Storepulse_Signature=PayloadSigner(SECRET).sign(raw, at),
    )  # fmt: skip


def init_data(token: str = BOT_TOKEN, age: int = 60, **fields: str) -> str:
    said = {"auth_date": str(int(time.time()) - age), "user": '{"id":279058397}'} | fields
    lines = "\n".join(f"{name}={said[name]}" for name in sorted(said)).encode()
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return urlencode(said | {"hash": hmac.new(key, lines, hashlib.sha256).hexdigest()})


def stored(topic: Topic, answer: Answer) -> dict[str, Any]:
    assert answer.status == 202, answer.json
    message, record = topic.event(answer.json["ids"][0])
    assert message.key() == record["tracking_id"].encode()
    event: dict[str, Any] = record
    return event


def test_the_start_parameter_names_the_campaign(port: int, topic: Topic) -> None:
    event = stored(topic, ingest(port, {"event": "WEBAPP_OPEN", "start_param": START}))
    assert (event["campaign_id"], event["tracking_id"]) == ("summer", "t-1")
    assert (event["start_param"], event["event_type"]) == (START, "WEBAPP_OPEN")
    assert (event["session_id"], event["source"], event["priority"]) == (None, "server", "high")


def test_init_data_names_start_parameter_and_user(port: int, topic: Topic) -> None:
    opened = {"event": "webapp_open", "init_data": init_data(start_param=START)}
    event = stored(topic, ingest(port, opened))
    assert (event["campaign_id"], event["telegram_id"]) == ("summer", "279058397")
    assert (event["event_type"], event["event_name"]) == ("WEBAPP_OPEN", "webapp_open")
    # Said twice and alike, as number too.
    again = {**opened, "start_param": START, "telegram_id": 279058397, "tracking_id": "t-1"}
    assert stored(topic, ingest(port, again))["telegram_id"] == "279058397"


def test_an_orders_money_moves_out_of_its_payload(port: int, topic: Topic) -> None:
    payload = {
        "order_id": 1001, "amount": "49.90", "currency": "EUR", "email": " Jane@Example.com ",
        "items": [{"product_id": 1, "quantity": 2, "price": 9.5}], "coupon": "SUN",
    }  # fmt: skip
    event = stored(topic, ingest(port, {**OPENED, "event": "ORDER_PAID", "payload": payload}))
    assert (event["order_id"], event["value"]) == ("1001", Decimal("49.9000"))
    assert (event["currency"], event["payload"]) == ("EUR", '{"coupon":"SUN"}')
    assert event["email_hash"] == email_hash("jane@example.com")
    assert event["items"] == '[{"product_id":"1","quantity":2,"price":"9.5"}]'
    # Another event's payload is its own affair, but for who it is about.
    other = {"order_id": 7, "email": "jane@example.com", "customer_id": 42}
    event = stored(topic, ingest(port, {**OPENED, "event": "BONUS", "payload": other}))
    assert (event["event_type"], event["order_id"]) == ("Custom", None)
    assert (event["payload"], event["customer_id"]) == ('{"order_id":7}', "42")
    # What stands beside the payload counts first.
    both = {**OPENED, "event": "ORDER_CREATED", "order_id": "A", "payload": {"order_id": "B"}}
    assert stored(topic, ingest(port, both))["order_id"] == "A"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"event": "WEBAPP_OPEN", "tracking_id": "t-1"}, "campaign_id"),
        ({"event": "WEBAPP_OPEN", "campaign_id": "summer"}, "tracking_id"),
        ({**OPENED, "campaign_id": None}, "campaign_id"),
        ({**OPENED, "campaign_id": ""}, "campaign_id"),
        ({**OPENED, "campaign_id": ".."}, "campaign_id"),
        ({**OPENED, "campaign_id": "summer sale"}, "campaign_id"),
        ({**OPENED, "campaign_id": True}, "campaign_id"),
        ({**OPENED, "tracking_id": "t" * 129}, "tracking_id"),
        ({**OPENED, "tracking_id": "t\u0000"}, "tracking_id"),
        ({**OPENED, "tracking_id": ["t-1"]}, "tracking_id"),
        ({**OPENED, "event": ""}, "event"),
        ({**OPENED, "event": "<b>"}, "event"),
        ({**OPENED, "event": 1}, "event"),
        ({"campaign_id": "summer", "tracking_id": "t-1"}, "event"),
        ({**OPENED, "campaign_id": "winter", "start_param": START}, "campaign_id"),
        ({**OPENED, "tracking_id": "t-2", "start_param": START}, "tracking_id"),
        ({**OPENED, "start_param": "2" + START[1:]}, "start_param"),
        ({**OPENED, "start_param": START[:-1]}, "start_param"),
        ({**OPENED, "start_param": "é"}, "start_param"),
        ({**OPENED, "start_param": 1}, "start_param"),
        ({**OPENED, "telegram_id": "1.5"}, "telegram_id"),
        ({**OPENED, "telegram_id": 2**63 - 1, "init_data": init_data()}, "telegram_id"),
        ({**OPENED, "start_param": "x", "init_data": init_data(start_param=START)}, "start_param"),
        ({**OPENED, "init_data": init_data("1:" + "B" * 35)}, "init_data"),
        ({**OPENED, "init_data": init_data(age=90_000)}, "init_data"),
        ({**OPENED, "init_data": init_data(age=-4_000)}, "init_data"),
        ({**OPENED, "init_data": init_data() + "&user=x"}, "init_data"),
        ({**OPENED, "init_data": 1}, "init_data"),
        ({**OPENED, "init_data": "x"}, "init_data"),
        ({**OPENED, "event": "ORDER_PAID", "payload": {"value": 1e12}}, "value"),
        ({**OPENED, "event": "ORDER_PAID", "payload": {"value": [1]}}, "payload.value"),
        ({**OPENED, "event": "ORDER_PAID", "payload": {"currency": "XYZ"}}, "currency"),
        ({**OPENED, "event": "ORDER_PAID", "payload": {"order_id": "1\u0000"}}, "payload.order_id"),
        ({**OPENED, "payload": {"email": "nobody"}}, "customer_email"),
        (
            {**OPENED, "event": "ORDER_PAID", "payload": {"items": [{}]}},
            "payload.items[0].product_id",
        ),
        ({**OPENED, "payload": [1]}, "payload"),
        ({**OPENED, "colour": "red"}, "colour"),
        ([OPENED], ""),
        ("open", ""),
    ],
)
def test_what_names_no_campaign_is_refused_by_field(port: int, body: Any, field: str) -> None:
    answer = ingest(port, body)
    assert answer.status == 400, answer.json
    assert answer.json["details"]["field"] == field
    assert BOT_TOKEN not in answer.body.decode()


def test_a_start_parameter_of_the_apps_own_is_kept_beside_both_ids(port: int, topic: Topic) -> None:
    own = {**OPENED, "init_data": init_data(start_param="hello")}
    event = stored(topic, ingest(port, own))
    assert (event["start_param"], event["campaign_id"]) == ("hello", OPENED["campaign_id"])
    event = stored(topic, ingest(port, {**own, "start_param": "hello"}))
    assert event["start_param"] == "hello"
    long = {**OPENED, "init_data": init_data(start_param="x" * 500)}
    assert stored(topic, ingest(port, long))["start_param"] is None
    ours = {**OPENED, "campaign_id": "winter", "init_data": init_data(start_param=START)}
    for body, field in (
        ({**OPENED, "start_param": "hello"}, "start_param"),
        ({**own, "start_param": "world"}, "start_param"),
        ({name: own[name] for name in own if name != "tracking_id"}, "start_param"),
        (ours, "campaign_id"),
    ):
        answer = ingest(port, body)
        assert (answer.status, answer.json["details"]["field"]) == (400, field)


def test_init_data_of_a_store_without_a_bot_waits_for_us(port: int) -> None:
    answer = ingest(port, {**OPENED, "init_data": init_data()}, WITHOUT_BOT)
    assert (answer.status, answer.json["code"]) == (503, "MISCONFIGURED")
    assert answer.headers["retry-after"]
    assert ingest(port, OPENED, WITHOUT_BOT).status == 202
