"""Events of every stream, from Kafka into PostgreSQL and `events.*`."""

from __future__ import annotations

import time

from confluent_kafka import Consumer, Producer
from tests.support.ingest_records import NOW_MS, STORE, Record, record
from tests.support.services import running
from tests.support.world import World

from storepulse.contracts.topics import load_catalog


def produce(world: World, topic: str, records: list[Record], partition: int = 0) -> None:
    producer = Producer({"bootstrap.servers": world.settings.kafka_bootstrap_servers})
    for r in records:
        producer.produce(topic, r.value, r.key, partition, headers=r.headers)
    assert producer.flush(15) == 0


def drained(world: World, records: int, seconds: float = 60) -> None:
    """Waits until the ledger has accounted for so many records."""
    deadline = time.monotonic() + seconds
    with world.connect() as connection:
        while True:
            row = connection.execute(
                "SELECT coalesce(sum(accepted), 0) FROM ledger_counts"
            ).fetchone()
            assert row is not None
            if row[0] >= records:
                return
            assert time.monotonic() < deadline, f"{row[0]} of {records} records accounted for"
            time.sleep(0.1)


def consumed(
    world: World, topic: str, seconds: float = 5
) -> list[tuple[bytes | None, dict[str, bytes]]]:
    consumer = Consumer(
        {
            "bootstrap.servers": world.settings.kafka_bootstrap_servers,
            "group.id": f"{topic}-reader",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
    )
    consumer.subscribe([topic])
    found = []
    ended: set[int] = set()
    deadline = time.monotonic() + seconds + 10
    while len(ended) < 4 and time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is None:
            continue
        if message.error():
            ended.add(message.partition())
            continue
        found.append((message.value(), dict(message.headers() or [])))
    consumer.close()
    return found


def test_each_stream_reaches_its_tables_once(world: World) -> None:
    catalog = load_catalog(world.settings.topic_prefix)
    sent = {
        "heatmap": [record("heatmap", n) for n in (1, 2, 2, 3)],
        "activity": [
            record("activity", 11),
            record("activity", 12, activity_type="purchase", value="19.99", currency="USD"),
        ],
        "cart": [record("cart", 21, session_id=None), record("cart", 22, product_id="p")],
        "landing": [record("landing", 31), record("landing", 32, event_type="AddToCart")],
    }
    for stream, records in sent.items():
        produce(world, catalog.ingest(stream), records)
    with running("agents", world.settings):
        drained(world, 10)
        with world.connect() as connection:
            assert connection.execute("SELECT sum(events) FROM heatmap_cells").fetchone() == (3,)
            assert connection.execute("SELECT count(*) FROM customer_activity").fetchone() == (2,)
            assert connection.execute("SELECT sessions FROM landing_hourly").fetchone() == (1,)
            assert connection.execute("SELECT carts FROM cart_hourly").fetchone() == (2,)
            assert connection.execute("SELECT events, pages FROM sessions").fetchone() == (2, 1)
            counts = connection.execute(
                "SELECT stream, store_id::text, accepted, applied, duplicate FROM ledger_counts"
                " ORDER BY 1"
            ).fetchall()
        assert counts == [
            ("activity", STORE, 2, 2, 0),
            ("cart", STORE, 2, 2, 0),
            ("heatmap", STORE, 4, 3, 1),
            ("landing", STORE, 2, 2, 0),
        ]
        published = consumed(world, catalog.events("heatmap"))
        assert [value for value, _ in published] == [
            r.value for r in (sent["heatmap"][i] for i in (0, 1, 3))
        ]
        assert all("event_id" in headers for _, headers in published)
    assert NOW_MS > 0
