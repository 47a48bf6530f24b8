"""Proves that no event was lost or counted twice: compares Kafka, the ledger and the tables.

Rules: the group's committed offsets are read first, then PostgreSQL in one snapshot, Kafka's ends
last. So events that arrive meanwhile are in flight and cause no findings. A finding has both
numbers that disagree; see `findings` for the equations. Rows that retention may have removed are
not compared, and offsets after an open transaction count as in flight; the report has both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from confluent_kafka import Consumer, KafkaException

from storepulse.adapters.kafka.clients import reader_config
from storepulse.adapters.kafka.topics import topic_ids
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import Catalog, load_catalog
from storepulse.domain.errors import Transient
from storepulse.exactness import findings as rules
from storepulse.exactness.partitions import (
    AuditedPartition,
    add_first_waiting,
    list_partitions,
    read_committed_offsets,
    read_partition,
)
from storepulse.exactness.snapshot import Snapshot, TableScope, read_ledger, read_snapshot
from storepulse.streams.registry import STREAMS

GROUP = "storepulse-agents"
#: The audit's client name in Kafka.
CLIENT = "storepulse-audit"
#: The ledger's counters, by stream, store and hour.
COUNTS = ("accepted", "applied", "duplicate", "conflict", "dead")


@dataclass
class Audit:
    """The result of an audit: exact if `findings` is empty, except for `not_compared`."""

    partitions: list[AuditedPartition]
    snapshot: Snapshot
    findings: list[str] = field(default_factory=list)
    #: No faults: commits that lag, offsets that wait for others.
    notes: list[str] = field(default_factory=list)
    #: What was not checked, with reasons: tables shortened by retention, parts left out by a
    #: recount.
    not_compared: list[str] = field(default_factory=list)

    @property
    def in_flight(self) -> int:
        return sum(partition.in_flight for partition in self.partitions)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is in flight and all is committed in Kafka."""
        return all(p.in_flight == 0 and (p.committed or 0) == p.ledger_end for p in self.partitions)

    def totals(self) -> dict[str, Counter[str]]:
        """Sums of the ledger by stream, with events in flight and open dead letters."""
        totals = {stream: Counter[str]() for stream in STREAMS}
        for count in self.snapshot.counts:
            for name in COUNTS:
                totals.setdefault(count.stream, Counter())[name] += getattr(count, name)
        for partition in self.partitions:
            totals[partition.stream]["in_flight"] += partition.in_flight
        for stream, (_, open_letters, _) in self.snapshot.dead_letters.items():
            totals.setdefault(stream, Counter())["dead_open"] += open_letters
        return totals


def audit_ledger(settings: Settings, client: str) -> Audit:
    """Audit only Kafka, the ledger and the dead letters; cheap enough to run often.

    Committed offsets are not checked. `client`: the client name in Kafka. Raises as `audit` does.
    """
    catalog, group = load_catalog(settings.topic_prefix), settings.topic_prefix + GROUP
    with _open_consumers(settings, client, client) as (consumer, whole):
        snapshot = read_ledger(settings, catalog, group)
        listed = dict.fromkeys(list_partitions(consumer, catalog))
        read = _read_partitions(settings, catalog, (consumer, whole), listed, snapshot)
        partitions = add_first_waiting(settings, read, client)
    return Audit(
        partitions,
        snapshot,
        findings=[*rules.partition_findings(partitions), *rules.count_findings(snapshot)],
        notes=[*rules.transaction_notes(partitions)],
    )


def audit(settings: Settings, scope: TableScope | None = None) -> Audit:
    """Audit everything once. `scope`: also read the tables' rows, for a recount.

    Raises Transient if Kafka or PostgreSQL is unavailable.
    """
    catalog, group = load_catalog(settings.topic_prefix), settings.topic_prefix + GROUP
    with _open_consumers(settings, CLIENT, group) as (consumer, whole):
        committed = read_committed_offsets(consumer, catalog)
        snapshot = read_snapshot(settings, catalog, group, scope)
        read = _read_partitions(settings, catalog, (consumer, whole), committed, snapshot)
        partitions = add_first_waiting(settings, read, CLIENT)
    shortened = rules.shortened_streams(snapshot, datetime.now(UTC))
    return Audit(
        partitions,
        snapshot,
        findings=[
            *rules.partition_findings(partitions),
            *rules.count_findings(snapshot),
            *rules.stored_findings(snapshot, shortened),
            *rules.session_findings(snapshot),
            *rules.row_findings(snapshot, shortened),
        ],
        notes=[*rules.commit_notes(partitions), *rules.transaction_notes(partitions)],
        not_compared=[*rules.retention_notes(shortened)],
    )


@contextmanager
def _open_consumers(
    settings: Settings, client: str, group: str
) -> Iterator[tuple[Consumer, Consumer]]:
    """A consumer that reads committed records only, and one that also sees open transactions."""
    config = reader_config(settings, client) | {"group.id": group}
    consumer = Consumer(config)
    whole = Consumer(config | {"isolation.level": "read_uncommitted"})
    try:
        yield consumer, whole
    except KafkaException as error:
        raise Transient(f"Kafka at {settings.kafka_bootstrap_servers}: {error}") from error
    finally:
        consumer.close()
        whole.close()


def _read_partitions(
    settings: Settings,
    catalog: Catalog,
    consumers: tuple[Consumer, Consumer],
    committed: Mapping[tuple[str, int], int | None],
    snapshot: Snapshot,
) -> list[AuditedPartition]:
    ids = topic_ids(settings, [catalog.ingest(stream) for stream in catalog.streams])
    return [
        read_partition(*consumers, catalog, ids, partition, offset, snapshot)
        for partition, offset in committed.items()
    ]
