"""The proof that no event was lost or counted twice: Kafka, ledger and tables held together.

Rules: what the group has committed is asked first, then PostgreSQL in one snapshot, Kafka's ends
last, so that what arrives meanwhile is in flight and nothing else. A finding says what does not
agree, with both numbers; `findings` has the equations. What the retention of rows may have removed
is not compared, and what lies behind an open transaction is in flight; the report says both.
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
#: What an audit calls itself to Kafka.
CLIENT = "storepulse-audit"
#: What the ledger counts, by stream, store and hour.
COUNTS = ("accepted", "applied", "duplicate", "conflict", "dead")


@dataclass
class Audit:
    """What an audit saw: exact where `findings` is empty, but for what was `not_compared`."""

    partitions: list[AuditedPartition]
    snapshot: Snapshot
    findings: list[str] = field(default_factory=list)
    #: True but not wrong: commits that lag, offsets that wait for others.
    notes: list[str] = field(default_factory=list)
    #: What nobody looked at, and why: tables that retention has shortened, what a recount left out.
    not_compared: list[str] = field(default_factory=list)

    @property
    def in_flight(self) -> int:
        return sum(partition.in_flight for partition in self.partitions)

    @property
    def is_settled(self) -> bool:
        """Nothing is in flight and Kafka knows it."""
        return all(p.in_flight == 0 and (p.committed or 0) == p.ledger_end for p in self.partitions)

    def totals(self) -> dict[str, Counter[str]]:
        """Sums of the ledger by stream, with what is in flight and which dead letters are open."""
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
    """A look at Kafka, the ledger and the dead letters alone, which may be taken often. What the
    group has committed is not looked at. `client`: what this calls itself to Kafka. Raises as
    `audit` does."""
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
    """One look at everything; `scope` also reads the tables' rows, for a recount.

    Raises Transient where Kafka or PostgreSQL is out of reach.
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
    """One that is given committed records alone, and one that sees open transactions too."""
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
