"""Those who write Avro to Kafka themselves meet the gateway's rules, in the running agents."""

from __future__ import annotations

from typing import Any

from confluent_kafka import Producer
from tests.integration.agents.workers import settings_of, worker
from tests.support.ingest_records import NOW_MS, Record, event_id, record
from tests.support.kafka_records import records_of
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.kafka.clients import connection_config
from storepulse.contracts.topics import load_catalog
from storepulse.exactness.audit import audit
from storepulse.exactness.recount import recount

YEAR_9999 = 253_402_214_400_000

#: stream, fields, field that is named
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("activity", {"page_url": "javascript:alert(1)"}, "page_url"),
    ("activity", {"occurred_at": YEAR_9999, "received_at": NOW_MS}, "occurred_at"),
    ("activity", {"quantity": -5}, "quantity"),
    ("activity", {"currency": "euros"}, "currency"),
    ("activity", {"value": "1000000000000"}, "value"),
    ("activity", {"session_id": "no session"}, "session_id"),
    ("activity", {"event_id": event_id(77).upper()}, "event_id"),
    ("activity", {"store_id": "n" * 36}, "store_id"),
    ("activity", {"ip": "1.2.3"}, "ip"),
    ("activity", {"product_name": "a\0"}, "product_name"),
    ("activity", {"activity_type": "purchase", "order_id": "1", "items": "[{"}, "items"),
    ("activity", {"activity_type": "purchase", "items": "[]"}, "items"),
    ("heatmap", {"page_url": "javascript:alert(1)"}, "page_url"),
    ("heatmap", {"y": 200_001}, "y"),
    ("cart", {"received_at": YEAR_9999, "occurred_at": YEAR_9999}, "received_at"),
    ("cart", {"product_url": "https://a.example/" + "x" * 2_048}, "product_url"),
    ("landing", {"landing_page_id": ""}, "landing_page_id"),
    (
        "landing",
        {"event_type": "Purchase", "items": '[{"product_id":"1","quantity":1,"price":"NaN"}]'},
        "items[0].price",
    ),
]


def rows(world: World, query: str) -> list[tuple[Any, ...]]:
    with world.connect() as connection:
        return list(connection.execute(query.encode()).fetchall())


def test_each_broken_rule_is_a_dead_letter_and_never_in_events(world: World) -> None:
    catalog = load_catalog(world.settings.topic_prefix)
    producer = Producer(connection_config(world.settings))
    sent: dict[str, list[Record]] = {}
    for n, (stream, fields, _) in enumerate(BAD):
        for made in (record(stream, 2 * n), record(stream, 2 * n + 1, **fields)):
            producer.produce(catalog.ingest(stream), made.value, made.key, n % 2)
        sent.setdefault(stream, []).append(record(stream, 2 * n))
    assert producer.flush(20) == 0
    settings = settings_of(world, agent_streams="")
    with worker(settings) as service:
        counted = "SELECT coalesce(sum(accepted), 0)::int FROM ledger_counts"
        wait_until(
            lambda: rows(world, counted) == [(2 * len(BAD),)], service.log.read_text, seconds=60
        )
        assert service.stop() == 0
    dead = rows(world, "SELECT stream, field FROM dead_letters WHERE stage = 'validate'")
    assert sorted(dead) == sorted((stream, field) for stream, _, field in BAD)
    assert rows(world, "SELECT count(*) FROM dead_letters WHERE reason = ''") == [(0,)]
    assert rows(world, "SELECT sum(dead)::int, sum(applied)::int FROM ledger_counts") == [
        (len(BAD), len(BAD))
    ]
    for stream, good in sent.items():
        clean = records_of(settings, catalog.events(stream), lambda _message: True)
        assert sorted(m.value() for m in clean) == sorted(r.value for r in good if r.value)
    found = audit(settings)
    assert [*found.findings, *recount(settings, found)] == []
