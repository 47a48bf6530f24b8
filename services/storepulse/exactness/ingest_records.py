"""Records of the ingest topics for the recount, decoded with fastavro, without the agents' code.

Only records that the ledger has passed are read, so agents may continue meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from storepulse.adapters.kafka.clients import is_unreadable, reader_config
from storepulse.adapters.settings import Settings
from storepulse.contracts.schemas import HEADER_BYTES, MAGIC, schemas_by_id
from storepulse.domain.errors import Transient
from storepulse.exactness.partitions import AuditedPartition

BATCH_RECORDS = 5_000
PATIENCE_SECONDS = 0.25
SILENT_POLLS = 40


@dataclass(frozen=True, slots=True)
class IngestRecord:
    """One record of an ingest topic; `timestamp` is the broker's, in milliseconds. `event` is
    None if it does not decode."""

    partition: int
    offset: int
    timestamp: int
    event: dict[str, Any] | None


class UnreadableOffset(Exception):
    """A batch that librdkafka cannot read and that the agents have set aside. Has its offset."""


def read_records(
    settings: Settings,
    stream: str,
    partitions: Sequence[AuditedPartition],
    progress: Callable[[int], None],
) -> Iterator[IngestRecord]:
    """Every record that the ledger has passed, partition by partition, in order.

    `progress` gets the number of records read since the last call. Raises UnreadableOffset, or
    Transient if Kafka is unavailable.
    """
    for partition in partitions:
        if partition.ledger_end <= partition.beginning:
            continue
        consumer = Consumer(
            {**reader_config(settings, "storepulse-recount"), "enable.partition.eof": True}
        )
        try:
            yield from _read_partition(consumer, stream, partition, progress)
        except KafkaException as error:
            raise Transient(f"Kafka: {error}") from error
        finally:
            consumer.close()


def _read_partition(
    consumer: Consumer, stream: str, p: AuditedPartition, progress: Callable[[int], None]
) -> Iterator[IngestRecord]:
    consumer.assign([TopicPartition(p.topic, p.partition, p.beginning)])
    position, silent_polls = p.beginning, 0
    while position < p.ledger_end:
        # `consume` waits until it has as many records as requested.
        count = min(BATCH_RECORDS, p.ledger_end - position)
        messages = consumer.consume(count, PATIENCE_SECONDS)
        silent_polls = 0 if messages else silent_polls + 1
        if silent_polls > SILENT_POLLS:
            raise Transient(f"Kafka: nothing after {p.topic}[{p.partition}]@{position}")
        for message in messages:
            offset, error = message.offset(), message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                # The rest up to the ledger's end was markers or aborted records.
                position = p.ledger_end
                continue
            if error is not None and is_unreadable(error):
                where = f"{p.topic}[{p.partition}]@{position}"
                raise UnreadableOffset(f"librdkafka cannot read {where}")
            if error is not None or offset is None:
                raise Transient(f"Kafka: {error}")
            position = offset + 1
            if offset < p.ledger_end:
                yield _record_of(stream, p.partition, offset, message)
        progress(len(messages))


def _record_of(stream: str, partition: int, offset: int, message: Message) -> IngestRecord:
    timestamp = message.timestamp()[1] or 0
    event = event_of(stream, message.key(), message.value())
    return IngestRecord(partition, offset, timestamp, event)


def event_of(stream: str, key: bytes | None, value: bytes | None) -> dict[str, Any] | None:
    """The event of a record; None if it is not an event of the stream."""
    if value is None or value[:1] != MAGIC:
        return None
    schema = schemas_by_id().get(int.from_bytes(value[1:HEADER_BYTES], "big"))
    if schema is None or schema.stream != stream:
        return None
    try:
        event: Any = schema.decode(value[HEADER_BYTES:], ids_as_text=True)
        key_text = None if key is None else key.decode()
    except Exception:  # noqa: BLE001 - fastavro raises whatever a bad byte leads to
        return None
    ids = [event["event_id"], event["store_id"]]
    if key_text != schema.key_of(event) or not all(map(_is_canonical, ids)):
        return None
    return dict(event)


def _is_canonical(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
