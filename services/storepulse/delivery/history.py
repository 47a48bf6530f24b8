"""Records of `events.*` of a period, read from Kafka without a consumer group.

Kafka finds offsets by a record's timestamp, which is when it was published. Apart from clock skew,
that is never before the event was received. So a period is read from a little before its start up
to the end of the topic, and the caller filters by `received_at`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from storepulse.adapters.kafka.clients import is_unreadable, read_bounds, reader_config
from storepulse.adapters.kafka.topics import topic_ids
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Transient

#: Maximum clock skew between gateways and agents.
CLOCKS_DIFFER = timedelta(minutes=5)
TIMEOUT_SECONDS = 30.0
READ_SECONDS = 1.0
SILENT_READS = 60
SLICE_RECORDS = 2_000


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets of one partition that may hold events of the period: `first` up to before `end`.

    `gone` is set if Kafka has removed records that may belong to the period. `oldest` is then the
    time of the oldest record that Kafka still has, UTC, or None if it has none.
    """

    stream: str
    topic: str
    topic_id: str
    partition: int
    first: int
    end: int
    gone: bool = False
    oldest: datetime | None = None

    @property
    def records(self) -> int:
        """Upper limit of records; compaction and transaction markers leave gaps."""
        return self.end - self.first


class History:
    """Reads spans; a context manager. Raises Transient if Kafka cannot be reached."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._catalog = load_catalog(settings.topic_prefix)
        self._consumer = Consumer(
            {**reader_config(settings, "storepulse-backfill"), "enable.partition.eof": True}
        )

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def spans(self, streams: list[str], start: datetime) -> list[Span]:
        """The spans of all partitions of these streams that may hold events since `start`."""
        topics = {self._catalog.events(stream): stream for stream in streams}
        try:
            metadata = self._consumer.list_topics(timeout=TIMEOUT_SECONDS).topics
            missing = sorted(topics.keys() - metadata.keys())
            if missing:
                raise Transient(f"Kafka has no topic {missing[0]}; run `storepulse topics apply`")
            ids = topic_ids(self._settings, list(topics))
            at = int((start - CLOCKS_DIFFER).timestamp() * 1000)
            return [
                self._span(stream, topic, ids[topic], partition, max(0, at))
                for topic, stream in topics.items()
                for partition in sorted(metadata[topic].partitions)
            ]
        except KafkaException as error:
            raise self._out_of_reach(error) from error

    def slices(self, span: Span) -> Iterator[list[Message]]:
        """The records of a span in order, at most `SLICE_RECORDS` at a time."""
        if span.first >= span.end:
            return
        try:
            self._consumer.assign([TopicPartition(span.topic, span.partition, span.first)])
            position, silent = span.first, 0
            while position < span.end:
                # `consume` waits for the full count, so never ask beyond the end.
                count = min(SLICE_RECORDS, span.end - position)
                messages = self._consumer.consume(count, READ_SECONDS)
                silent = 0 if messages else silent + 1
                if silent > SILENT_READS:
                    raise Transient(
                        f"Kafka: nothing after {span.topic}[{span.partition}]@{position}"
                    )
                records = []
                for message in messages:
                    error = message.error()
                    if error is not None and is_unreadable(error):
                        # The matcher set this record aside when it arrived. Skip it.
                        position += 1
                        self._consumer.seek(TopicPartition(span.topic, span.partition, position))
                        break
                    position, record = _advance(message, position, span)
                    records += record
                if records:
                    yield records
            self._consumer.unassign()
        except KafkaException as error:
            raise self._out_of_reach(error) from error

    def _span(self, stream: str, topic: str, topic_id: str, partition: int, at: int) -> Span:
        low, high = read_bounds(self._consumer, topic, partition, TIMEOUT_SECONDS)
        (answer,) = self._consumer.offsets_for_times(
            [TopicPartition(topic, partition, at)], timeout=TIMEOUT_SECONDS
        )
        first = answer.offset if answer.offset >= 0 else high
        span = Span(stream, topic, topic_id, partition, max(first, low), high)
        # If the log starts at offset 0, Kafka has removed nothing.
        if low == 0 or first > low:
            return span
        oldest = next((self._time(m) for records in self.slices(span) for m in records), None)
        return Span(stream, topic, topic_id, partition, span.first, high, gone=True, oldest=oldest)

    def _time(self, message: Message) -> datetime:
        return datetime.fromtimestamp((message.timestamp()[1] or 0) / 1000, UTC)

    def _out_of_reach(self, error: KafkaException) -> Transient:
        return Transient(f"Kafka at {self._settings.kafka_bootstrap_servers}: {error}")


def _advance(message: Message, position: int, span: Span) -> tuple[int, list[Message]]:
    """The position after a message, and the message itself if it is a record of the span."""
    from confluent_kafka import KafkaError

    error = message.error()
    offset = message.offset()
    if error is not None and error.code() == KafkaError._PARTITION_EOF:
        # Transaction markers may follow the last record; consumers never get them.
        return span.end, []
    if error is not None:
        if error.retriable():
            return position, []
        raise Transient(f"Kafka: {error.str()}")
    assert offset is not None  # noqa: S101 - a record has one
    return offset + 1, [message] if offset < span.end else []


#: Called with the numbers of records read and of events queued.
Progress = Callable[[int, int], None]
