"""The recount of events whose copies lie in several partitions: of one store's it says so, and all
others' are compared."""

from __future__ import annotations

import json
from typing import Any

from confluent_kafka import Producer
from tests.integration.agents.workers import drained, settings_of, worker
from tests.support import commands
from tests.support.ingest_records import NOW_MS, STORE, Record, record
from tests.support.world import World

from storepulse.adapters.kafka.clients import connection_config
from storepulse.contracts.topics import load_catalog

HOUR = 3_600_000
OTHER = "7f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"


def put(world: World, partition: int, *records: tuple[str, Record]) -> None:
    catalog = load_catalog(world.settings.topic_prefix)
    producer = Producer(connection_config(world.settings))
    for stream, each in records:
        producer.produce(catalog.ingest(stream), each.value, each.key, partition)
    assert producer.flush(20) == 0


def copy(stream: str, number: int, **fields: Any) -> tuple[str, Record]:
    """One of the copies of an event, which a client sent under several sessions."""
    own: dict[str, Any] = {
        "activity": {"activity_type": "purchase", "order_id": f"o-{number}", "value": "5"},
        "heatmap": {"page_url": f"https://shop.example/{number}"},
    }[stream]
    told = {"session_id": f"s-{number}", "received_at": NOW_MS + number * HOUR}
    return stream, record(stream, 1, **told | own | fields)


def audited(world: World, *words: str) -> tuple[int, dict[str, Any]]:
    code, out, err = commands.run(world.settings, "audit", "--recount", "--json", *words)
    assert out, err
    return code, json.loads(out)


def test_one_id_under_many_sessions_blinds_nobody(world: World) -> None:
    settings = settings_of(world, agent_streams="activity,heatmap")
    others = [("activity", record("activity", 1, store_id=OTHER, session_id="s-3"))]
    others += [("heatmap", record("heatmap", n, store_id=OTHER)) for n in range(4)]
    with worker(settings) as service:
        # The last partition that a recount reads has the copy that is applied.
        put(world, 3, copy("activity", 3), copy("heatmap", 3), *others)
        drained(world, 7)
        for n in range(3):
            put(world, n, copy("activity", n), copy("activity", n), copy("heatmap", n))
        drained(world, 16)
        assert service.stop() == 0

    code, found = audited(world)
    assert (code, found["findings"]) == (4, [])
    counts, tables = found["not_compared"]
    for line in (counts, tables):
        assert line.startswith("heatmap: copies"), line
        assert STORE in line
        assert OTHER not in line
    code, out, err = commands.run(settings, "audit", "--recount")
    assert (code, out.count("not compared: "), "all agrees" in out) == (4, 2, False), out + err
    assert audited(world, "--store", OTHER) == (0, found | {"not_compared": []})

    with world.connect() as connection:
        for statement in (
            "UPDATE heatmap_elements SET hovers = hovers + 1",
            "UPDATE customer_activity SET product_name = 'Mug'",
            "UPDATE orders SET amount = 6",
        ):
            connection.execute(statement.encode())
    code, found = audited(world)
    lines = [line for line in found["findings"] if line.endswith(" stored")]
    assert code == 1
    assert sorted((line.split()[0], STORE in line) for line in lines) == [
        ("customer_activity", False), ("customer_activity", True),
        ("heatmap_elements", False), ("orders", True),
    ]  # fmt: skip
    with world.connect() as connection:
        connection.execute(b"UPDATE customer_activity SET session_id = 's-7'")
    _, found = audited(world)
    (strange,) = (line for line in found["findings"] if "none of its copies" in line)
    assert strange.startswith(f"activity {STORE}")
