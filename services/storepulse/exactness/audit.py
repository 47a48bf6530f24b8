"""The proof that no event was lost or counted twice: Kafka, ledger and tables held together.

Rules: what the group has committed is asked first, then PostgreSQL in one snapshot, Kafka's ends
last, so that what arrives meanwhile is in flight and nothing else. A finding says what does not
agree, with both numbers. What the retention of rows may have removed is not compared, and the
report says so.

    accepted = applied + duplicate + dead      per stream, store and hour
    offsets in the ledger = accepted           per stream
    applied = rows = what each rollup counts   per stream and store
    sessions of a rollup = the sessions        per funnel step, per landing page and hour
    dead = dead letters + replays that died    per stream, with those that retention has removed
    committed = ledger's end, no record after  per partition, once nothing is in flight

Kafka's end is the last stable offset. What lies before it and is no record for readers (markers of
transactions, what was aborted or compacted) is not in flight; what lies behind an open transaction
is, and the report says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from confluent_kafka import Consumer, KafkaException, TopicPartition

from storepulse.adapters.kafka.clients import read_bounds, reader_config
from storepulse.adapters.kafka.log_search import LogSearch
from storepulse.adapters.kafka.topics import topic_ids
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import Catalog, load_catalog
from storepulse.domain.errors import Misconfigured, Transient

GROUP = "storepulse-agents"
TIMEOUT_SECONDS = 10.0
#: Clients may report what happened up to 30 days ago.
OLDEST_EVENT = timedelta(days=30)

#: Statements of audit.sql that compare a count of sessions with the sessions themselves.
SESSIONS = ("funnel_daily", "landing_sessions")

#: Stream -> statements of audit.sql that count each of its events once, and the table among them
#: whose retention is shortest.
COUNTED = {
    "activity": (("activity_rows", "activity_hourly", "activity_sessions"), "customer_activity"),
    "heatmap": (("heatmap_cells", "heatmap_elements"), "heatmap_cells"),
    "cart": (("cart_rows", "cart_hourly"), "cart_tracking_events"),
    "landing": (("landing_rows", "landing_hourly"), "landing_events"),
}


@dataclass(frozen=True)
class Partition:
    """One partition: Kafka's bounds beside the ledger; ends are exclusive.

    `end` is the last stable offset, `log_end` that of the log with open transactions. `waiting`:
    the first record that readers may have after what the ledger has passed; None: there is none.
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
    ranges: tuple[tuple[int, int], ...]
    waiting: int | None = None

    @property
    def in_flight(self) -> int:
        """Offsets that may be of records that are still to be processed."""
        behind_open_transaction = max(0, self.log_end - max(self.end, self.ledger_end))
        waiting = 0 if self.waiting is None else self.end - self.waiting
        return waiting + behind_open_transaction


@dataclass(frozen=True)
class Count:
    """A row of ledger_counts."""

    stream: str
    store_id: str
    hour: datetime
    accepted: int
    applied: int
    duplicate: int
    conflict: int
    dead: int


@dataclass
class Snapshot:
    """What PostgreSQL said, all of it at one moment."""

    ranges: dict[tuple[str, int], tuple[tuple[int, int], ...]]
    offsets: Counter[str]
    counts: list[Count]
    #: Stream -> records that died, letters that are open, records of letters that were removed.
    dead_letters: dict[str, tuple[int, int, int]]
    dead_offsets: set[tuple[str, int, int]]
    stored: dict[str, dict[str, int]]
    #: (rollup, store, place, sessions there are, sessions it counts) where these differ.
    sessions: list[tuple[str, str, str, int, int]]
    keep: dict[str, timedelta]


@dataclass
class Audit:
    """The outcome: exact where `findings` is empty."""

    partitions: list[Partition]
    snapshot: Snapshot
    findings: list[str] = field(default_factory=list)
    #: True but not wrong: commits that lag, tables that retention has shortened.
    notes: list[str] = field(default_factory=list)

    @property
    def in_flight(self) -> int:
        return sum(partition.in_flight for partition in self.partitions)

    @property
    def settled(self) -> bool:
        """Nothing is in flight and Kafka knows it."""
        return all(p.in_flight == 0 and (p.committed or 0) == p.ledger_end for p in self.partitions)

    def totals(self) -> dict[str, Counter[str]]:
        """Sums of the ledger by stream, with what is in flight and which dead letters are open."""
        result = {stream: Counter[str]() for stream in COUNTED}
        for count in self.snapshot.counts:
            for name in ("accepted", "applied", "duplicate", "conflict", "dead"):
                result.setdefault(count.stream, Counter())[name] += getattr(count, name)
        for partition in self.partitions:
            result[partition.stream]["in_flight"] += partition.in_flight
        for stream, (_, still_open, _) in self.snapshot.dead_letters.items():
            result.setdefault(stream, Counter())["dead_open"] += still_open
        return result


def audit(settings: Settings) -> Audit:
    """One look at everything. Raises Transient where Kafka or PostgreSQL is out of reach."""
    catalog = load_catalog(settings.topic_prefix)
    group = settings.topic_prefix + GROUP
    config = reader_config(settings, "storepulse-audit") | {"group.id": group}
    consumer = Consumer(config)
    whole = Consumer(config | {"isolation.level": "read_uncommitted"})
    try:
        committed = read_committed(consumer, catalog)
        snapshot = read_snapshot(settings, catalog, group)
        ids = topic_ids(settings, [catalog.ingest(stream) for stream in catalog.streams])
        partitions = [
            read_partition(consumer, whole, catalog, ids, place, offset, snapshot)
            for place, offset in committed.items()
        ]
        partitions = with_waiting(settings, partitions)
    except KafkaException as error:
        raise Transient(f"Kafka at {settings.kafka_bootstrap_servers}: {error}") from error
    finally:
        consumer.close()
        whole.close()
    result = Audit(partitions, snapshot)
    result.findings += [
        *partition_findings(result.partitions),
        *count_findings(snapshot),
        *stored_findings(snapshot, result.notes),
        *(
            f"{store} {place}: {there} sessions, {counted} in {name}"
            for name, store, place, there, counted in snapshot.sessions
        ),
    ]
    result.notes += [
        f"{p.topic}[{p.partition}]: the group has committed {p.committed}, the ledger is at"
        f" {p.ledger_end}"
        for p in result.partitions
        if p.in_flight == 0 and (p.committed or 0) != p.ledger_end
    ]
    result.notes += [
        f"{p.topic}[{p.partition}]: {p.log_end - p.end} offsets wait for a transaction that some"
        " producer has neither committed nor aborted"
        for p in result.partitions
        if p.log_end > p.end
    ]
    return result


# ---- reading ------------------------------------------------------------------------------------


def read_snapshot(settings: Settings, catalog: Catalog, group: str) -> Snapshot:
    """Everything that PostgreSQL knows, in one repeatable read."""
    statements = named_sql("exactness/audit")
    topics = [catalog.ingest(stream) for stream in catalog.streams]
    parameters = {"group": group, "topics": topics}
    stream_of = {catalog.ingest(stream): stream for stream in catalog.streams}
    try:
        with psycopg.connect(settings.dsn, connect_timeout=10) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True

            def ask(name: str) -> list[tuple[Any, ...]]:
                return connection.execute(statements[name].encode(), parameters).fetchall()

            offsets: Counter[str] = Counter()
            ranges: dict[tuple[str, int], tuple[tuple[int, int], ...]] = {}
            for topic, topic_id, partition, applied in ask("partitions"):
                found = tuple((r.lower, r.upper) for r in applied)
                ranges[topic_id, partition] = found
                if topic in stream_of:
                    offsets[stream_of[topic]] += sum(upper - lower for lower, upper in found)
            topic_of = {row[1]: row[0] for row in ask("partitions")}
            for topic_id, _, lower, upper in ask("gaps"):
                if topic_of.get(topic_id) in stream_of:
                    offsets[stream_of[topic_of[topic_id]]] -= upper - lower
            return Snapshot(
                ranges=ranges,
                offsets=offsets,
                counts=[Count(*row) for row in ask("counts")],
                dead_letters={stream_of[row[0]]: row[1:] for row in ask("dead_letters")},
                dead_offsets=set(ask("dead_offsets")),
                stored={name: dict(ask(name)) for names, _ in COUNTED.values() for name in names},
                sessions=[(name, *row) for name in SESSIONS for row in ask(name)],
                keep={row[0]: timedelta(seconds=row[1]) for row in ask("retention")},
            )
    except psycopg.errors.UndefinedTable as error:
        raise Misconfigured("DATABASE_URL", f"{error}; run `storepulse migrate up`") from error
    except psycopg.OperationalError as error:
        raise Transient(f"PostgreSQL: {error}") from error


def read_committed(consumer: Consumer, catalog: Catalog) -> dict[tuple[str, int], int | None]:
    """What the group has committed for every partition of every stream, by (stream, partition).

    Raises Misconfigured for a topic that is missing.
    """
    found = consumer.list_topics(timeout=TIMEOUT_SECONDS).topics
    stream_of = {catalog.ingest(stream): stream for stream in catalog.streams}
    for topic in stream_of:
        if topic not in found:
            raise Misconfigured(topic, "no such topic; run `storepulse topics apply`")
    places = [
        TopicPartition(topic, partition)
        for topic in stream_of
        for partition in sorted(found[topic].partitions)
    ]
    return {
        (stream_of[place.topic], place.partition): place.offset if place.offset >= 0 else None
        for place in consumer.committed(places, timeout=TIMEOUT_SECONDS)
    }


def read_partition(
    consumer: Consumer,
    whole: Consumer,
    catalog: Catalog,
    ids: dict[str, str],
    place: tuple[str, int],
    committed: int | None,
    snapshot: Snapshot,
) -> Partition:
    """Kafka's bounds of a partition beside what the snapshot has of it. `whole` reads what is not
    committed, too."""
    stream, number = place
    topic = catalog.ingest(stream)
    # First: what comes in between must not pass for something that an open transaction holds up.
    _, log_end = read_bounds(whole, topic, number, TIMEOUT_SECONDS)
    bounds = read_bounds(consumer, topic, number, TIMEOUT_SECONDS)
    ranges = snapshot.ranges.get((ids[topic], number), ())
    return Partition(
        stream=stream,
        topic=topic,
        partition=number,
        topic_id=ids[topic],
        beginning=bounds[0],
        end=bounds[1],
        log_end=max(log_end, bounds[1]),
        ledger_end=max((upper for _, upper in ranges), default=0),
        committed=committed,
        ranges=ranges,
    )


def with_waiting(settings: Settings, partitions: list[Partition]) -> list[Partition]:
    """The partitions with the first record that each has beyond the ledger, as the broker says."""
    starts = {
        (p.topic, p.partition): max(p.ledger_end, p.beginning)
        for p in partitions
        if p.end > max(p.ledger_end, p.beginning)
    }
    if not starts:
        return partitions
    with LogSearch(settings, "storepulse-audit", starts) as search:
        found = search.first_offsets(TIMEOUT_SECONDS)
    return [
        replace(p, waiting=_before(found.get((p.topic, p.partition)), p.end)) for p in partitions
    ]


def _before(offset: int | None, end: int) -> int | None:
    """The offset, where it is no record that came after `end` was asked for."""
    return None if offset is None or offset >= end else offset


# ---- judging: values in, findings out -----------------------------------------------------------


def partition_findings(partitions: list[Partition]) -> Iterator[str]:
    """The ledger holds one unbroken range, from where Kafka begins up to at most its end."""
    for p in partitions:
        where = f"{p.topic}[{p.partition}]"
        if not p.ranges:
            continue
        if len(p.ranges) > 1:
            holes = ", ".join(
                f"{upper}-{lower - 1}"
                for (_, upper), (lower, _) in zip(p.ranges, p.ranges[1:], strict=False)
            )
            yield f"{where}: offsets {holes} are missing from the ledger"
        elif p.ranges[0][0] > p.beginning:
            yield f"{where}: offsets {p.beginning}-{p.ranges[0][0] - 1} are missing from the ledger"
        if p.ledger_end > p.log_end:
            yield f"{where}: the ledger is at {p.ledger_end}, beyond Kafka's end {p.log_end}"
        if p.committed is not None and p.committed > p.ledger_end:
            yield f"{where}: committed {p.committed}, beyond the ledger's end {p.ledger_end}"


def count_findings(snapshot: Snapshot) -> Iterator[str]:
    """The ledger agrees with itself and with the dead letters."""
    accepted: Counter[str] = Counter()
    dead: Counter[str] = Counter()
    for c in snapshot.counts:
        accepted[c.stream] += c.accepted
        dead[c.stream] += c.dead
        if c.accepted != c.applied + c.duplicate + c.dead:
            yield (
                f"{c.stream} {c.store_id} {c.hour:%Y-%m-%d %H}h: accepted {c.accepted}, but"
                f" applied {c.applied} + duplicate {c.duplicate} + dead {c.dead}"
            )
    for stream in sorted(accepted.keys() | snapshot.offsets.keys()):
        if accepted[stream] != snapshot.offsets[stream]:
            yield (
                f"{stream}: the ledger holds {snapshot.offsets[stream]} offsets and counts"
                f" {accepted[stream]} as accepted"
            )
    for stream in sorted(dead.keys() | snapshot.dead_letters.keys()):
        letters, _, removed = snapshot.dead_letters.get(stream, (0, 0, 0))
        if letters != dead[stream]:
            gone = f", {removed} of them removed since" if removed else ""
            yield f"{stream}: {dead[stream]} counted as dead, {letters} dead letters stored{gone}"


def stored_findings(snapshot: Snapshot, notes: list[str]) -> Iterator[str]:
    """Rows and rollups hold each applied event once, store by store."""
    applied: dict[str, Counter[str]] = {stream: Counter() for stream in COUNTED}
    oldest: dict[str, datetime] = {}
    for c in snapshot.counts:
        if c.stream in applied:
            applied[c.stream][c.store_id] += c.applied
            oldest[c.stream] = min(c.hour, oldest.get(c.stream, c.hour))
    for stream, (names, table) in COUNTED.items():
        keep = snapshot.keep.get(table)
        if keep and stream in oldest and datetime.now(UTC) - oldest[stream] > keep - OLDEST_EVENT:
            notes.append(f"{stream}: retention may have removed rows, tables are not compared")
            continue
        for name in names:
            found = snapshot.stored[name]
            for store in sorted(applied[stream].keys() | found.keys()):
                if applied[stream][store] != found.get(store, 0):
                    yield (
                        f"{stream} {store}: {applied[stream][store]} applied,"
                        f" {found.get(store, 0)} in {name}"
                    )
