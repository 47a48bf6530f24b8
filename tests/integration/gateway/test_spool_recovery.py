"""What the spool holds outlives the gateway: killed at any step, full, asked to leave."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.own_broker import eventually_says
from tests.integration.gateway.wire import (
    CART,
    CARTS,
    CLICK,
    HEATMAP,
    HEATMAP_BATCH,
    Topic,
    get,
    ingest_topic,
    post,
)
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.failpoints import VARIABLE
from storepulse.adapters.settings import Settings
from storepulse.local import ports

WRITING = ("before_spool_write", "after_spool_write", "before_spool_fsync", "after_spool_fsync")
DRAINING = ("before_drain_delete", "after_drain_delete")


@pytest.fixture
def present(module_world: World, tmp_path: Path) -> Settings:
    """A gateway with its Kafka."""
    given = {**OPEN, "gateway_port": ports.free_port(), "home": tmp_path}
    return changed(module_world.settings, **given)


@pytest.fixture
def away(present: Settings) -> Settings:
    """The same gateway while nobody listens where its Kafka should be."""
    return changed(present, kafka_bootstrap_servers=f"127.0.0.1:{ports.free_port()}")


@pytest.fixture
def clicks(module_world: World) -> Iterator[Topic]:
    topic = ingest_topic(module_world.settings, "heatmap")
    yield topic
    topic.close()


def ids_in(topic: Topic, wanted: list[str]) -> list[str]:
    """All ids of the topic in its order, as soon as all that are wanted are there."""
    messages = topic.all_until(
        lambda seen: set(wanted) <= {str(topic.record(m)["event_id"]) for m in seen}
    )
    return [str(topic.record(m)["event_id"]) for m in messages]


def serving(service: Service) -> Service:
    """Waits until it takes requests, not until it knows about Kafka."""
    port = service.settings.gateway_port
    wait_until(lambda: get(port, "/healthz").status == 200, "/healthz", ignoring=ConnectionError)
    return service


def folder(settings: Settings) -> Path:
    return settings.home / "spool" / f"gateway-{settings.gateway_port}"


def eventually_empty(settings: Settings) -> None:
    wait_until(lambda: not list(folder(settings).glob("*.spool")), "an empty spool")


def test_a_killed_gateways_spool_is_brought_to_kafka_in_order(
    present: Settings, away: Settings, clicks: Topic
) -> None:
    service = serving(Service("gateway", away).start())
    answered = [
        i
        for _ in range(40)
        for i in post(away.gateway_port, HEATMAP_BATCH, {"events": [CLICK] * 25}).json["ids"]
    ]
    service.kill(signal.SIGKILL)
    with running("gateway", present):
        eventually_empty(present)
    assert [i for i in ids_in(clicks, answered) if i in set(answered)] == answered


def test_a_full_spool_gives_503_and_loses_nothing(
    present: Settings, away: Settings, clicks: Topic
) -> None:
    small = changed(away, gateway_spool_max_mb=1)
    port = small.gateway_port
    service = serving(Service("gateway", small).start())
    answered: list[str] = []
    batch = {"events": [{**CLICK, "selector": "div > " * 80}] * 100}
    while (answer := post(port, HEATMAP_BATCH, batch)).status == 202:
        answered += answer.json["ids"]
    assert len(answered) > 500
    assert (answer.status, answer.json["code"]) == (503, "STORAGE_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0
    # Smaller ones fit until nothing does; the cart keeps its published answer.
    while (answer := post(port, CARTS, CART)).status == 200:
        pass
    assert answer.body == (
        b'{"status":"error","error":"Service Unavailable",'
        b'"message":"Database service unavailable","code":"DATABASE_UNAVAILABLE"}'
    )
    service.kill(signal.SIGKILL)
    with running("gateway", changed(present, gateway_spool_max_mb=1)):
        eventually_empty(present)
        assert post(port, HEATMAP, CLICK).status == 202
    found = ids_in(clicks, answered)
    assert len([i for i in found if i in set(answered)]) == len(answered)


def test_readiness_follows_the_spool(away: Settings) -> None:
    small = changed(away, gateway_spool_max_mb=1)
    with running("gateway", small):
        port = small.gateway_port
        path = folder(small) / "000000000000-00000001.spool"
        ready = get(port, "/readyz").json
        assert (ready["status"], ready["durability"]) == ("degraded", "spooled")
        assert post(port, HEATMAP, CLICK).status == 202
    grown = next(iter(folder(small).glob("*.spool")))
    path.write_bytes(grown.read_bytes() + b"damage " * 160_000 + b"x")
    service = Service("gateway", small).start()
    try:
        answer = eventually_says(port, "full")
        assert (answer.status, answer.json["status"]) == (503, "unready")
        assert post(port, HEATMAP, CLICK).status == 503
    finally:
        service.stop()


def test_killed_at_every_step_of_writing(
    present: Settings, away: Settings, clicks: Topic, tmp_path: Path
) -> None:
    answered: list[str] = []
    for place in WRITING:
        points = tmp_path / place
        points.write_text(f"gateway.{place} kill 4\n")
        service = serving(Service("gateway", away, {VARIABLE: str(points)}).start())
        answered += [post(away.gateway_port, HEATMAP, CLICK).json["ids"][0] for _ in range(3)]
        with pytest.raises(ConnectionError):
            post(away.gateway_port, HEATMAP, CLICK)
        assert service.process is not None
        assert service.process.wait(10) == -signal.SIGKILL
    with running("gateway", present):
        eventually_empty(present)
    assert [i for i in ids_in(clicks, answered) if i in answered] == answered


@pytest.mark.parametrize("place", DRAINING)
def test_killed_while_draining(
    place: str, present: Settings, away: Settings, clicks: Topic, tmp_path: Path
) -> None:
    service = serving(Service("gateway", away).start())
    answered = [post(away.gateway_port, HEATMAP, CLICK).json["ids"][0] for _ in range(10)]
    assert service.stop() == 0
    points = tmp_path / "failpoints"
    points.write_text(f"gateway.{place} kill 1\n")
    service = Service("gateway", present, {VARIABLE: str(points)}).start()
    assert service.process is not None
    assert service.process.wait(30) == -signal.SIGKILL
    assert len(list(folder(present).glob("*.spool"))) == (place == "before_drain_delete")
    with running("gateway", present):
        eventually_empty(present)
    found = [i for i in ids_in(clicks, answered) if i in answered]
    again = answered if place == "before_drain_delete" else []
    assert found == answered + again


def test_what_was_answered_before_a_sigterm_is_kept(
    present: Settings, away: Settings, clicks: Topic
) -> None:
    service = serving(Service("gateway", away).start())
    answered: list[str] = []

    def send() -> None:
        try:
            while True:
                answered.extend(post(away.gateway_port, HEATMAP, CLICK).json["ids"])
        except ConnectionError:
            return

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    assert service.stop() == 0
    for thread in threads:
        thread.join()
    assert answered
    assert list(folder(away).glob("*.spool"))
    with running("gateway", present):
        eventually_empty(present)
    found = [i for i in ids_in(clicks, answered) if i in set(answered)]
    assert sorted(found) == sorted(answered)
