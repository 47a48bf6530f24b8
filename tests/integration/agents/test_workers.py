"""Workers as processes over a backlog: killed, stopped, their topic or their offsets taken away.

What is stored is judged by ids, ledger and rollups; committed offsets come last.
"""

from __future__ import annotations

import signal
import time

import httpx
import pytest
from confluent_kafka.admin import AdminClient
from tests.integration.agents.slices import with_connections, without_connections
from tests.integration.agents.workers import (
    PARTITIONS,
    accounted,
    assert_exact,
    clicks,
    committed_of,
    drained,
    fresh_of,
    ingest,
    produce,
    settings_of,
    worker,
)
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.kafka import topics as topics_admin
from storepulse.adapters.kafka.clients import connection_config
from storepulse.agents.worker import member_of
from storepulse.domain.errors import Transient
from storepulse.local import ports
from storepulse.slices.process_exit import EXIT_UNEXPECTED


def test_one_of_two_workers_is_killed_in_the_middle_of_a_backlog(world: World) -> None:
    produce(world, clicks(0, 20_000))
    first = settings_of(world, agent_metrics_port=ports.free_port())
    second = settings_of(world, slot=1, agent_metrics_port=ports.free_port())
    # Killed at its ninth slice, with everything written, published and not committed.
    with worker(first, "slices.before_commit kill 9\n") as one:
        # The other one joins when this one is at work: alone it would leave it nothing.
        wait_until(lambda: accounted(world) > 0, "the first slice", seconds=40)
        with worker(second) as two:
            assert one.process is not None
            assert one.process.wait(40) == -signal.SIGKILL
            assert 0 < accounted(world) < 20_000
            drained(world, 20_000)
            assert_exact(world, 20_000, fresh_of(20_000))
            assert two.kill(signal.SIGTERM) == 0


def test_sigterm_ends_a_busy_worker_with_nothing_lost(world: World) -> None:
    records = 8_000
    produce(world, clicks(0, records))
    settings = settings_of(world, agent_slice_records=100)
    with worker(settings) as service:
        wait_until(lambda: accounted(world) > 0, service.log.read_text, seconds=40)
        began = time.monotonic()
        assert service.kill(signal.SIGTERM) == 0, service.log.read_text()[-2_000:]
        assert time.monotonic() - began < 10
    assert 0 < accounted(world) < records
    with worker(settings):
        drained(world, records)
        assert_exact(world, records, fresh_of(records))


def test_offsets_that_the_group_forgot(world: World) -> None:
    settings = settings_of(world)
    produce(world, clicks(0, 2_000))
    with worker(settings) as service:
        drained(world, 2_000)
        assert service.kill(signal.SIGTERM) == 0
    client = AdminClient(connection_config(world.settings))
    group = member_of(settings).group_name(settings)

    def forgotten() -> bool:
        # Static members stay in the group until their session ends.
        (future,) = client.delete_consumer_groups([group]).values()
        return future.exception() is None

    wait_until(forgotten, "an empty group", seconds=15)
    assert committed_of(world) == dict.fromkeys(range(PARTITIONS), 0)
    produce(world, clicks(2_000, 1_000))
    with worker(settings):
        drained(world, 3_000)
        assert_exact(world, 3_000, fresh_of(3_000))


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(40, id="shorter than before"),
        # Its offsets show nothing: only the topic's id, which is asked for now and then, does.
        pytest.param(400, id="longer than before", marks=pytest.mark.long),
    ],
)
def test_a_topic_made_again_is_not_mistaken_for_redelivery(world: World, later: int) -> None:
    settings = settings_of(world)
    produce(world, clicks(0, 200))
    client = AdminClient(connection_config(world.settings))
    with worker(settings) as service:
        drained(world, 200)
        (future,) = client.delete_topics([ingest(world)]).values()
        future.result(15)
        wait_until(lambda: made_again(world), "a topic made again", seconds=20)
        produce(world, clicks(200, later))
        assert service.process is not None
        assert service.process.wait(50) == EXIT_UNEXPECTED
    with worker(settings) as service:
        # Records that were read under the old id count again as duplicates, and have no effect.
        stays = fresh_of(200 + later)
        wait_until(lambda: stored(world) >= stays, lambda: str(stored(world)), seconds=40)
        drained(world, 200 + later)
        assert stored(world) == stays


def stored(world: World) -> int:
    with world.connect() as connection:
        row = connection.execute("SELECT sum(events)::int FROM heatmap_cells").fetchone()
    assert row is not None
    return int(str(row[0]))


def made_again(world: World) -> bool:
    try:
        return ingest(world) in topics_admin.apply(world.settings)
    except Transient:
        return False  # half deleted: listed, and unknown when it is asked about


def freshness(service: Service) -> float:
    text = httpx.get(service.url + "/metrics", timeout=2).text
    name = 'storepulse_freshness_seconds{stream="heatmap"} '
    return next(float(x.removeprefix(name)) for x in text.splitlines() if x.startswith(name))


def test_postgresql_away_for_a_while(world: World) -> None:
    settings = settings_of(world)
    with worker(settings) as service:
        produce(world, clicks(0, 500))
        drained(world, 500)
        admin = without_connections(world)
        produce(world, clicks(500, 2_500))
        # What waits gets older, also while nothing can be asked.
        ages = []
        for _ in range(2):
            time.sleep(2)
            ages.append(freshness(service))
        assert 1 < ages[0] < ages[1] - 1, ages
        with_connections(world, admin)
        drained(world, 3_000)
        assert service.process is not None
        assert service.process.poll() is None, service.log.read_text()[-2_000:]
        assert_exact(world, 3_000, fresh_of(3_000))
