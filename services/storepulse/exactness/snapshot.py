"""What PostgreSQL says of ledger, dead letters and tables, all of it at one moment."""

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

#: Offsets from the first to before the second.
Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class TableScope:
    """Which tables a recount holds against the model: those of one store or of all, as long as
    there are no more than `most_events` applied events."""

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
    """What PostgreSQL said, all of it at one moment."""

    #: By topic id and partition, the offsets in the ledger.
    ranges: dict[tuple[str, int], Ranges]
    #: By stream, how many offsets of records the ledger holds.
    offsets: Counter[str]
    counts: list[LedgerCount]
    #: Stream -> records that died, letters that are open, records of letters that were removed.
    dead_letters: dict[str, tuple[int, int, int]]
    #: Topic id, partition and offset of each dead letter.
    dead_offsets: set[tuple[str, int, int]] = field(default_factory=set)
    #: By statement of audit.sql, events in its table by store.
    stored: dict[str, dict[str, int]] = field(default_factory=dict)
    #: (statement, store, where, sessions or views there are, those it counts) where these differ.
    sessions: list[tuple[str, str, str, int, int]] = field(default_factory=list)
    #: (statement, store, where, number by the rows, number it counts) where these differ.
    of_rows: list[tuple[str, str, str, int, int]] = field(default_factory=list)
    #: By table, for how long retention keeps its rows.
    keep: dict[str, timedelta] = field(default_factory=dict)
    #: What was asked for of the tables, and they themselves; None where they are too large.
    scope: TableScope | None = None
    tables: Tables | None = None
    zones: Zones = field(default_factory=dict)
    sites: Sites = field(default_factory=dict)
    phases: Phases = field(default_factory=dict)
    #: When a store's domain or patterns of pages were set last.
    changed_sites: dict[str, datetime] = field(default_factory=dict)

    def count_applied(self, scope: TableScope) -> int:
        """Applied events in a scope."""
        return sum(count.applied for count in self.counts if scope.has(count.store_id))


def read_snapshot(
    settings: Settings, catalog: Catalog, group: str, scope: TableScope | None = None
) -> Snapshot:
    """Everything that PostgreSQL knows, in one repeatable read; the tables' rows within `scope`.

    Raises Misconfigured where tables are missing, Transient where PostgreSQL is out of reach.
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
    """The ledger's sums by stream, its offsets and its dead letters, and nothing of the tables: it
    takes as long as the ledger is, however many events there are. Raises as `read_snapshot`."""
    with _one_moment(settings, catalog, group) as (_, ask):
        return _ledger_of(catalog, ask, "sums")


_Ask = Callable[[str], list[tuple[Any, ...]]]


def _ledger_of(catalog: Catalog, ask: _Ask, counts: str) -> Snapshot:
    """`counts`: the statement that gives rows of ledger_counts, or their sums."""
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
    """A transaction in which all is of one moment, and how it is asked."""
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
    """All rows, each behind the name of its statement."""
    return [(name, *row) for name, rows in answers for row in rows]


def _count_offsets(
    ledger: list[tuple[Any, ...]], gaps: list[tuple[Any, ...]], stream_of: dict[str, str]
) -> Counter[str]:
    """By stream, the offsets in the ledger without those that hold no record."""
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
