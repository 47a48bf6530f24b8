"""Sends groups of replays to Kafka and waits for the broker's acknowledgements."""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException, Message

from storepulse.adapters.failpoints import reach
from storepulse.adapters.kafka.clients import BrokerAway, make_producer
from storepulse.adapters.settings import Settings
from storepulse.dead_letters.replay_record import ReplayRecord

ACKNOWLEDGE_SECONDS = 10.0


class ReplayPublisher:
    """Publishes groups of records, partitioned by their keys."""

    def __init__(self, settings: Settings) -> None:
        self._failed: KafkaError | None = None
        self._producer = make_producer(
            settings,
            "storepulse-dlq-replay",
            **{"delivery.timeout.ms": int(ACKNOWLEDGE_SECONDS * 1000), "log_level": 0},
        )

    def publish(self, records: Sequence[ReplayRecord]) -> None:
        """Returns once the broker has every record. Raises Transient if it has not."""
        self._failed = None
        try:
            for record in records:
                self._producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    headers=record.headers,  # type: ignore[arg-type] # a header may be null
                    on_delivery=self._on_delivery,
                )
            reach("dlq.after_produce")
            unacknowledged = self._producer.flush(ACKNOWLEDGE_SECONDS + 5)
        except (BufferError, KafkaException) as error:
            self._producer.purge()
            raise BrokerAway(f"Kafka: {error}") from error
        if self._failed is not None:
            raise BrokerAway(f"Kafka: {self._failed.str()}")
        if unacknowledged:
            self._producer.purge()
            raise BrokerAway(f"Kafka: {unacknowledged} records without acknowledgement")

    def _on_delivery(self, error: KafkaError | None, _message: Message) -> None:
        self._failed = self._failed or error
