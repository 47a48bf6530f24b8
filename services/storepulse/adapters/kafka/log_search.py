"""Find the first readable record at or after an offset, in several partitions.

Offsets alone do not show it: transaction markers, aborted, compacted and expired records leave
gaps, and nothing after an open transaction is readable. So this reads committed records until it
finds one or reaches the readable end.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from storepulse.adapters.kafka.clients import is_unreadable, reader_config
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Transient

#: (topic, number) of a partition -> an offset.
Offsets = Mapping[tuple[str, int], int]

POLL_SECONDS = 0.5


class LogSearch:
    """Searches several partitions at once; a context manager.

    Progress is kept: if a search times out, another call of `first_offsets` continues it.
    """

    def __init__(self, settings: Settings, name: str, starts: Offsets) -> None:
        """`name` is the client id and the group id. The group commits nothing."""
        self._offsets: dict[tuple[str, int], int | None] = {}
        self._unsearched = set(starts)
        self._consumer = Consumer(
            {
                **reader_config(settings, name),
                "enable.partition.eof": True,
                # One record of each is enough, and an end should be reported at once.
                "fetch.wait.max.ms": 20,
                "queued.max.messages.kbytes": 4096,
            }
        )
        self._consumer.assign([TopicPartition(*key, starts[key]) for key in starts])

    def __enter__(self) -> LogSearch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the client."""
        self._consumer.close()

    def first_offsets(self, seconds: float) -> dict[tuple[str, int], int | None]:
        """The offset of each partition's first record; None if none is readable up to the end.

        Raises Transient if that takes longer than `seconds`.
        """
        offsets = self.search(seconds)
        if self._unsearched:
            topic, partition = min(self._unsearched)
            raise Transient(f"Kafka: {topic}[{partition}] does not tell what it has")
        return offsets

    def search(self, seconds: float) -> dict[tuple[str, int], int | None]:
        """The same for those partitions that were searched within `seconds`."""
        until = time.monotonic() + seconds
        while self._unsearched and (seconds_left := until - time.monotonic()) > 0:
            try:
                message: Any = self._consumer.poll(min(POLL_SECONDS, seconds_left))
            except KafkaException as error:
                raise Transient(f"Kafka: {error}") from error
            if message is not None:
                self._take(message)
        return dict(self._offsets)

    def _take(self, message: Any) -> None:
        error, key = message.error(), (message.topic(), message.partition())
        if error is not None and is_unreadable(error):
            # A record is there, although it is unreadable.
            error = None
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            if error.retriable():
                return
            raise Transient(f"Kafka: {error}")
        if key in self._unsearched:
            self._unsearched.discard(key)
            self._offsets[key] = None if error is not None else message.offset()
            self._consumer.pause([TopicPartition(*key)])
