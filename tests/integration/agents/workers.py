"""Workers as processes, what they read, and what must stand in PostgreSQL and Kafka afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from tests.support.ingest_records import Record, record
from tests.support.kafka_records import end_of
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.settings import Settings
from storepulse.agents.worker import member_of
from storepulse.contracts.topics import load_catalog

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
    producer = Producer(connection_config(world.settings))
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


def drained(world: World, records: int, seconds: float = 60) -> None:
    wait_until(
        lambda: accounted(world) >= records,
        lambda: f"{accounted(world)} of {records}",
        seconds=seconds,
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
    wait_until(
        lambda: committed_of(world) == ends,
        lambda: f"{committed_of(world)} of {ends}",
        seconds=10,
    )


def asking(world: World) -> Consumer:
    return Consumer(
        {
            **connection_config(world.settings),
            "group.id": member_of(world.settings).group_name(world.settings),
            "enable.auto.commit": False,
        }
    )


def ends_of(world: World) -> dict[int, int]:
    consumer = asking(world)
    try:
        return {p: end_of(consumer, TopicPartition(ingest(world), p)) for p in range(PARTITIONS)}
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
