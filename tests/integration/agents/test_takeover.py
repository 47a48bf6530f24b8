"""Partitions that go from one worker to another: from one that is frozen, that left for good, that
lost its slot to a second one, and while PostgreSQL is away. Every number stays exact."""

from __future__ import annotations

import signal
import time
from typing import Any

import httpx
import psutil
import pytest
from tests.integration.agents.slices import with_connections, without_connections
from tests.integration.agents.workers import (
    accounted,
    assert_exact,
    clicks,
    drained,
    fresh_of,
    produce,
    settings_of,
    worker,
)
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.settings import Settings
from storepulse.local import ports
from storepulse.slices.process_exit import EXIT_UNEXPECTED

pytestmark = pytest.mark.timeout(600)

SECONDS_FROZEN = 30
#: Nothing here is about speed: a busy machine may take its time.
PATIENCE = 150


def member(world: World, slot: int, **changes: Any) -> Settings:
    """Settings of a worker whose partitions soon move when it is gone."""
    return settings_of(
        world,
        slot,
        agent_metrics_port=ports.free_port(),
        agent_slice_records=100,
        agent_session_timeout_seconds=3.0,
        **changes,
    )


def partitions_of(service: Service) -> int:
    """How many partitions a worker has, by its own metrics."""
    text = httpx.get(service.url + "/metrics", timeout=5).text
    return text.count("storepulse_consumer_lag_records{")


def is_stopped(service: Service) -> bool:
    assert service.process is not None
    return bool(psutil.Process(service.process.pid).status() == psutil.STATUS_STOPPED)


def both_at_work(world: World, *services: Service) -> None:
    """Waits until every worker has partitions."""
    for service in services:
        service.wait_ready(PATIENCE)
    wait_until(lambda: all(map(partitions_of, services)), "partitions for both", seconds=PATIENCE)


@pytest.mark.long
def test_a_worker_that_left_for_good(world: World) -> None:
    produce(world, clicks(0, 1_000))
    with worker(member(world, 0)) as stays, worker(member(world, 1)) as leaves:
        drained(world, 1_000, PATIENCE)
        both_at_work(world, stays, leaves)
        assert leaves.kill(signal.SIGTERM) == 0
        # Its slot stays a member until its session ends; what comes meanwhile waits for that.
        produce(world, clicks(1_000, 1_000))
        drained(world, 2_000, PATIENCE)
        assert_exact(world, 2_000, fresh_of(2_000))
        assert stays.kill(signal.SIGTERM) == 0


@pytest.mark.long
def test_a_rebalance_while_postgresql_is_away(world: World) -> None:
    produce(world, clicks(0, 1_000))
    with worker(member(world, 0)) as stays, worker(member(world, 1)) as dies:
        drained(world, 1_000, PATIENCE)
        both_at_work(world, stays, dies)
        admin = without_connections(world)
        try:
            produce(world, clicks(1_000, 2_000))
            dies.kill(signal.SIGKILL)
            # The ledger is out of reach: what the successor seeks to are committed offsets.
            wait_until(
                lambda: "ledger out of reach for seeking" in stays.log.read_text(),
                stays.log.read_text,
                seconds=PATIENCE,
            )
        finally:
            with_connections(world, admin)
        drained(world, 3_000, PATIENCE)
        assert stays.process is not None
        assert_exact(world, 3_000, fresh_of(3_000))


def test_two_workers_with_one_slot(world: World) -> None:
    """The newer one works on; the older one leaves instead of taking the slot back."""
    records = 3_000
    produce(world, clicks(0, records))
    slow = "".join(f"agents.after_rows delay:0.1 {n}\n" for n in range(1, 400))
    with worker(member(world, 0), slow) as older:
        wait_until(lambda: accounted(world) > 0, older.log.read_text, seconds=PATIENCE)
        with worker(member(world, 0)) as newer:
            assert older.process is not None
            assert older.process.wait(PATIENCE) == EXIT_UNEXPECTED
            assert "another worker has taken this slot" in older.log.read_text()
            drained(world, records, PATIENCE)
            assert_exact(world, records, fresh_of(records))
            assert newer.kill(signal.SIGTERM) == 0


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_worker_frozen_inside_its_transaction_for_30_seconds(world: World) -> None:
    settings = member(world, 0), member(world, 1)
    with (
        worker(settings[0], "slices.before_commit stop 2\n") as sleeps,
        worker(settings[1]) as successor,
    ):
        both_at_work(world, sleeps, successor)
        produce(world, clicks(0, 3_000))
        wait_until(lambda: is_stopped(sleeps), "a sleeper", seconds=PATIENCE)
        fell_asleep = time.monotonic()
        # With the transaction and the ledger's row still in its hands.
        drained(world, 3_000, PATIENCE)
        print(f"taken over and caught up in {time.monotonic() - fell_asleep:.1f} s")
        time.sleep(max(0.0, SECONDS_FROZEN - (time.monotonic() - fell_asleep)))
        assert sleeps.process is not None
        sleeps.process.send_signal(signal.SIGCONT)
        produce(world, clicks(3_000, 1_000))
        drained(world, 4_000, PATIENCE)
        assert_exact(world, 4_000, fresh_of(4_000))
        assert successor.kill(signal.SIGTERM) == 0
    assert_exact(world, 4_000, fresh_of(4_000))
