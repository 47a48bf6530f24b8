"""Kafka's offsets of the agents' group: where they are, and setting them back."""

from __future__ import annotations

import psycopg
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from tests.fault.stack import Stack
from tests.support.waiting import wait_until

from storepulse.adapters.kafka.clients import connection_config

PARTITIONS = 4
#: A killed worker is a member until its session ends.
EMPTY_SECONDS = 25.0


def ingest_partitions(stack: Stack) -> list[TopicPartition]:
    """Every partition that the agents read."""
    topics = [stack.catalog.ingest(stream) for stream in stack.catalog.streams]
    return [TopicPartition(topic, p) for topic in topics for p in range(PARTITIONS)]


def rewind(stack: Stack) -> int:
    """Moves the whole group to offset 0; its workers must be away. The number of partitions."""
    admin = AdminClient(connection_config(stack.direct))
    wanted = [TopicPartition(tp.topic, tp.partition, 0) for tp in ingest_partitions(stack)]

    def is_moved() -> bool:
        future = admin.alter_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(stack.group, wanted)]
        )[stack.group]
        return all(tp.error is None for tp in future.result(timeout=10).topic_partitions)

    wait_until(
        is_moved,
        "the group keeps its members",
        seconds=EMPTY_SECONDS,
        ignoring=KafkaException,
        pause=0.5,
    )
    return len(wanted)


def waiting(stack: Stack) -> dict[str, int]:
    """Partitions where something waits, with how much: by the ledger and by Kafka's commit.

    Raises KafkaException or psycopg.Error while a server is away.
    """
    reader = Consumer({**connection_config(stack.direct), "group.id": stack.group})
    try:
        committed = reader.committed(ingest_partitions(stack), timeout=10)
        ends = {
            (tp.topic, tp.partition): reader.get_watermark_offsets(tp, timeout=10)[1]
            for tp in committed
        }
    finally:
        reader.close()
    with psycopg.connect(stack.direct.dsn, connect_timeout=5, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT topic, partition, coalesce(upper(applied), 0) FROM ledger_partitions"
            " WHERE consumer_group = %s",
            [stack.group],
        ).fetchall()
    ledger = {(topic, partition): end for topic, partition, end in rows}
    left: dict[str, int] = {}
    for tp in committed:
        place = (tp.topic, tp.partition)
        behind = ends[place] - min(max(0, tp.offset), ledger.get(place, 0))
        if behind:
            left[f"{tp.topic}[{tp.partition}]"] = behind
    return left
