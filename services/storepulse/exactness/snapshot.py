"""PostgreSQL's ledger, dead letters and tables, read in one snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import Catalog
from storepulse.domain.errors import Misconfigured, Transient
from storepulse.exactness.model import comparison
from storepulse.exactness.model.days import Zones, stored_zones
from storepulse.exactness.model.events import Tables
from storepulse.exactness.model.experiments import Phases, stored_phases
from storepulse.exactness.model.sites import Sites, stored_sites
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import Counts

#: Ranges of offsets; the end is exclusive.
Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class TableScope:
    """The tables that a recount compares with the model: those of one store or of all, up to
    `most_events` applied events."""

    store: str | None
    most_events: int

    def has(self, store: str) -> bool:
        """Whether a store's events and rows are compared."""
        return self.store is None or store == self.store


@dataclass(frozen=True)
class LedgerCount:
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
    """What was read from PostgreSQL, in one snapshot."""

    #: The offsets in the ledger, by topic id and partition.
    ranges: dict[tuple[str, int], Ranges]
    #: By stream, how many offsets of records the ledger has.
    offsets: Counter[str]
    counts: list[LedgerCount]
    #: Stream -> dead records, open letters, records whose letters were removed.
    dead_letters: dict[str, tuple[int, int, int]]
    #: Topic id, partition and offset of each dead letter.
    dead_offsets: set[tuple[str, int, int]] = field(default_factory=set)
    #: By statement of audit.sql, events in its table by store.
    stored: dict[str, dict[str, int]] = field(default_factory=dict)
    #: (statement, store, place, actual sessions or views, number counted), if these differ.
    sessions: list[tuple[str, str, str, int, int]] = field(default_factory=list)
    #: (statement, store, place, number by the rows, number counted), if these differ.
    of_rows: list[tuple[str, str, str, int, int]] = field(default_factory=list)
    #: By table, how long retention keeps its rows.
    keep: dict[str, timedelta] = field(default_factory=dict)
    #: The requested scope, and its tables; None if they are too large.
    scope: TableScope | None = None
    tables: Tables | None = None
    zones: Zones = field(default_factory=dict)
    sites: Sites = field(default_factory=dict)
    phases: Phases = field(default_factory=dict)
    #: When a store's domain or page patterns were last set.
    changed_sites: dict[str, datetime] = field(default_factory=dict)

    def count_applied(self, scope: TableScope) -> int:
        """Applied events in a scope."""
        return sum(count.applied for count in self.counts if scope.has(count.store_id))


def read_snapshot(
    settings: Settings, catalog: Catalog, group: str, scope: TableScope | None = None
) -> Snapshot:
    """Read everything in one repeatable read, including the tables' rows within `scope`.

    Raises Misconfigured if tables are missing, Transient if PostgreSQL is unavailable.
    """
    with _one_moment(settings, catalog, group) as (connection, ask):
        snapshot = _ledger_of(catalog, ask, "counts")
        snapshot.scope = scope
        snapshot.dead_offsets = set(ask("dead_offsets"))
        snapshot.stored = {
            name: dict(rows)
            for name, rows in _ask_streams(connection, lambda counts: counts.events)
        }
        snapshot.sessions = _listed_rows(_ask_streams(connection, lambda counts: counts.sessions))
        snapshot.of_rows = _listed_rows(_ask_streams(connection, lambda counts: counts.of_rows))
        snapshot.keep = {row[0]: timedelta(seconds=row[1]) for row in ask("retention")}
        if scope is not None and snapshot.count_applied(scope) <= scope.most_events:
            snapshot.tables = comparison.stored_tables(connection, scope.store)
            snapshot.zones = stored_zones(connection)
            snapshot.sites = stored_sites(connection)
            snapshot.phases = stored_phases(connection)
            snapshot.changed_sites = dict(ask("changed_sites"))
        return snapshot


def read_ledger(settings: Settings, catalog: Catalog, group: str) -> Snapshot:
    """Read the ledger's sums by stream, its offsets and its dead letters, without the tables.
    The cost depends on the ledger's size, not on the number of events. Raises as
    `read_snapshot`."""
    with _one_moment(settings, catalog, group) as (_, ask):
        return _ledger_of(catalog, ask, "sums")


_Ask = Callable[[str], list[tuple[Any, ...]]]


def _ledger_of(catalog: Catalog, ask: _Ask, counts: str) -> Snapshot:
    """`counts`: the statement for rows of ledger_counts, or for their sums."""
    stream_of = {catalog.ingest(stream): stream for stream in catalog.streams}
    ledger = ask("partitions")
    return Snapshot(
        ranges={
            (topic_id, partition): tuple((r.lower, r.upper) for r in applied)
            for _, topic_id, partition, applied in ledger
        },
        offsets=_count_offsets(ledger, ask("gaps"), stream_of),
        counts=[LedgerCount(*row) for row in ask(counts)],
        dead_letters={stream_of[row[0]]: row[1:] for row in ask("dead_letters")},
    )


@contextmanager
def _one_moment(
    settings: Settings, catalog: Catalog, group: str
) -> Iterator[tuple[psycopg.Connection[Any], _Ask]]:
    """A transaction with one snapshot, and a function that runs statements in it."""
    statements = named_sql("exactness/audit")
    topics = [catalog.ingest(stream) for stream in catalog.streams]
    parameters = {"group": group, "topics": topics}
    try:
        with connect(settings.dsn, SessionOptions(name="storepulse-audit")) as connection:
            connection.autocommit = False
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True

            def ask(name: str) -> list[tuple[Any, ...]]:
                return connection.execute(statements[name], parameters).fetchall()

            yield connection, ask
    except psycopg.errors.UndefinedTable as error:
        raise Misconfigured("DATABASE_URL", f"{error}; run `storepulse migrate up`") from error
    except psycopg.OperationalError as error:
        raise Transient(f"PostgreSQL: {error}") from error


def _ask_streams(
    connection: psycopg.Connection[Any], statements_of: Callable[[Counts], tuple[str, ...]]
) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Statements of the streams' audit.sql, with their rows."""
    for stream in STREAMS.values():
        statements = named_sql(stream.sql("audit"))
        for name in statements_of(stream.counts):
            yield name, connection.execute(statements[name]).fetchall()


def _listed_rows(answers: Iterable[tuple[str, list[tuple[Any, ...]]]]) -> list[Any]:
    """All rows, each with the name of its statement in front."""
    return [(name, *row) for name, rows in answers for row in rows]


def _count_offsets(
    ledger: list[tuple[Any, ...]], gaps: list[tuple[Any, ...]], stream_of: dict[str, str]
) -> Counter[str]:
    """By stream, the number of offsets in the ledger, without gaps."""
    offsets: Counter[str] = Counter()
    stream_of_id: dict[str, str] = {}
    for topic, topic_id, _, applied in ledger:
        if topic in stream_of:
            stream_of_id[topic_id] = stream_of[topic]
            offsets[stream_of[topic]] += sum(r.upper - r.lower for r in applied)
    for topic_id, _, lower, upper in gaps:
        if topic_id in stream_of_id:
            offsets[stream_of_id[topic_id]] -= upper - lower
    return offsets
