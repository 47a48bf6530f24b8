"""Events of every stream, from Kafka into PostgreSQL and `events.*`."""

from __future__ import annotations

from confluent_kafka import Producer
from tests.integration.agents.workers import drained
from tests.support.ingest_records import STORE, Record, record
from tests.support.kafka_records import records_of
from tests.support.services import running
from tests.support.world import World

from storepulse.adapters.kafka.clients import connection_config
from storepulse.contracts.topics import load_catalog


def produce(world: World, topic: str, records: list[Record], partition: int = 0) -> None:
    producer = Producer(connection_config(world.settings))
    for r in records:
        producer.produce(topic, r.value, r.key, partition, headers=r.headers)
    assert producer.flush(15) == 0


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
        "bot": [record("bot", 41), record("bot", 42, client_id="-1001"), record("bot", 42)],
    }
    for stream, records in sent.items():
        produce(world, catalog.ingest(stream), records)
    with running("agents", world.settings):
        drained(world, 13)
        with world.connect() as connection:
            assert connection.execute("SELECT sum(events) FROM heatmap_cells").fetchone() == (3,)
            assert connection.execute("SELECT count(*) FROM customer_activity").fetchone() == (2,)
            assert connection.execute("SELECT sessions FROM landing_hourly").fetchone() == (1,)
            assert connection.execute("SELECT carts FROM cart_hourly").fetchone() == (2,)
            assert connection.execute("SELECT count(*) FROM bot_users").fetchone() == (2,)
            assert connection.execute("SELECT events, pages FROM sessions").fetchone() == (2, 1)
            counts = connection.execute(
                "SELECT stream, store_id::text, accepted, applied, duplicate FROM ledger_counts"
                " ORDER BY 1"
            ).fetchall()
        assert counts == [
            ("activity", STORE, 2, 2, 0),
            ("bot", STORE, 3, 2, 1),
            ("cart", STORE, 2, 2, 0),
            ("heatmap", STORE, 4, 3, 1),
            ("landing", STORE, 2, 2, 0),
        ]
        published = records_of(world.settings, catalog.events("heatmap"))
        assert [message.value() for message in published] == [
            r.value for r in (sent["heatmap"][i] for i in (0, 1, 3))
        ]
        assert all("event_id" in dict(message.headers() or []) for message in published)
