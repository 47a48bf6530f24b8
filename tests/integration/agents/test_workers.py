"""Workers as processes over a backlog: killed, stopped, their topic or their offsets taken away.

What is stored is judged by ids, ledger and rollups; committed offsets come last.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from tests.integration.agents.slices import with_connections, without_connections
from tests.support.ingest_records import Record, record
from tests.support.services import Service
from tests.support.world import World

from storepulse.adapters import topics_admin
from storepulse.adapters.settings import Settings
from storepulse.adapters.slices.pipeline import EXIT_UNEXPECTED
from storepulse.agents.worker import member_of
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Transient
from storepulse.local import ports

PARTITIONS = 4


def settings_of(world: World, slot: int = 0, **changes: Any) -> Settings:
    return world.settings.model_copy(
        update={"agent_slot": slot, "agent_streams": "heatmap", "agent_slice_records": 500}
        | changes
    )


def ingest(world: World) -> str:
    return load_catalog(world.settings.topic_prefix).ingest("heatmap")


def clicks(first: int, count: int) -> list[Record]:
    """Clicks of some sessions; every tenth one is a repeat of the one before."""
    return [
        record(
            "heatmap", n - (n % 10 == 9), session_id=f"s-{n % 97}",
            page_url=f"https://s.example/{n % 5}",
        )
        for n in range(first, first + count)
    ]  # fmt: skip


def produce(world: World, records: list[Record], partitions: int = PARTITIONS) -> None:
    producer = Producer({"bootstrap.servers": world.settings.kafka_bootstrap_servers})
    for n, r in enumerate(records):
        # A repeat goes where its first copy went only by chance: both must meet.
        producer.produce(ingest(world), r.value, r.key, n % partitions)
        producer.poll(0)
    assert producer.flush(20) == 0


def accounted(world: World) -> int:
    with world.connect() as connection:
        row = connection.execute(
            "SELECT coalesce(sum(accepted), 0)::int FROM ledger_counts"
        ).fetchone()
    assert row is not None
    return int(str(row[0]))


def wait_for(condition: Any, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.05)


def drained(world: World, records: int, seconds: float = 60) -> None:
    wait_for(
        lambda: accounted(world) >= records, seconds, lambda: f"{accounted(world)} of {records}"
    )


def assert_exact(world: World, records: int, fresh: int) -> None:
    """Ids, cells, counts and ledger agree, and Kafka's commits reach the end."""
    with world.connect() as connection:
        (counts,) = connection.execute(
            "SELECT sum(accepted)::int, sum(applied)::int, sum(duplicate)::int, sum(dead)::int"
            " FROM ledger_counts"
        ).fetchall()
        assert counts == (records, fresh, records - fresh, 0)
        assert connection.execute("SELECT count(*) FROM event_ids").fetchone() == (fresh,)
        cells = connection.execute("SELECT sum(events)::int FROM heatmap_cells").fetchone()
        assert cells == (fresh,)
        ledger = connection.execute("SELECT partition, applied FROM ledger_partitions").fetchall()
    ends = ends_of(world)
    assert {p: [(r.lower, r.upper) for r in applied] for p, applied in ledger} == {  # type: ignore[attr-defined]
        p: [(0, end)] for p, end in ends.items() if end
    }
    wait_for(lambda: committed_of(world) == ends, 10, lambda: f"{committed_of(world)} of {ends}")


def asking(world: World) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": world.settings.kafka_bootstrap_servers,
            "group.id": member_of(world.settings).group(world.settings),
            "enable.auto.commit": False,
        }
    )


def ends_of(world: World) -> dict[int, int]:
    consumer = asking(world)
    try:
        return {
            p: consumer.get_watermark_offsets(TopicPartition(ingest(world), p), timeout=10)[1]
            for p in range(PARTITIONS)
        }
    finally:
        consumer.close()


def committed_of(world: World) -> dict[int, int]:
    consumer = asking(world)
    try:
        asked = [TopicPartition(ingest(world), p) for p in range(PARTITIONS)]
        return {t.partition: max(t.offset, 0) for t in consumer.committed(asked, timeout=10)}
    finally:
        consumer.close()


@contextmanager
def worker(settings: Settings, failpoints: str = "") -> Iterator[Service]:
    """A started worker; killed at the end if it still runs."""
    extra = {}
    if failpoints:
        file = Path(settings.home) / f"failpoints-{settings.agent_slot}"
        file.write_text(failpoints)
        extra["STOREPULSE_FAILPOINT_FILE"] = str(file)
    service = Service("agents", settings, extra).start()
    try:
        yield service
    finally:
        if service.process is not None and service.process.poll() is None:
            service.kill()


def fresh_of(records: int) -> int:
    return records - records // 10


def test_one_of_two_workers_is_killed_in_the_middle_of_a_backlog(world: World) -> None:
    produce(world, clicks(0, 20_000))
    first = settings_of(world, agent_metrics_port=ports.free_port())
    second = settings_of(world, slot=1, agent_metrics_port=ports.free_port())
    # Killed at its ninth slice, with everything written, published and not committed.
    with worker(first, "slices.before_commit kill 9\n") as one:
        # The other one joins when this one is at work: alone it would leave it nothing.
        wait_for(lambda: accounted(world) > 0, 40, "the first slice")
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
        wait_for(lambda: accounted(world) > 0, 40, service.log.read_text)
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
    client = AdminClient({"bootstrap.servers": world.settings.kafka_bootstrap_servers})
    group = member_of(settings).group(settings)

    def forgotten() -> bool:
        # Static members stay in the group until their session ends.
        (future,) = client.delete_consumer_groups([group]).values()
        return future.exception() is None

    wait_for(forgotten, 15, "the group is never empty")
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
    client = AdminClient({"bootstrap.servers": world.settings.kafka_bootstrap_servers})
    with worker(settings) as service:
        drained(world, 200)
        (future,) = client.delete_topics([ingest(world)]).values()
        future.result(15)
        wait_for(lambda: made_again(world), 20, "the topic is not made again")
        produce(world, clicks(200, later))
        assert service.process is not None
        assert service.process.wait(50) == EXIT_UNEXPECTED
    with worker(settings) as service:
        # Records that were read under the old id count again as duplicates, and have no effect.
        wait_for(lambda: stored(world) >= fresh_of(200 + later), 40, lambda: str(stored(world)))
        drained(world, 200 + later)
        assert stored(world) == fresh_of(200 + later)


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


def test_postgresql_away_for_a_while(world: World) -> None:
    settings = settings_of(world)
    with worker(settings) as service:
        produce(world, clicks(0, 500))
        drained(world, 500)
        admin = without_connections(world)
        produce(world, clicks(500, 2_500))
        time.sleep(2)
        with_connections(world, admin)
        drained(world, 3_000)
        assert service.process is not None
        assert service.process.poll() is None, service.log.read_text()[-2_000:]
        assert_exact(world, 3_000, fresh_of(3_000))


def test_most_of_a_slice_bad_halts_and_acknowledges_nothing(world: World) -> None:
    import httpx

    settings = settings_of(world, dead_letter_halt_minimum=20)
    produce(world, [Record(b"s-1", b"not Avro")] * 100, partitions=1)
    with worker(settings) as service:
        service.wait_ready()

        def halted() -> bool:
            text = httpx.get(service.url + "/metrics", timeout=2).text
            return 'storepulse_agent_halted{stream="heatmap"} 1.0' in text

        wait_for(halted, 20, service.log.read_text)
        assert accounted(world) == 0
        assert committed_of(world) == dict.fromkeys(range(PARTITIONS), 0)
        assert service.kill(signal.SIGTERM) == 0
    assert accounted(world) == 0
    # A person raised the limit: the records are set aside.
    with worker(settings_of(world, dead_letter_halt_ratio=1)):
        drained(world, 100)
    with world.connect() as connection:
        assert connection.execute("SELECT count(*) FROM dead_letters").fetchone() == (100,)
