"""Conversions, metrics and exposures at the running gateway: what a path says of its events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import Answer, Topic, ingest_topic, post, raw
from tests.support.services import running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import new_key, store_key
from storepulse.domain.experiments.exposures import exposure_id
from storepulse.local import ports

STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
TEST = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
CONVERSION, METRIC = "/api/ab-testing/conversion/", "/api/ab-testing/metric/"
EVENTS = "/api/ab-testing/events"
PAGES = "https://shop.example"
PUBLISHABLE = new_key("publishable")


@pytest.fixture(scope="module")
def port(module_world: World) -> Iterator[int]:
    with module_world.connect() as connection:
        store_key(connection, PUBLISHABLE, kind="publishable", scopes=["ingest"], origins=[PAGES])
    settings = changed(module_world.settings, **OPEN, gateway_port=ports.free_port())
    with running("gateway", settings):
        port = settings.gateway_port
        path = f"{CONVERSION}{TEST}?key={PUBLISHABLE}"
        wait_until(
            lambda: post(port, path, done(), Origin=PAGES).status == 202, "keys are read", seconds=6
        )
        yield port


@pytest.fixture(scope="module")
def topic(module_world: World, port: int) -> Iterator[Topic]:
    found = ingest_topic(module_world.settings, "experiment")
    yield found
    found.close()


def done(**more: Any) -> dict[str, Any]:
    """A conversion as the published contract has it, with its store."""
    return {"store_id": STORE, "session_id": "s-1", "visitor_id": "v-1"} | more


def taken(answer: Answer) -> list[str]:
    assert answer.status == 202, answer.json
    ids: list[str] = answer.json["ids"]
    return ids


def test_the_path_says_type_and_test(port: int, topic: Topic) -> None:
    event_id = str(uuid4())
    body = done(
        event_id=event_id, variant_id="blue", value=49.9, currency="eur", order_id=1001,
        metadata={"step": 3},
    )  # fmt: skip
    answer = post(port, CONVERSION + TEST, body)
    assert taken(answer) == [event_id]
    assert set(answer.json) == {"status", "accepted", "ids", "rejected", "correlationId"}
    message, record = topic.event(event_id)
    assert message.key() == b"v-1"
    assert (record["event_type"], str(record["test_id"])) == ("Conversion", TEST)
    assert (record["variant_id"], record["value"]) == ("blue", Decimal("49.9000"))
    assert (record["currency"], record["order_id"], record["priority"]) == ("EUR", "1001", "high")
    (metric_id,) = taken(post(port, METRIC + TEST, done(metric="margin", value="-1.5")))
    _, record = topic.event(metric_id)
    assert (record["event_type"], record["metric"]) == ("Metric", "margin")
    assert record["value"] == Decimal("-1.5000")


@pytest.mark.parametrize(
    ("who", "key"),
    [
        ({"visitor_id": None}, b"s-1"),
        ({"session_id": None}, b"v-1"),
        ({}, b"v-1"),
        ({"visitor_id": "Zoë", "session_id": None}, "Zoë".encode()),
    ],
)
def test_a_visitor_or_a_session_is_enough(
    port: int, topic: Topic, who: dict[str, Any], key: bytes
) -> None:
    (event_id,) = taken(post(port, CONVERSION + TEST, done(**who)))
    message, _ = topic.event(event_id)
    assert message.key() == key


def test_a_body_may_repeat_what_the_path_says(port: int) -> None:
    for said in ({"test_id": TEST}, {"test_id": TEST.upper()}, {"event_type": "conversion"}):
        assert len(taken(post(port, CONVERSION + TEST, done(**said)))) == 1
    assert len(taken(post(port, CONVERSION + TEST.upper(), done(test_id=TEST)))) == 1


@pytest.mark.parametrize(
    ("path", "body", "field", "reason"),
    [
        (CONVERSION + TEST, done(test_id=STORE), "test_id", "is not what the path says"),
        (CONVERSION + TEST, done(event_type="Metric"), "event_type", "is not what the path says"),
        (METRIC + TEST, done(), "metric", "Field is required"),
        (CONVERSION + "checkout", done(), "test_id", "is not a UUID"),
        (CONVERSION + "t" * 1_000, done(), "test_id", "is not a UUID"),
        (CONVERSION + "a%20b", done(), "test_id", "is not a UUID"),
        (CONVERSION + TEST, {"store_id": STORE}, "visitor_id", "is needed, or session_id"),
        (CONVERSION + TEST, done(store_id=None), "store_id", "is needed, since no running test"),
        (CONVERSION + TEST, done(value="1.00001"), "value", "has more than four decimals"),
        (CONVERSION + TEST, done(variant_id="a\u0000"), "variant_id", "contains NUL"),
        (CONVERSION + TEST, done(event_id="x"), "event_id", "is not a UUID"),
        (EVENTS, done(), "event_type", "Field is required"),
        (EVENTS, done(event_type="Conversion"), "test_id", "Field is required"),
    ],
)
def test_what_is_wrong_is_a_400_that_names_the_field(
    port: int, path: str, body: dict[str, Any], field: str, reason: str
) -> None:
    answer = post(port, path, body)
    assert answer.status == 400, answer.json
    details = answer.json["details"]
    assert (details["field"], details["reason"].startswith(reason)) == (field, True), details


@pytest.mark.parametrize(
    "path",
    [
        CONVERSION, CONVERSION + "/" + TEST, CONVERSION + TEST + "/", CONVERSION + "..",
        CONVERSION + "../metric/" + TEST, CONVERSION + "%2e%2e", CONVERSION + "a%2Fb",
        CONVERSION + "%00", "/api/ab-testing/conversion", "/api/ab-testing//conversion/" + TEST,
    ],
)  # fmt: skip
def test_other_paths_are_none(port: int, path: str) -> None:
    assert post(port, path, done(metric="m")).status == 404


def test_lists_and_batches_name_the_bad_ones(port: int) -> None:
    events = [done(), done(test_id=STORE), done(visitor_id=None, session_id=None), done()]
    for body in (events, {"events": events}):
        answer = post(port, METRIC + TEST, json.dumps(body).encode())
        assert answer.status == 400
        assert [bad["index"] for bad in answer.json["rejected"]] == [0, 1, 2, 3]
        answer = post(port, CONVERSION + TEST, json.dumps(body).encode())
        assert len(taken(answer)) == 2
        bad = [(one["index"], one["field"]) for one in answer.json["rejected"]]
        assert bad == [(1, "test_id"), (2, "visitor_id")]


def test_whoever_tells_an_exposure_tells_the_same(port: int, topic: Topic) -> None:
    shown = done(event_type="exposure", test_id=TEST, phase=1, variant_id="blue")
    told = [
        taken(post(port, "/collect", {"stream": "experiment", "events": [shown]})),
        taken(post(port, EVENTS, shown | {"event_id": str(uuid4()), "session_id": "s-2"})),
        taken(post(port, EVENTS, [shown | {"idempotency_key": "k", "test_id": TEST.upper()}])),
    ]
    wanted = exposure_id(STORE, TEST, 1, "v:v-1", "blue")
    assert told == [[wanted]] * 3
    _, record = topic.event(wanted)
    assert (record["event_type"], record["phase"]) == ("Exposure", 1)


def test_a_page_sends_by_beacon_with_its_key(port: int) -> None:
    body = json.dumps(done()).encode()
    path = f"{CONVERSION}{TEST}?key={PUBLISHABLE}"
    answer = post(port, path, body, Content_Type="text/plain;charset=UTF-8", Origin=PAGES)
    assert len(taken(answer)) == 1
    assert answer.headers["access-control-allow-origin"] == PAGES
    elsewhere = post(port, path, body, Origin="https://evil.example")
    assert elsewhere.status == 403
    asked = raw(
        port,
        f"OPTIONS {CONVERSION}{TEST} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: {PAGES}\r\n"
        "Access-Control-Request-Method: POST\r\nConnection: close\r\n\r\n".encode(),
    )
    assert asked.status == 204
    assert "POST" in asked.headers["access-control-allow-methods"]


def test_a_retry_is_the_same_event(port: int) -> None:
    body = done(value=1, idempotency_key="order 7")
    assert taken(post(port, CONVERSION + TEST, body)) == taken(post(port, CONVERSION + TEST, body))
