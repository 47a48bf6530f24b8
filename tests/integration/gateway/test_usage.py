"""Usage beacons at the running gateway, and the requests that it meters itself."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import ingest_topic, post
from tests.support.kafka_records import records_of
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import new_key, store_key
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.contracts.topics import load_catalog
from storepulse.gateway.own_work import METER
from storepulse.local import ports

PATH = "/api/usage"
STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
SECRET, PUBLISHABLE = new_key("secret"), new_key("publishable")


@pytest.fixture(scope="module")
def keys(module_world: World) -> None:
    with module_world.connect() as connection:
        store_key(connection, SECRET, kind="secret", scopes=["ingest"])
        store_key(connection, PUBLISHABLE, kind="publishable", scopes=["ingest"])


@pytest.fixture(scope="module")
def gateway(module_world: World, keys: None) -> Iterator[Service]:
    settings = changed(
        module_world.settings, **OPEN, gateway_port=ports.free_port(), usage_meter_seconds=1.0
    )
    with running("gateway", settings) as service:
        port = settings.gateway_port
        wait_until(lambda: send(port, used()).status == 202, "keys are read", seconds=6)
        yield service


@pytest.fixture(scope="module")
def port(gateway: Service) -> int:
    return gateway.settings.gateway_port


def used(**more: Any) -> dict[str, Any]:
    return {"store_id": STORE, "meter": "sms_sent", "quantity": 1} | more


def send(port: int, body: Any, key: str = SECRET) -> Any:
    return post(port, PATH, json.dumps(body).encode(), X_Api_Key=key)


def records(world: World) -> list[dict[str, Any]]:
    topic = load_catalog(world.settings.topic_prefix).ingest("usage")
    found: list[Any] = [
        schema_of("usage").decode(message.value()[HEADER_BYTES:], ids_as_text=True)
        for message in records_of(world.settings, topic)
    ]
    return found


def test_one_a_list_and_a_batch_are_taken(port: int, module_world: World) -> None:
    ids = [str(uuid4()) for _ in range(5)]
    stated = [
        used(event_id=ids[0], quantity="12.5", metadata={"country": "DE"}),
        [used(event_id=ids[1], quantity=0.1 + 0.2), used(event_id=ids[2], meter="a.b:c-D_9")],
        {"events": [used(event_id=ids[3], quantity=0), used(event_id=ids[4])]},
    ]
    answered = [one for body in stated for one in send(port, body).json["ids"]]
    assert answered == ids
    topic = ingest_topic(module_world.settings, "usage")
    message, first = topic.event(ids[0])
    _, second = topic.event(ids[1])
    topic.close()
    assert message.key() == STORE.encode()
    assert (first["meter"], first["quantity"]) == ("sms_sent", Decimal("12.5000"))
    assert (first["source"], first["session_id"]) == ("server", None)
    assert json.loads(first["metadata"]) == {"country": "DE"}
    assert second["quantity"] == Decimal("0.3000")


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"meter": None}, "meter", ""),
        ({"meter": ""}, "meter", "1 to 128 letters"),
        ({"meter": "a b"}, "meter", "1 to 128 letters"),
        ({"meter": "ü"}, "meter", "1 to 128 letters"),
        ({"meter": "."}, "meter", "not . or .."),
        ({"meter": ".."}, "meter", "not . or .."),
        ({"meter": "m" * 129}, "meter", "1 to 128 letters"),
        ({"meter": 7}, "meter", ""),
        *(
            ({"meter": meter}, "meter", "is counted by Storepulse itself")
            for meter in ("api_call", "event", "storage_bytes", "order", "plan_limit_reached")
        ),
        ({"quantity": None}, "quantity", ""),
        ({"quantity": True}, "quantity", ""),
        ({"quantity": -1}, "quantity", "is below 0"),
        ({"quantity": "-0.0001"}, "quantity", "is below 0"),
        ({"quantity": "1.00001"}, "quantity", "more than four decimals"),
        ({"quantity": 10**12}, "quantity", "1,000,000,000,000 or more"),
        ({"quantity": "1e12"}, "quantity", "1,000,000,000,000 or more"),
        ({"quantity": "many"}, "quantity", "is not a number"),
        ({"at": "yesterday"}, "at", ""),
        ({"at": "2020-01-01T00:00:00Z"}, "timestamp", "30 days"),
        ({"session_id": "s-1"}, "session_id", ""),
        ({"colour": "red"}, "colour", ""),
        ({"event_id": "no uuid"}, "event_id", ""),
        ({"store_id": "no uuid"}, "store_id", ""),
    ],
)
def test_bad_usage_is_a_400_that_names_the_field(
    port: int, changes: dict[str, Any], field: str, reason: str
) -> None:
    answer = send(port, used(**changes))
    assert answer.status == 400, answer.json
    details = answer.json["details"]
    assert (details["field"], reason in details["reason"]) == (field, True), details
    batch = send(port, [used(), used(**changes)])
    assert (batch.status, batch.json["accepted"]) == (202, 1)
    assert batch.json["rejected"][0]["index"] == 1


def test_at_and_timestamp_are_one(port: int) -> None:
    both = send(port, used(at=1_795_240_800_000, timestamp=1_795_240_800_000))
    assert (both.status, "only one" in both.json["details"]["reason"]) == (400, True)


def test_a_key_names_one_event_of_the_store(port: int) -> None:
    def id_of(**more: Any) -> str:
        (made,) = send(port, used(**more)).json["ids"]
        return str(made)

    assert id_of(idempotency_key="2026-11-29") == id_of(
        idempotency_key="2026-11-29", meter="seats", quantity=7
    )
    assert id_of(idempotency_key="2026-11-29") != id_of(
        idempotency_key="2026-11-29", store_id=str(uuid4())
    )


def test_usage_without_an_id_is_told_apart_by_its_content(port: int) -> None:
    at = int(time.time() * 1000)
    told = [
        used(at=at), used(at=at), used(at=at, quantity=2), used(at=at, meter="seats"),
        used(at=at, metadata={"country": "DE"}), used(at=at + 1), used(), used(),
    ]  # fmt: skip
    ids = send(port, told).json["ids"]
    assert ids[0] == ids[1]
    assert len(set(ids)) == len(told) - 1
    assert send(port, told[0]).json["ids"] == ids[:1]


def test_pages_may_not_report_usage(port: int) -> None:
    assert send(port, used(), PUBLISHABLE).status in (401, 403)
    assert post(port, PATH, json.dumps(used()).encode()).status == 401
    body = json.dumps({"stream": "usage", "events": [used()]}).encode()
    answer = post(port, "/collect", body, X_Api_Key=PUBLISHABLE)
    assert (answer.status, answer.json["code"]) == (403, "SECRET_KEY_REQUIRED")


def calls_of(world: World, store: str) -> list[dict[str, Any]]:
    return [r for r in records(world) if str(r["store_id"]) == store and r["meter"] == METER]


def test_accepted_requests_are_metered_by_store(port: int, module_world: World) -> None:
    first, second = str(uuid4()), str(uuid4())
    for store, times in ((first, 3), (second, 1)):
        for _ in range(times):
            assert send(port, [used(store_id=store), used(store_id=store)]).status == 202
    assert send(port, used(store_id=first, quantity=-1)).status == 400

    def metered() -> dict[str, Decimal]:
        sums: Counter[str] = Counter()
        for record in records(module_world):
            if record["meter"] == METER:
                sums[str(record["store_id"])] += record["quantity"]
        return {store: sums[store] for store in (first, second) if sums[store]}

    wait_until(lambda: metered() == {first: 3, second: 1}, metered, seconds=10)
    ids = [str(record["event_id"]) for record in calls_of(module_world, first)]
    assert len(ids) == len(set(ids))


def test_a_gateway_that_is_stopped_loses_no_request(module_world: World, keys: None) -> None:
    settings = changed(
        module_world.settings, **OPEN, gateway_port=ports.free_port(), usage_meter_seconds=86_400.0
    )
    store = str(uuid4())
    with running("gateway", settings) as service:
        port = settings.gateway_port
        wait_until(lambda: send(port, used()).status == 202, "keys are read", seconds=6)
        for _ in range(2):
            assert send(port, used(store_id=store)).status == 202
        assert calls_of(module_world, store) == []
        assert service.kill(signal.SIGTERM) == 0
    assert [call["quantity"] for call in calls_of(module_world, store)] == [2]
