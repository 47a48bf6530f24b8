"""A worker closes months and meters its own work by itself, by a clock that a test sets."""

from __future__ import annotations

from pathlib import Path
from time import time

import psycopg
from confluent_kafka import Producer
from tests.support.ingest_records import STORE, Record, record
from tests.support.services import running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.kafka.clients import connection_config
from storepulse.contracts.topics import load_catalog

METERS = "SELECT meter, sum::int FROM usage_current WHERE meter <> 'storage_bytes' ORDER BY meter"
STATEMENTS = "SELECT count(*)::int FROM usage_statements WHERE hash IS NOT NULL"
DAYS = 86_400


def produce(world: World, stream: str, records: list[Record]) -> None:
    producer = Producer(connection_config(world.settings))
    for one in records:
        producer.produce(load_catalog(world.settings.topic_prefix).ingest(stream), *pair(one))
    assert producer.flush(20) == 0


def pair(one: Record) -> tuple[bytes | None, bytes | None]:
    return one.value, one.key


def test_a_worker_meters_and_closes_by_itself(world: World, tmp_path: Path) -> None:
    settings = world.settings.model_copy(
        update={"agent_streams": "activity,usage", "usage_meter_seconds": 1.0}
    )
    clock = tmp_path / "clock"
    clock.write_text("0")
    now = int(time() * 1000)
    times = {"occurred_at": now, "received_at": now}
    produce(world, "activity", [record("activity", n, **times) for n in range(7)])
    produce(world, "usage", [record("usage", n, **times) for n in range(3)])

    def rows(connection: psycopg.Connection[tuple[object, ...]], query: str) -> list[object]:
        return list(connection.execute(query.encode()).fetchall())

    with world.connect() as connection:
        extra = {"STOREPULSE_CLOCK_FILE": str(clock)}
        with running("agents", settings, extra):
            wanted = [("event", 7), ("sms_sent", 3)]
            wait_until(lambda: rows(connection, METERS) == wanted, seconds=30)
            assert rows(connection, STATEMENTS) == [(0,)]
        clock.write_text(str(32 * DAYS))
        with running("agents", settings, extra):
            wait_until(lambda: rows(connection, STATEMENTS) != [(0,)], seconds=30)
        # `event` and `storage_bytes` are an event of usage each.
        counted = "SELECT sum(events)::int FROM usage_statements"
        assert rows(connection, counted) == [(5,)]
        owner = "SELECT DISTINCT store_id::text FROM usage_statements"
        assert rows(connection, owner) == [(STORE,)]
