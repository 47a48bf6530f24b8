"""The metric of the ledger's agreement with itself."""

from __future__ import annotations

import uuid

from tests.support.ingest_records import STORE
from tests.support.world import World

from storepulse.adapters import metrics
from storepulse.agents.ledger_watch import compare_ledger
from storepulse.contracts.topics import load_catalog
from storepulse.exactness.audit import GROUP


def shown() -> dict[str, float]:
    samples = [s for family in metrics.LEDGER_MISMATCH.collect() for s in family.samples]
    return {sample.labels["stream"]: sample.value for sample in samples}


def test_offsets_and_counts_are_compared_by_stream(world: World) -> None:
    catalog = load_catalog(world.settings.topic_prefix)
    group, topic_id = world.settings.topic_prefix + GROUP, str(uuid.uuid4())
    agreeing = dict.fromkeys(catalog.streams, 0)
    compare_ledger(world.settings_of("agents"))
    assert shown() == agreeing
    with world.connect() as connection:
        for partition, (first, end) in enumerate([(0, 70), (5, 40)]):
            connection.execute(
                "INSERT INTO ledger_partitions (consumer_group, topic_id, partition, topic,"
                " applied) VALUES (%s, %s, %s, %s, int8multirange(int8range(%s, %s)))",
                [group, topic_id, partition, catalog.ingest("cart"), first, end],
            )
        # Delivery reads for itself: its ledger counts nothing.
        connection.execute(
            "INSERT INTO ledger_partitions (consumer_group, topic_id, partition, topic, applied)"
            " VALUES ('delivery', %s, 0, %s, '{[0,9)}')",
            [topic_id, catalog.ingest("cart")],
        )
        connection.execute(
            "INSERT INTO ledger_gaps (consumer_group, topic_id, partition, lower_offset,"
            " upper_offset) VALUES (%s, %s, 1, 10, 15)",
            [group, topic_id],
        )
        for hour, accepted in (("2026-11-21T06:00Z", 60), ("2026-11-21T07:00Z", 40)):
            connection.execute(
                "INSERT INTO ledger_counts (stream, store_id, hour, accepted, applied)"
                " VALUES ('cart', %s, %s, %s, %s)",
                [STORE, hour, accepted, accepted],
            )
        compare_ledger(world.settings_of("agents"))
        assert shown() == agreeing
        connection.execute(
            "UPDATE ledger_counts SET accepted = 37, applied = 37 WHERE applied = 40"
        )
    compare_ledger(world.settings_of("agents"))
    assert shown() == agreeing | {"cart": 3}
