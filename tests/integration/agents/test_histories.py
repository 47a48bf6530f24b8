"""Whole histories through two workers, one of which is killed: every table is as the plain model
makes it of what reached Kafka, and the audit's recount finds the same."""

from __future__ import annotations

import json
import random
import time

import pytest
from confluent_kafka import Producer
from tests.integration.agents.histories import History, history_of
from tests.integration.agents.workers import accounted, drained, worker
from tests.support import commands
from tests.support.ingest_records import Record, record
from tests.support.world import World

from storepulse.adapters.kafka.clients import connection_config
from storepulse.contracts.topics import load_catalog
from storepulse.exactness.ingest_records import IngestRecord, event_of
from storepulse.exactness.model import comparison
from storepulse.exactness.model.days import stored_zones
from storepulse.exactness.model.tables import expected
from storepulse.exactness.recounted_tables import FreshEvents
from storepulse.exactness.snapshot import TableScope
from storepulse.local import ports

#: A machine that is busy may take its time.
PATIENCE = 150
pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("stores", [60, pytest.param(200, marks=pytest.mark.long)])
def test_the_tables_are_what_the_model_makes_of_any_history(world: World, stores: int) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    history = history_of(seed, stores)
    records = [(t.stream, record(t.stream, n, **t.fields)) for n, t in enumerate(history.tellings)]
    declare_stores(world, history)
    process(world, records)

    fresh = fresh_events(records)
    with world.connect() as connection:
        wanted = expected(fresh.events, fresh.arrived_at, stored_zones(connection))
        stored = comparison.stored_tables(connection)
    found = comparison.differences(wanted, stored, comparison.QUERIES)
    assert not found, str(found)
    empty = [table for table, count in found.rows.items() if not count]
    # Experiments have histories of their own: tests/integration/experiments/test_races.py.
    assert [table for table in empty if not table.startswith(("ab_", "experiment_"))] == []
    code, out, err = commands.run(world.settings, "audit", "--recount", "--json", seconds=90)
    assert out, err
    assert (code, json.loads(out)["findings"]) == (0, [])


def declare_stores(world: World, history: History) -> None:
    with world.connect() as connection, connection.cursor() as cursor:
        for store in history.stores:
            if store.zones:
                cursor.execute("INSERT INTO stores (store_id) VALUES (%s)", [store.store_id])
            cursor.executemany(
                "INSERT INTO store_time_zones VALUES (%s, %s, %s)",
                [(store.store_id, *zone) for zone in store.zones],
            )


def process(world: World, records: list[tuple[str, Record]]) -> None:
    """Half of the records meet two workers, of which one is killed amid them; the other half comes
    while it is gone."""
    settings = [
        world.settings.model_copy(
            update={
                "agent_slot": slot,
                "agent_slice_records": 100,
                "agent_session_timeout_seconds": 3.0,
                "agent_metrics_port": ports.free_port(),
            }
        )
        for slot in (0, 1)
    ]
    half = len(records) // 2
    with worker(settings[0]) as first, worker(settings[1]) as second:
        first.wait_ready(PATIENCE)
        second.wait_ready(PATIENCE)
        produce(world, records[:half])
        until = time.monotonic() + PATIENCE
        while accounted(world) < half // 4 and time.monotonic() < until:
            time.sleep(0.01)
        second.kill()
        produce(world, records[half:])
        second.start()
        drained(world, len(records), PATIENCE)


def produce(world: World, records: list[tuple[str, Record]]) -> None:
    catalog = load_catalog(world.settings.topic_prefix)
    producer = Producer(connection_config(world.settings) | {"enable.idempotence": True})
    for stream, each in records:
        producer.produce(catalog.ingest(stream), each.value, each.key)
        producer.poll(0)
    assert producer.flush(20) == 0


def fresh_events(records: list[tuple[str, Record]]) -> FreshEvents:
    """The first copy of each event: all copies have one key, and so lie in one partition."""
    fresh, seen = FreshEvents(TableScope(None, len(records))), set()
    for offset, (stream, each) in enumerate(records):
        event = event_of(stream, each.key, each.value)
        assert event is not None
        key = (event["store_id"], stream, event["event_id"])
        if key not in seen:
            seen.add(key)
            fresh.add(stream, IngestRecord(0, offset, 0, event))
    return fresh
