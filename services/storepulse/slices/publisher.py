"""Publisher of a slice's records to `events.*` and `dlq.*`, which waits for acknowledgement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from storepulse.adapters.kafka.clients import make_producer
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Transient

#: Below the timeout of an idle transaction in the database, so that this fails first.
ACKNOWLEDGE_SECONDS = 3.0

Headers = Sequence[tuple[str, bytes | None]]


class FatalProducer(Exception):
    """librdkafka's idempotent producer failed permanently: the process must exit."""


class TooLarge(Exception):
    """A record too large for Kafka; `index` is its place among the records of the call."""

    def __init__(self, index: int) -> None:
        super().__init__("larger than Kafka takes")
        self.index = index


class SlicePublisher:
    """One producer for one thread.

    Only failures call back: a flush that empties the queue without a failure means that the broker
    has every record.
    """

    def __init__(self, settings: Settings, client_id: str) -> None:
        self._failure: KafkaError | None = None
        self._producer: Producer = make_producer(
            settings,
            client_id,
            **{
                "delivery.report.only.error": True,
                "on_delivery": self._on_failure,
                "delivery.timeout.ms": 10_000,
                # `wait` raises what librdkafka would log many times a second.
                "log_level": 0,
                # As large as a record may be: fewer batches mean fewer switches between threads.
                "batch.size": 1_000_000,
            },
        )

    def _on_failure(self, error: KafkaError | None, _message: Message) -> None:
        self._failure = self._failure or error

    def publish(
        self,
        topic: str,
        partition: int,
        records: Iterable[tuple[bytes | None, bytes | None, Headers]],
    ) -> None:
        """Queue (key, value, headers) records; `wait` returns once they have arrived.

        Raises Transient, FatalProducer or TooLarge.
        """
        produce = self._producer.produce
        for index, (key, value, headers) in enumerate(records):
            while True:
                try:
                    produce(topic, value, key, partition, headers=headers)  # type: ignore[arg-type]
                    break
                except BufferError:
                    if self._producer.flush(ACKNOWLEDGE_SECONDS):
                        self._give_up("the producer's queue stays full")
                except KafkaException as error:
                    if error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
                        raise TooLarge(index) from error
                    self._raise_for(error.args[0])

    def wait(self) -> None:
        """Return once the broker has every record; raises Transient if it does not."""
        unacknowledged = self._producer.flush(ACKNOWLEDGE_SECONDS)
        if self._failure is not None:
            error, self._failure = self._failure, None
            self._raise_for(error)
        if unacknowledged:
            self._give_up(f"{unacknowledged} records without acknowledgement")

    def _give_up(self, reason: str) -> NoReturn:
        self._producer.purge()
        self._producer.flush(ACKNOWLEDGE_SECONDS)
        self._failure = None
        raise Transient(f"Kafka: {reason}")

    def _raise_for(self, error: Any) -> NoReturn:
        if error.fatal():
            raise FatalProducer(str(error))
        raise Transient(f"Kafka: {error}")
