"""Kafka's bounds of each partition compared with the ledger's.

A partition's end is the last stable offset. Offsets before it that hold no record for readers
(transaction markers, aborted or compacted records) are not in flight; offsets after an open
transaction are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from confluent_kafka import Consumer, TopicPartition

from storepulse.adapters.kafka.clients import read_bounds
from storepulse.adapters.kafka.log_search import LogSearch
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import Catalog
from storepulse.domain.errors import Misconfigured
from storepulse.exactness.snapshot import Ranges, Snapshot

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class AuditedPartition:
    """One partition: Kafka's bounds and the ledger's; ends are exclusive.

    `end`: the last stable offset; `log_end`: the end including open transactions. `first_waiting`:
    the offset of the first record after the ledger's end that readers may get; None if there is
    none.
    """

    stream: str
    topic: str
    partition: int
    topic_id: str
    beginning: int
    end: int
    log_end: int
    ledger_end: int
    committed: int | None
    ranges: Ranges
    first_waiting: int | None = None

    @property
    def in_flight(self) -> int:
        """Offsets that may belong to records which are still to be processed."""
        behind_open_transaction = max(0, self.log_end - max(self.end, self.ledger_end))
        waiting = 0 if self.first_waiting is None else self.end - self.first_waiting
        return waiting + behind_open_transaction


def list_partitions(consumer: Consumer, catalog: Catalog) -> list[tuple[str, int]]:
    """Every partition of every stream, as (stream, number).

    Raises Misconfigured if a topic is missing.
    """
    topics = consumer.list_topics(timeout=TIMEOUT_SECONDS).topics
    for topic in map(catalog.ingest, catalog.streams):
        if topic not in topics:
            raise Misconfigured(topic, "no such topic; run `storepulse topics apply`")
    return [
        (stream, partition)
        for stream in catalog.streams
        for partition in sorted(topics[catalog.ingest(stream)].partitions)
    ]


def read_committed_offsets(
    consumer: Consumer, catalog: Catalog
) -> dict[tuple[str, int], int | None]:
    """The group's committed offset of every partition of every stream, by (stream, number).

    Raises Misconfigured if a topic is missing.
    """
    stream_of = {catalog.ingest(stream): stream for stream in catalog.streams}
    partitions = [
        TopicPartition(catalog.ingest(stream), partition)
        for stream, partition in list_partitions(consumer, catalog)
    ]
    return {
        (stream_of[answer.topic], answer.partition): answer.offset if answer.offset >= 0 else None
        for answer in consumer.committed(partitions, timeout=TIMEOUT_SECONDS)
    }


def read_partition(
    consumer: Consumer,
    whole: Consumer,
    catalog: Catalog,
    ids: dict[str, str],
    partition: tuple[str, int],
    committed: int | None,
    snapshot: Snapshot,
) -> AuditedPartition:
    """Kafka's bounds of a partition (stream, number) and the snapshot's. `whole` also reads
    uncommitted records."""
    stream, number = partition
    topic = catalog.ingest(stream)
    # First, so that records which arrive in between do not look like an open transaction.
    _, log_end = read_bounds(whole, topic, number, TIMEOUT_SECONDS)
    beginning, end = read_bounds(consumer, topic, number, TIMEOUT_SECONDS)
    ranges = snapshot.ranges.get((ids[topic], number), ())
    return AuditedPartition(
        stream=stream,
        topic=topic,
        partition=number,
        topic_id=ids[topic],
        beginning=beginning,
        end=end,
        log_end=max(log_end, end),
        ledger_end=max((upper for _, upper in ranges), default=0),
        committed=committed,
        ranges=ranges,
    )


def add_first_waiting(
    settings: Settings, partitions: list[AuditedPartition], client: str
) -> list[AuditedPartition]:
    """Add each partition's first record after the ledger's end, from the broker. `client`: the
    client name in Kafka."""
    starts = {
        (p.topic, p.partition): max(p.ledger_end, p.beginning)
        for p in partitions
        if p.end > max(p.ledger_end, p.beginning)
    }
    if not starts:
        return partitions
    with LogSearch(settings, client, starts) as search:
        first_records = search.first_offsets(TIMEOUT_SECONDS)
    return [
        replace(p, first_waiting=waiting_offset(first_records.get((p.topic, p.partition)), p.end))
        for p in partitions
    ]


def waiting_offset(offset: int | None, end: int) -> int | None:
    """The offset, unless its record arrived after `end` was read."""
    return None if offset is None or offset >= end else offset
