"""The horizon moves once the ledger has reached what Kafka had."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from confluent_kafka import Producer
from tests.support.ingest_records import NOW_MS, record
from tests.support.world import World

from storepulse.adapters.kafka.clients import connection_config
from storepulse.agents import applied_horizon
from storepulse.agents.applied_horizon import AppliedHorizon
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Transient
from storepulse.exactness.model.events import moment

NOW, SECOND = moment(NOW_MS), timedelta(seconds=1)


def test_nothing_is_certain_before_all_is_applied(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = load_catalog(world.settings.topic_prefix)
    topic, waiting = catalog.ingest("cart"), record("cart")
    producer = Producer(connection_config(world.settings))
    for _ in range(2):
        producer.produce(topic, waiting.value, waiting.key, 1)
    assert producer.flush(20) == 0
    horizon = AppliedHorizon(world.settings_of("agents"), catalog, "agents")

    def look(seconds: int) -> object:
        while True:
            try:
                with world.connect() as connection:
                    return horizon.look(connection, NOW + seconds * SECOND)
            except Transient:  # the leaders of new topics are not known at once
                time.sleep(0.2)

    def apply(end: int, topic_id: str = "id") -> None:
        with world.connect() as connection:
            connection.execute(
                "INSERT INTO ledger_partitions (consumer_group, topic_id, partition, topic,"
                " applied) VALUES ('agents', %s, 1, %s, int8multirange(int8range(0, %s)))"
                " ON CONFLICT (consumer_group, topic_id, partition)"
                " DO UPDATE SET applied = EXCLUDED.applied",
                [topic_id, topic, end],
            )

    assert [look(0), look(1)] == [None, None]
    apply(1)
    apply(9, "id~lost")
    assert look(2) is None
    apply(2)
    assert look(3) == NOW
    assert look(4) == NOW + 3 * SECOND
    producer.produce(topic, waiting.value, waiting.key, 1)
    assert producer.flush(20) == 0
    # What was noted before that is applied; what comes after it is not.
    assert look(5) == NOW + 4 * SECOND
    assert look(6) == look(7) == NOW + 4 * SECOND
    monkeypatch.setattr(applied_horizon, "LONGEST_SECONDS", 0.0)
    assert look(8) == NOW + 5 * SECOND
