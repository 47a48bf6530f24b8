"""A producer that writes in Kafka's transactions, as other teams' do."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from confluent_kafka import Consumer, Producer
from tests.support.ingest_records import Record
from tests.support.waiting import wait_until

from storepulse.adapters.kafka.clients import connection_config, read_bounds, reader_config
from storepulse.adapters.settings import Settings

SECONDS = 30.0

Outcome = Literal["committed", "aborted", "open"]


class Transactions:
    """Transactions one after the other; one that is left open ends with the next one, aborted."""

    def __init__(self, settings: Settings) -> None:
        self._producer = Producer(
            {
                **connection_config(settings),
                "transactional.id": f"{settings.topic_prefix}{uuid.uuid4().hex[:8]}",
                "transaction.timeout.ms": 120_000,
                "log_level": 0,
            }
        )
        self._producer.init_transactions(SECONDS)
        self._open = False
        #: Of the last transaction: where it lies, and the log's end once its marker is there.
        self._written: tuple[str, int, int] = ("", 0, 0)
        config = reader_config(settings, "transactions-of-others")
        self._reader = Consumer(config | {"isolation.level": "read_uncommitted"})

    def send(
        self, topic: str, partition: int, records: Iterable[Record], outcome: Outcome = "committed"
    ) -> None:
        """Writes records in a transaction; the broker has them, and the marker where it ended."""
        self.abort()
        end = self._end_of(topic, partition)
        self._producer.begin_transaction()
        self._open = True
        sent = list(records)
        self._written = (topic, partition, end + len(sent) + 1)
        for r in sent:
            # Lists are invariant, and librdkafka's may hold more than ours.
            self._producer.produce(topic, r.value, r.key, partition, headers=[*r.headers])
            self._producer.poll(0)
        assert self._producer.flush(SECONDS) == 0
        if outcome == "aborted":
            self.abort()
        elif outcome == "committed":
            self._producer.commit_transaction(SECONDS)
            self._open = False
            self._wait_for_marker()

    def abort(self) -> None:
        """Ends a transaction that is open."""
        if self._open:
            self._producer.abort_transaction(SECONDS)
            self._open = False
            self._wait_for_marker()

    def _wait_for_marker(self) -> None:
        """The broker answers once the end is decided; it writes the marker a moment later."""
        topic, partition, end = self._written
        wait_until(lambda: self._end_of(topic, partition) >= end, "the transaction's marker")

    def _end_of(self, topic: str, partition: int) -> int:
        return read_bounds(self._reader, topic, partition, SECONDS)[1]

    def close(self) -> None:
        """Ends what is open, and lets go of the reader."""
        self.abort()
        self._reader.close()


@contextmanager
def transactions(settings: Settings) -> Iterator[Transactions]:
    """A producer of transactions; none stays open."""
    made = Transactions(settings)
    try:
        yield made
    finally:
        made.close()
