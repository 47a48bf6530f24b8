"""Details that are wrong cost themselves; what is written in another way is understood."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.wire import (
    ACTIVITY,
    CART_BATCH,
    CARTS,
    CLICK,
    HEATMAP,
    HEATMAP_BATCH,
    LANDED,
    LANDING,
    VIEW,
    Topic,
    get,
    ingest_topic,
    post,
)
from tests.support.services import Service, running
from tests.support.world import World

COLLECT = "/collect"


@pytest.fixture(scope="module")
def topics(gateway: Service) -> Iterator[dict[str, Topic]]:
    streams = ("activity", "heatmap", "landing", "cart")
    found = {stream: ingest_topic(gateway.settings, stream) for stream in streams}
    yield found
    for topic in found.values():
        topic.close()


def collected(port: int, stream: str, *events: Any, **more: Any) -> Any:
    """The answer to a batch, which must be accepted."""
    answer = post(port, COLLECT, {"stream": stream, "events": list(events), **more})
    assert answer.status == 202, answer.body
    return answer.json


def stored(topics: dict[str, Topic], answer: Any) -> list[dict[str, Any]]:
    return [topics["activity"].event(event_id)[1] for event_id in answer["ids"]]


def test_a_referrer_never_costs_the_event(port: int, topics: dict[str, Topic]) -> None:
    app = "android-app://com.google.android.googlequicksearchbox/"
    bad = {**VIEW, "referrer": "a page", "user_agent": 5}
    answer = collected(port, "activity", {**VIEW, "referrer": app}, bad)
    assert [(w["index"], w["field"]) for w in answer["warnings"]] == [
        (1, "referrer"), (1, "user_agent")
    ]  # fmt: skip
    assert [record["referrer"] for record in stored(topics, answer)] == [app, None]
    single = post(port, ACTIVITY, {**VIEW, "referrer": "https://a.example/" + "x" * 3000}).json
    assert [(w["index"], w["field"]) for w in single["warnings"]] == [(0, "referrer")]
    lines = get(port, "/metrics").body.decode()
    assert 'ingest_left_out_total{field="referrer",stream="activity"} 2.0' in lines


def test_what_is_no_orders_number_costs_the_number_alone(
    port: int, topics: dict[str, Topic]
) -> None:
    bought = {**VIEW, "activity_type": "purchase", "value": 10}
    events = [{**bought, "order_id": number} for number in ("undefined", "#", "1001", 0)]
    answer = collected(port, "activity", *events)
    assert [(w["index"], w["field"]) for w in answer["warnings"]] == [
        (0, "order_id"), (1, "order_id"), (3, "order_id")
    ]  # fmt: skip
    records = stored(topics, answer)
    assert [record["order_id"] for record in records] == [None, None, "1001", None]
    assert {record["value"] for record in records} == {Decimal(10)}


def test_a_bad_event_has_its_place_and_a_good_one_its_warning(port: int) -> None:
    events = [{**VIEW, "quantity": -1}, {**VIEW, "referrer": "x y"}, {**VIEW, "value": "1_000"}]
    answer = collected(port, "activity", *events)
    assert [(bad["index"], bad["field"]) for bad in answer["rejected"]] == [
        (0, "quantity"), (2, "value")
    ]  # fmt: skip
    assert [(w["index"], w["field"]) for w in answer["warnings"]] == [(1, "referrer")]


def test_money_is_rounded_and_zero_is_zero(port: int, topics: dict[str, Topic]) -> None:
    one = {**VIEW, "activity_type": "purchase", "currency": "EUR"}
    numbers = ("836.9999999999998", "0.30000000000000004", "0E+20", "1e300", "5")
    events = ",".join(f'{json.dumps(one)[:-1]},"value":{number}}}' for number in numbers)
    answer = post(port, COLLECT, f'{{"stream":"activity","events":[{events}]}}'.encode())
    assert answer.status == 202, answer.body
    assert [bad["index"] for bad in answer.json["rejected"]] == [3]
    kept = [record["value"] for record in stored(topics, answer.json)]
    assert kept == [Decimal(text) for text in ("837", "0.3", "0", "5")]


@pytest.mark.parametrize("text", ["1_000", "١٢", "0.30000000000000004", "1,50", "NaN"])
def test_money_as_text_is_exact(port: int, text: str) -> None:
    activity = post(port, ACTIVITY, {**VIEW, "value": text})
    assert (activity.status, activity.json["details"]["field"]) == (400, "value")
    data = {"value": text, "currency": "EUR"}
    landing = post(port, LANDING, {**LANDED, "event_type": "Purchase", "event_data": data})
    assert (landing.status, landing.json["details"]["field"]) == (400, "event_data.value")


@pytest.mark.parametrize("stream", ["activity", "landing"])
def test_a_number_without_bounds_is_its_events_fault(port: int, stream: str) -> None:
    event = {"activity": VIEW, "landing": LANDED}[stream]
    huge = json.dumps(event)[:-1] + ',"metadata":{"a":' + "9" * 40 + "}}"
    body = f'{{"stream":"{stream}","events":[{json.dumps(event)},{huge}]}}'
    answer = post(port, COLLECT, body.encode())
    assert answer.status == 202, answer.body
    assert [bad["index"] for bad in answer.json["rejected"]] == [1]


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("https://shop.example:8443/cart", "shop.example"),
        ("  SHOP.example:443 ", "shop.example"),
    ],
)
def test_a_store_in_any_writing(
    port: int, topics: dict[str, Topic], name: str, domain: str
) -> None:
    event_id = str(uuid4())
    cart = {"storeName": name, "eventId": event_id, "customerEmail": " jane@example.com "}
    assert post(port, CARTS, cart).status == 200
    record = topics["cart"].event(event_id)[1]
    assert (record["store_name"], record["customer_email"]) == (domain, "jane@example.com")


def test_a_cart_answers_as_its_contract_says(port: int) -> None:
    answer = post(port, CARTS, {"storeName": "shop.example", "userAgent": ["x"]})
    assert set(answer.json) == {"status", "message", "data"}
    batch = {"events": [{"storeName": "shop.example", "userAgent": 1}]}
    warnings = post(port, CART_BATCH, batch).json["data"]["warnings"]
    assert [(w["index"], w["field"]) for w in warnings] == [(0, "userAgent")]


def test_a_clock_that_is_off_is_set(port: int, topics: dict[str, Topic]) -> None:
    now = int(time.time() * 1000)
    month = 31 * 24 * 3_600_000
    late = {**VIEW, "timestamp": now + month - 60_000}
    alone = post(port, ACTIVITY, {**late, "sent_at": now + month})
    assert alone.status == 202, alone.body
    batch = collected(port, "activity", late, late, sent_at=now + month)
    for record in stored(topics, alone.json) + stored(topics, batch):
        assert abs(record["occurred_at"].timestamp() * 1000 - now + 60_000) < 10_000
    assert post(port, ACTIVITY, late).status == 400
    near = {**VIEW, "timestamp": now - 60_000, "sent_at": now + 240_000}
    (record,) = stored(topics, post(port, ACTIVITY, near).json)
    assert round(record["occurred_at"].timestamp() * 1000) == now - 60_000
    clicks = {"events": [{**CLICK, "timestamp": now + month}], "sent_at": now + month}
    assert post(port, HEATMAP_BATCH, clicks).status == 202
    refused = post(port, HEATMAP, {**CLICK, "sent_at": "yesterday"})
    assert (refused.status, refused.json["details"]["field"]) == (400, "sent_at")


def test_a_clock_that_is_off_is_set_by_the_address(port: int, topics: dict[str, Topic]) -> None:
    now = int(time.time() * 1000)
    week = 7 * 24 * 3_600_000
    for path in (ACTIVITY, f"{ACTIVITY}/batch", "/collect"):
        event = {**VIEW, "timestamp": now + week - 60_000, "event_id": str(uuid4())}
        sent = event if path == ACTIVITY else {"events": [event]}
        sent = sent | ({"stream": "activity"} if path == "/collect" else {})
        answer = post(port, f"{path}?sent_at={now + week}", sent, Content_Type="text/plain")
        assert (answer.status, answer.json["ids"]) == (202, [event["event_id"]]), answer.body
        (record,) = stored(topics, answer.json)
        assert abs(record["occurred_at"].timestamp() * 1000 - now + 60_000) < 10_000
        assert post(port, path, sent).status == 400
        encoded = post(port, f"{path}?x=1&sent%5Fat={now + week}", sent)
        assert encoded.status == 202
    clicks = {"events": [{**CLICK, "timestamp": now + week}]}
    assert post(port, f"{HEATMAP_BATCH}?sent_at={now + week}", clicks).status == 202


def test_the_body_says_better_when_it_was_sent(port: int, topics: dict[str, Topic]) -> None:
    now = int(time.time() * 1000)
    week = 7 * 24 * 3_600_000
    event = {**VIEW, "timestamp": now - 60_000}
    for path, body in (
        (f"{ACTIVITY}/batch", {"events": [event], "sent_at": now}),
        (ACTIVITY, {**event, "sent_at": now}),
    ):
        answer = post(port, f"{path}?sent_at={now + week}", body)
        (record,) = stored(topics, answer.json)
        assert round(record["occurred_at"].timestamp() * 1000) == now - 60_000


@pytest.mark.parametrize(
    "sent_at", ["yesterday", "-5", "1.5", "1e12", "1" * 16, "%C2%B2", "2026-01-01T00:00:00Z"]
)
def test_an_address_that_says_no_time_is_refused(port: int, sent_at: str) -> None:
    for path, body in ((ACTIVITY, VIEW), (HEATMAP_BATCH, {"events": [CLICK]})):
        answer = post(port, f"{path}?sent_at={sent_at}", body)
        assert (answer.status, answer.json["details"]["field"]) == (400, "sent_at")


def test_an_empty_one_is_none(port: int) -> None:
    for query in ("sent_at=", "sent_at=&x=1"):
        assert post(port, f"{ACTIVITY}?{query}", VIEW).status == 202


def test_the_country_is_the_proxys_word_or_the_databases(world: World, tmp_path: Path) -> None:
    writer = MMDBWriter(6, ipv4_compatible=True)
    writer.insert_network(IPSet(["203.0.113.0/24"]), {"country": {"iso_code": "SE"}})
    path = tmp_path / "countries.mmdb"
    writer.to_db_file(str(path))
    proxied = {**OPEN, "trusted_proxies": "127.0.0.0/8", "gateway_require_key": False}
    settings = changed(
        world.settings, **proxied, country_header="CF-IPCountry", country_database=path
    )
    with running("gateway", settings) as service:
        topic = ingest_topic(service.settings, "activity")

        def country(**headers: str) -> str | None:
            event_id = str(uuid4())
            body = {**VIEW, "event_id": event_id}
            assert post(settings.gateway_port, ACTIVITY, body, **headers).status == 202
            found: str | None = topic.event(event_id)[1]["country"]
            return found

        assert country(CF_IPCountry="de") == "DE"
        assert country(CF_IPCountry="XX") is None
        assert country(CF_IPCountry="T1", X_Forwarded_For="203.0.113.7") == "SE"
        assert country(X_Forwarded_For="203.0.113.7") == "SE"
        assert country(X_Forwarded_For="198.51.100.1") is None
        topic.close()


def test_a_country_of_anybody_else_does_not_count(world: World) -> None:
    settings = changed(world.settings, **OPEN, country_header="CF-IPCountry")
    with running("gateway", settings) as service:
        topic = ingest_topic(service.settings, "activity")
        answer = post(settings.gateway_port, ACTIVITY, VIEW, CF_IPCountry="DE")
        assert topic.event(answer.json["ids"][0])[1]["country"] is None
        topic.close()
