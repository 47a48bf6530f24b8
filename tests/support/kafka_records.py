"""All records of a topic, for tests that look at what was written to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from tests.support.waiting import wait_until

from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.settings import Settings


def records_of(
    settings: Settings, topic: str, wanted: Callable[[Message], bool] = lambda _: True
) -> list[Message]:
    """The records from the topic's beginning to its present end that are `wanted`."""
    consumer: Any = Consumer(
        {
            **connection_config(settings),
            "group.id": f"{settings.topic_prefix}reader",
            "enable.auto.commit": False,
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
        ends = {p: end_of(consumer, TopicPartition(topic, p)) for p in partitions}
        left = {p for p, end in ends.items() if end > 0}
        consumer.assign([TopicPartition(topic, p, 0) for p in left])
        found: list[Message] = []
        deadline = time.monotonic() + 40
        while left:
            assert time.monotonic() < deadline, f"{topic}: {left} of {ends} not read"
            for message in consumer.consume(500, 0.5):
                assert message.error() is None, message.error()
                found.append(message)
                if message.offset() + 1 >= ends[message.partition()]:
                    left.discard(message.partition())
        return [message for message in found if wanted(message)]
    finally:
        consumer.close()


def end_of(consumer: Consumer, partition: TopicPartition) -> int:
    """Offset after the last record; a topic that is new has no leader for a moment."""
    bounds = wait_until(
        lambda: consumer.get_watermark_offsets(partition, timeout=20),
        seconds=30,
        ignoring=KafkaException,
    )
    return int(bounds[1])
