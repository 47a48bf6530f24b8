"""Where partitions continue, by ledger and log of a real broker."""

from __future__ import annotations

import asyncio

import pytest
from confluent_kafka import Producer, TopicPartition
from tests.integration.agents.slices import Bench, read

from storepulse.adapters.kafka.clients import connection_config, make_admin_client
from storepulse.adapters.kafka.topics import topic_ids
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Transient
from storepulse.slices.partitions import Partitions

RECORDS = 5


@pytest.fixture
def topic(bench: Bench) -> str:
    name = load_catalog(bench.world.settings.topic_prefix).ingest("landing")
    producer = Producer(connection_config(bench.world.settings))
    for n in range(0 if read(bench.world, name, 1) else RECORDS):
        producer.produce(name, b"%d" % n, partition=1)
    assert producer.flush(10) == 0
    return name


def positions(bench: Bench, topic: str, upper: int | None) -> dict[tuple[str, int], int | None]:
    ids = topic_ids(bench.world.settings, [topic])
    if upper is not None:
        bench.rows(
            "INSERT INTO ledger_partitions (consumer_group, topic_id, partition, topic, applied)"
            " VALUES ('group', %s, 1, %s, int8multirange(int8range(0, %s))) RETURNING 1",
            ids[topic], topic, upper,
        )  # fmt: skip
    partitions = Partitions(bench.world.settings, "group", ids)
    found = asyncio.run(partitions.read_positions({(topic, 0), (topic, 1)}))
    partitions.close()
    return dict(found)


@pytest.mark.parametrize("upper", [None, 0, 3, RECORDS])
def test_the_ledger_says_where_to_continue(bench: Bench, topic: str, upper: int | None) -> None:
    assert positions(bench, topic, upper) == {(topic, 0): None, (topic, 1): upper}


def test_a_log_that_lost_its_end_takes_its_offsets_back(bench: Bench, topic: str) -> None:
    bench.topic = topic
    assert positions(bench, topic, 90) == {(topic, 0): None, (topic, 1): RECORDS}
    assert sorted(bench.applied(1)) == [(0, RECORDS), (RECORDS, 90)]
    (ids,) = bench.rows(
        "SELECT array_agg(topic_id ORDER BY applied) FROM ledger_partitions"
        " WHERE topic = %s AND partition = 1", topic,
    )  # fmt: skip
    log, lost = ids[0]
    assert lost.startswith(f"{log}~"), "what was done of the lost tail stays, under its own name"


def test_what_a_lost_tail_left_makes_room_for_the_new_one(bench: Bench, topic: str) -> None:
    """Else a letter at an offset that is given out again would be kept in Kafka alone."""
    id_of_topic = topic_ids(bench.world.settings, [topic])[topic]
    letters = (RECORDS - 1, RECORDS, 70)
    for offset in letters:
        bench.rows(
            "INSERT INTO dead_letters"
            ' (stream, stage, reason, topic, topic_id, partition, "offset", code_version)'
            " VALUES ('landing', 'decode', 'test', %s, %s, 1, %s, 'test') RETURNING 1",
            topic, id_of_topic, offset,
        )  # fmt: skip
    bench.rows(
        "INSERT INTO ledger_gaps (consumer_group, topic_id, partition, lower_offset, upper_offset)"
        " VALUES ('group', %s, 1, 1, 2), ('group', %s, 1, 60, 61) RETURNING 1",
        id_of_topic, id_of_topic,
    )  # fmt: skip
    positions(bench, topic, 90)
    kept = bench.rows(
        'SELECT "offset" FROM dead_letters WHERE topic = %s AND topic_id = %s', topic, id_of_topic
    )
    assert kept == [(RECORDS - 1,)]
    every = bench.rows('SELECT "offset" FROM dead_letters WHERE topic = %s ORDER BY 1', topic)
    assert [row[0] for row in every] == list(letters), "no letter is lost"
    gaps = bench.rows(
        "SELECT lower_offset FROM ledger_gaps WHERE topic_id = %s ORDER BY 1", id_of_topic
    )
    assert gaps == [(1,)]


def test_a_topic_made_again_leaves_the_old_ledger_alone(bench: Bench, topic: str) -> None:
    bench.topic = topic
    bench.rows(
        "INSERT INTO ledger_partitions (consumer_group, topic_id, partition, topic, applied)"
        " VALUES ('group', 'old', 1, %s, int8multirange(int8range(0, 90))) RETURNING 1", topic,
    )  # fmt: skip
    partitions = Partitions(bench.world.settings, "group", {topic: "old"})
    assert asyncio.run(partitions.read_positions({(topic, 1)})) == {(topic, 1): 90}
    assert bench.applied(1) == [(0, 90)]
    assert not partitions.are_all_unchanged()
    assert not partitions.is_unchanged(partitions.source_of(topic, 1))
    partitions.close()


def test_bounds_and_what_has_none(bench: Bench, topic: str) -> None:
    partitions = Partitions(bench.world.settings, "group", topic_ids(bench.world.settings, [topic]))
    assert (partitions.read_beginning(topic, 1), partitions.read_end(topic, 1)) == (0, RECORDS)
    assert partitions.are_all_unchanged()
    with pytest.raises(Transient):
        partitions.read_end("no.such.topic", 0)
    partitions.close()


@pytest.mark.parametrize(
    ("lower", "upper", "held"), [(0, 1, True), (2, 4, True), (RECORDS, RECORDS + 4, False)]
)
def test_the_log_tells_whether_it_holds_a_record(
    bench: Bench, topic: str, lower: int, upper: int, held: bool
) -> None:
    partitions = Partitions(bench.world.settings, "group", {topic: "id"})
    assert partitions.holds_record(topic, 1, lower, upper) is held
    assert not partitions.holds_record(topic, 0, 0, 9), "an empty log holds none"
    partitions.close()


def test_a_log_cut_at_its_beginning_holds_nothing_before(bench: Bench, topic: str) -> None:
    at = [TopicPartition(topic, 1, 3)]
    client = make_admin_client(bench.world.settings)
    for future in client.delete_records(at).values():
        future.result()
    partitions = Partitions(bench.world.settings, "group", {topic: "id"})
    assert not partitions.holds_record(topic, 1, 0, 3)
    assert partitions.holds_record(topic, 1, 0, 4)
    partitions.close()
