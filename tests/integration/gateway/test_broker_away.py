"""Without a spool: the broker silent and back; a full queue; leaving with requests under way."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from tests.integration.gateway.conftest import changed
from tests.integration.gateway.own_broker import (
    DELIVERY_SECONDS,
    IN_ONE_WORKER,
    Sending,
    eventually_in_flight,
    eventually_ready,
    eventually_says,
    freeze,
    thaw,
)
from tests.integration.gateway.wire import CART, CARTS, CLICK, HEATMAP, get, ingest_topic, post
from tests.support.services import Service, running

from storepulse.adapters.settings import Settings
from storepulse.local import ports
from storepulse.local.broker import EmbeddedKafka

pytestmark = IN_ONE_WORKER


@pytest.fixture
def settings(with_topics: Settings, tmp_path: Path) -> Settings:
    return changed(with_topics, gateway_port=ports.free_port(), home=tmp_path, gateway_spool="off")


def test_61_63_a_silent_broker_gives_503_and_then_all_is_well_again(
    broker: EmbeddedKafka, settings: Settings
) -> None:
    with running("gateway", settings):
        port = settings.gateway_port
        assert post(port, HEATMAP, CLICK).status == 202
        freeze(broker)
        try:
            began = time.monotonic()
            late = post(port, HEATMAP, CLICK)
            assert time.monotonic() - began >= DELIVERY_SECONDS * 0.8
            assert (late.status, late.json["code"]) == (503, "STORAGE_UNAVAILABLE")
            assert int(late.headers["retry-after"]) > 0
            began = time.monotonic()
            at_once = post(port, CARTS, CART)
            assert time.monotonic() - began < DELIVERY_SECONDS / 2
            assert at_once.status == 503
            assert at_once.body == (
                b'{"status":"error","error":"Service Unavailable",'
                b'"message":"Database service unavailable","code":"DATABASE_UNAVAILABLE"}'
            )
            not_ready = eventually_ready(port, 503)
            assert not_ready.headers["retry-after"]
            assert get(port, "/healthz").status == 200
        finally:
            thaw(broker)
        eventually_ready(port, 200)
        assert post(port, HEATMAP, CLICK).status == 202


def test_62_more_in_flight_than_allowed_gives_503_at_once_to_the_least_important(
    broker: EmbeddedKafka, settings: Settings
) -> None:
    settings = changed(settings, gateway_max_in_flight=4, gateway_delivery_timeout_ms=30_000)
    with running("gateway", settings):
        port = settings.gateway_port
        # One success, and the gateway asks nothing for some seconds: to it the broker is well,
        # and slow.
        assert post(port, HEATMAP, CLICK).status == 202
        freeze(broker)
        try:
            # Of the four, a stream of low priority has two.
            clicks = [Sending(port) for _ in range(2)]
            eventually_in_flight(port, 2)
            began = time.monotonic()
            refused = post(port, HEATMAP, CLICK)
            assert time.monotonic() - began < 1
            assert (refused.status, refused.headers["retry-after"]) == (503, "1")
            # Carts still pass, up to all four.
            carts = [Sending(port, CARTS, CART) for _ in range(2)]
            eventually_in_flight(port, 4)
            full = post(port, CARTS, CART)
            assert (full.status, full.headers["retry-after"]) == (503, "1")
            assert get(port, "/readyz").status == 200
        finally:
            thaw(broker)
        assert [sending.result().status for sending in clicks] == [202, 202]
        assert [sending.result().status for sending in carts] == [200, 200]
        assert post(port, HEATMAP, CLICK).status == 202


@pytest.mark.parametrize("comes_back", [True, False])
def test_sigterm_finishes_what_is_under_way(
    broker: EmbeddedKafka, settings: Settings, *, comes_back: bool
) -> None:
    settings = changed(settings, gateway_delivery_timeout_ms=3000)
    service = Service("gateway", settings).start().wait_ready()
    port = settings.gateway_port
    freeze(broker)
    try:
        waiting = [Sending(port) for _ in range(5)]
        time.sleep(0.5)
        assert service.process is not None
        service.process.terminate()
        time.sleep(0.3)
        with pytest.raises(ConnectionError):
            post(port, HEATMAP, CLICK)
        if comes_back:
            thaw(broker)
        answers = [sending.result() for sending in waiting]
    finally:
        thaw(broker)
    assert [a.status for a in answers] == ([202] * 5 if comes_back else [503] * 5)
    assert service.process.wait(20) == 0
    topic = ingest_topic(settings, "heatmap")
    for answer in answers:
        if answer.status == 202:
            topic.event(answer.json["ids"][0])
    topic.close()


def test_sigint_ends_it_too(settings: Settings) -> None:
    service = Service("gateway", settings).start().wait_ready()
    assert service.kill(signal.SIGINT) == 0


def test_accepted_events_survive_the_gateways_sudden_end(settings: Settings) -> None:
    service = Service("gateway", settings).start().wait_ready()
    accepted = [post(settings.gateway_port, HEATMAP, CLICK).json["ids"][0] for _ in range(20)]
    service.kill(signal.SIGKILL)
    topic = ingest_topic(settings, "heatmap")
    for event_id in accepted:
        topic.event(event_id)
    topic.close()


def test_missing_topics_make_it_not_ready(settings: Settings) -> None:
    other = changed(settings, topic_prefix="none.")
    service = Service("gateway", other).start()
    try:
        answer = eventually_says(other.gateway_port, "missing topics")
        assert answer.status == 503
        assert post(other.gateway_port, HEATMAP, CLICK).status == 503
    finally:
        service.stop()
