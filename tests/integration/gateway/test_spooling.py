"""Kafka gone and back with a spool: 2xx that say so, and everything in the topics afterwards."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from tests.integration.gateway.conftest import changed
from tests.integration.gateway.own_broker import (
    DELIVERY_SECONDS,
    IN_ONE_WORKER,
    Sending,
    eventually_direct,
    eventually_ready,
    freeze,
    thaw,
)
from tests.integration.gateway.wire import (
    ACTIVITY,
    CART,
    CART_BATCH,
    CARTS,
    CLICK,
    HEATMAP,
    HEATMAP_BATCH,
    LANDED,
    LANDING,
    VIEW,
    Answer,
    get,
    ingest_topic,
    post,
)
from tests.support.services import running
from tests.support.waiting import wait_until

from storepulse.adapters.kafka import clients as kafka
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import load_catalog
from storepulse.local import ports
from storepulse.local.broker import EmbeddedKafka

pytestmark = IN_ONE_WORKER


@pytest.fixture
def settings(with_topics: Settings, tmp_path: Path) -> Settings:
    return changed(with_topics, gateway_port=ports.free_port(), home=tmp_path)


def metric(port: int, name: str) -> float:
    text = get(port, "/metrics").body.decode()
    found = re.search(rf"^storepulse_{name} (\S+)$", text, re.MULTILINE)
    assert found is not None
    return float(found[1])


def eventually_drained(port: int) -> None:
    wait_until(lambda: not metric(port, "ingest_spooled_events"), "an empty spool", seconds=30)


def copies(settings: Settings, stream: str, field: str, wanted: list[str]) -> Counter[str]:
    """How often each of these stands in the stream's topic."""
    topic = ingest_topic(settings, stream)
    try:
        messages = topic.all_until(
            lambda seen: set(wanted) <= {str(topic.record(m)[field]) for m in seen}
        )
        return Counter(v for v in (str(topic.record(m)[field]) for m in messages) if v in wanted)
    finally:
        topic.close()


def test_everything_answered_while_kafka_was_gone_is_there_when_it_is_back(
    broker: EmbeddedKafka, settings: Settings
) -> None:
    with running("gateway", settings):
        port = settings.gateway_port
        eventually_direct(port)
        assert "x-durability" not in post(port, HEATMAP, CLICK).headers
        broker.kill()
        try:
            while post(port, HEATMAP, CLICK).headers.get("x-durability") != "spooled":
                pass
            ready = eventually_ready(port, 200).json
            assert (ready["status"], ready["durability"]) == ("degraded", "spooled")
            began = time.monotonic()
            clicks = [post(port, HEATMAP, CLICK) for _ in range(20)]
            batch = post(port, HEATMAP_BATCH, {"events": [CLICK, {**CLICK, "x": -1}, CLICK]})
            view, landed = post(port, ACTIVITY, VIEW), post(port, LANDING, LANDED)
            cart, carts = post(port, CARTS, CART), post(port, CART_BATCH, {"events": [CART] * 2})
            assert time.monotonic() - began < DELIVERY_SECONDS * 3
            for answer in (*clicks, batch, view, landed):
                assert (answer.status, answer.json["durability"]) == (202, "spooled")
            for answer in (*clicks, batch, view, landed, cart, carts):
                assert answer.headers["x-durability"] == "spooled"
            assert (batch.json["accepted"], batch.json["rejected"][0]["index"]) == (2, 1)
            assert re.fullmatch(
                rb'\{"status":"success","message":"Cart event tracked successfully",'
                rb'"data":\{"id":"cart-event-\d{13}-[a-z0-9]{7}","createdAt":"[0-9T:.Z-]{24}"\}\}',
                cart.body,
            )
            assert (cart.status, carts.status, carts.json["data"]["accepted"]) == (200, 200, 2)
            assert post(port, HEATMAP, {**CLICK, "x": -1}).status == 400
            assert metric(port, "ingest_spooled_events") >= 20 + 2 + 1 + 1 + 3
            assert 0 < metric(port, "ingest_spool_bytes") < 1_000_000
            assert 0 < metric(port, "ingest_spool_capacity_ratio") < 0.01
            assert 0 < metric(port, "ingest_spool_oldest_age_seconds") < 60
        finally:
            broker.start()
        eventually_drained(port)
        eventually_direct(port)
        now = post(port, HEATMAP, CLICK)
        assert (now.status, "durability" in now.json) == (202, False)
        assert metric(port, "ingest_spool_drained_total") >= 27
        assert metric(port, "ingest_spool_bytes") == metric(port, "ingest_spool_corrupt_total") == 0
    assert not list((settings.home / "spool" / f"gateway-{port}").glob("*.spool"))
    ids = [i for answer in (*clicks, batch, now) for i in answer.json["ids"]]
    assert copies(settings, "heatmap", "event_id", ids) == Counter(ids)
    assert copies(settings, "activity", "event_id", view.json["ids"])
    assert copies(settings, "landing", "event_id", landed.json["ids"])
    public = [cart.json["data"]["id"], *(r["data"]["id"] for r in carts.json["data"]["results"])]
    assert copies(settings, "cart", "public_id", public) == Counter(public)


@pytest.mark.parametrize("why", ["it fails", "it takes long"])
def test_a_delivery_that_is_not_acknowledged_is_spooled_under_the_same_id(
    broker: EmbeddedKafka, settings: Settings, why: str
) -> None:
    """The second is answered long before its delivery fails, and that may still succeed."""
    if why == "it takes long":
        settings = changed(
            settings,
            gateway_spool_after_ms=int(DELIVERY_SECONDS * 1000),
            gateway_delivery_timeout_ms=60_000,
        )
    with running("gateway", settings):
        port = settings.gateway_port
        eventually_direct(port)
        post(port, HEATMAP, CLICK)
        freeze(broker)
        try:
            began = time.monotonic()
            uncertain = post(port, HEATMAP, CLICK)
            took = time.monotonic() - began
            assert DELIVERY_SECONDS * 0.8 <= took < 30
            began = time.monotonic()
            second = post(port, HEATMAP, CLICK)
            assert time.monotonic() - began < DELIVERY_SECONDS
        finally:
            thaw(broker)
        for answer in (uncertain, second):
            assert (answer.status, answer.json["durability"]) == (202, "spooled")
        eventually_drained(port)
        eventually_direct(port)
        direct = post(port, HEATMAP, CLICK)
        assert "durability" not in direct.json
    ids = [answer.json["ids"][0] for answer in (uncertain, second, direct)]
    found = copies(settings, "heatmap", "event_id", ids)
    assert found.keys() == set(ids)
    assert found[ids[1]] == found[ids[2]] == 1


@pytest.mark.parametrize("spool", ["on", "off"])
def test_a_broker_known_to_be_away_is_not_waited_for(
    broker: EmbeddedKafka, settings: Settings, spool: str
) -> None:
    settings = changed(
        settings,
        gateway_spool=spool,
        gateway_spool_after_ms=60_000,
        gateway_delivery_timeout_ms=60_000,
    )
    with running("gateway", settings):
        port = settings.gateway_port
        eventually_direct(port)
        post(port, HEATMAP, CLICK)
        freeze(broker)
        try:
            waiting = [Sending(port) for _ in range(5)] + [Sending(port, CARTS, CART)]
            # All of them, unless the gateway of a slow machine finds out before the last has come.
            wait_until(
                lambda: (
                    not metric(port, "kafka_writable")
                    or metric(port, "ingest_in_flight_events") >= len(waiting)
                ),
                "all in flight",
                seconds=10,
            )
            broker.kill()
            answers = [sending.result() for sending in waiting]
        finally:
            if broker.pid is None:
                broker.start()
            else:
                thaw(broker)
        if spool == "off":
            assert {answer.status for answer in answers} == {503}
            return
        assert {answer.headers.get("x-durability") for answer in answers} == {"spooled"}
        eventually_drained(port)
    ids = [i for answer in answers[:5] for i in answer.json["ids"]]
    assert copies(settings, "heatmap", "event_id", ids).keys() == set(ids)


def oldest_taken(settings: Settings, milliseconds: int) -> None:
    """How old a click may be when the broker gets it; at 0 it takes none."""
    name = load_catalog(settings.topic_prefix).ingest("heatmap")
    entry = ConfigEntry(
        "message.timestamp.before.max.ms",
        str(milliseconds),
        incremental_operation=AlterConfigOpType.SET,
    )
    resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[entry])
    admin = kafka.make_admin_client(settings)
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(10)


def test_a_broker_that_answers_and_takes_no_writes_is_tried_by_the_spool_alone(
    broker: EmbeddedKafka, settings: Settings
) -> None:
    with running("gateway", settings):
        port = settings.gateway_port
        eventually_direct(port)
        post(port, HEATMAP, CLICK)
        oldest_taken(settings, 0)
        try:
            clicks = [post(port, HEATMAP, CLICK)]
            writable = []
            # Long enough for the probe to find the broker in good health several times.
            began = time.monotonic()
            while time.monotonic() - began < 2:
                writable.append(metric(port, "kafka_writable"))
                clicks.append(post(port, HEATMAP, CLICK))
                time.sleep(0.02)
            assert metric(port, "ingest_spooled_events") == len(clicks)
        finally:
            oldest_taken(settings, 2**63 - 1)
        assert set(writable) == {0}
        assert {click.headers.get("x-durability") for click in clicks} == {"spooled"}
        eventually_drained(port)
        assert "x-durability" not in post(port, HEATMAP, CLICK).headers
    ids = [click.json["ids"][0] for click in clicks]
    assert copies(settings, "heatmap", "event_id", ids) == Counter(ids)


def test_low_priority_is_refused_first(broker: EmbeddedKafka, settings: Settings) -> None:
    settings = changed(
        settings,
        gateway_max_in_flight=10,
        gateway_spool_after_ms=60_000,
        gateway_delivery_timeout_ms=60_000,
    )
    with running("gateway", settings):
        port = settings.gateway_port
        eventually_direct(port)
        assert post(port, CARTS, CART).status == 200  # fresh: for some seconds nobody probes
        freeze(broker)
        waiting: list[Sending] = []

        def send(count: int, path: str, body: object) -> Answer:
            """So many wait; the next one is refused."""
            waiting.extend(Sending(port, path, body) for _ in range(count))
            wait_until(
                lambda: metric(port, "ingest_in_flight_events") >= len(waiting),
                f"{len(waiting)} in flight",
                seconds=5,
            )
            return post(port, path, body)

        try:
            refused = [send(6, HEATMAP, CLICK), send(2, ACTIVITY, VIEW), send(2, CARTS, CART)]
        finally:
            thaw(broker)
        assert [(r.status, r.headers["retry-after"]) for r in refused] == [(503, "1")] * 3
        assert {w.result().status for w in waiting} == {200, 202}
        assert not any("x-durability" in w.result().headers for w in waiting)
