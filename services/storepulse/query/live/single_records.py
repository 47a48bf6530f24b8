"""Single records from Kafka, for the view of one event.

One consumer serves all requests in turn. It is closed after a while without requests.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.kafka.clients import BrokerAway, headers_of, is_unreadable, reader_config
from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import group_of

NAME = "-record"
TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.5
#: Most requests that wait for their turn.
MOST_WAITING = 8
KEPT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class SingleRecord:
    """A record in Kafka. `at_ms`: its timestamp."""

    offset: int
    at_ms: int
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class SingleRecords:
    """Reads single records."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer: Consumer | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._closing: asyncio.TimerHandle | None = None

    async def read(self, topic: str, partition: int, offset: int) -> SingleRecord | None:
        """The record, or None if Kafka has none at this offset, or no longer.

        Raises BrokerAway, and RequestRefused 503 if too many requests wait.
        """
        if self._waiting >= MOST_WAITING:
            raise RequestRefused.unavailable(
                "Too many look at once, try again", "TOO_MANY_READS", 1
            )
        self._waiting += 1
        try:
            async with self._turn:
                record = await asyncio.to_thread(self._read, topic, partition, offset)
        finally:
            self._waiting -= 1
        if self._closing is not None:
            self._closing.cancel()
        self._closing = asyncio.get_running_loop().call_later(KEPT_SECONDS, self._let_go)
        return record

    async def close(self) -> None:
        """Close the consumer."""
        if self._closing is not None:
            self._closing.cancel()
        async with self._turn:
            consumer, self._consumer = self._consumer, None
            if consumer is not None:
                await asyncio.to_thread(consumer.close)

    def _let_go(self) -> None:
        self._closing = None
        if self._waiting == 0 and self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            asyncio.get_running_loop().run_in_executor(None, consumer.close)

    def _read(self, topic: str, partition: int, offset: int) -> SingleRecord | None:
        if self._consumer is None:
            self._consumer = Consumer(
                {
                    **reader_config(
                        self._settings, group_of(self._settings.topic_prefix, "query") + NAME
                    ),
                    "enable.partition.eof": True,
                    "auto.offset.reset": "latest",
                    "fetch.wait.max.ms": 20,
                    "queued.min.messages": 1,
                    "queued.max.messages.kbytes": 1024,
                }
            )
        consumer = self._consumer
        try:
            consumer.assign([TopicPartition(topic, partition, offset)])
            return _await_record(consumer, topic, partition, offset)
        except KafkaException as error:
            raise BrokerAway(f"Kafka: {error}") from error
        finally:
            consumer.unassign()


def _await_record(
    consumer: Consumer, topic: str, partition: int, offset: int
) -> SingleRecord | None:
    """The next record. Raises KafkaException, BrokerAway."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        message: Any = consumer.poll(POLL_SECONDS)
        if message is None or (message.topic(), message.partition()) != (topic, partition):
            continue
        error = message.error()
        if error is None:
            if message.offset() != offset:
                return None
            at_ms = int(message.timestamp()[1])
            return SingleRecord(offset, at_ms, message.value(), headers_of(message))
        if is_unreadable(error) or error.code() == KafkaError._PARTITION_EOF:
            return None
        if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return None
        if not error.retriable():
            raise KafkaException(error)
    raise BrokerAway("Kafka: a record did not come in time")
