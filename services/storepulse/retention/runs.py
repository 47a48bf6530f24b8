"""Removes deliveries, their requests and attempts, and closed dead letters once their time is over.

Rules: what waits, and what is open as a dead letter, never goes. Each group of rows is one
transaction, with what the audit and a backfill must know of them, so that a run may be killed at
any point and the next one goes on. Groups skip what others have locked. One run at a time. A
partition is dropped once nothing is left in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.settings import Settings, variable_name
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Misconfigured, Rejected
from storepulse.retention.rules import Leaf, Limits, limits, over, reached, too_short

Connection = psycopg.Connection[Any]

GROUP_ROWS = 5_000
#: Partitions that are dropped: how often their lock is asked for in a run, and how far apart.
DROP_ATTEMPTS, DROP_PAUSE_SECONDS = 5, 0.5

#: Told of a table and how many rows of it are gone.
Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Tally:
    """Rows removed, or in a dry run those that would be; `open_kept`: letters that are too old and
    still open; `busy`: partitions that could not be locked; `complete`: it was not stopped."""

    deliveries: int = 0
    delivery_batches: int = 0
    delivery_attempts: int = 0
    dead_letters: int = 0
    dropped: list[str] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    open_kept: int = 0
    complete: bool = True

    @property
    def removed(self) -> dict[str, int]:
        """By table."""
        return {
            name: getattr(self, name)
            for name in ("deliveries", "delivery_batches", "delivery_attempts", "dead_letters")
        }


def limits_of(settings: Settings, now: datetime) -> Limits:
    """The limits of the settings. Raises Misconfigured where Kafka keeps events for longer."""
    catalog = load_catalog()
    kept = max(catalog.topic("events", stream).retention_ms for stream in catalog.streams)
    in_kafka = timedelta(milliseconds=kept)
    if too_short(settings.deliveries_keep_days, in_kafka):
        raise Misconfigured(
            variable_name("deliveries_keep_days"),
            f"must be 0 or at least {in_kafka.days}: what Kafka still has could be sent twice",
        )
    return limits(
        now,
        deliveries_days=settings.deliveries_keep_days,
        dead_letters_days=settings.dead_letters_keep_days,
    )


@contextmanager
def opened(settings: Settings) -> Iterator[Connection]:
    """A connection as a run needs it. Raises psycopg.Error."""
    options = "-c timezone=UTC -c lock_timeout=5s -c idle_in_transaction_session_timeout=60s"
    with psycopg.connect(
        settings.dsn, autocommit=True, connect_timeout=10, options=options
    ) as connection:
        yield connection


def try_alone(connection: Connection) -> bool:
    """Whether no other run is under way; none begins then before this connection is closed."""
    row = connection.execute(_statement("try_alone")).fetchone()
    return row is not None and bool(row[0])


def refuse_removed(connection: Connection, destination_id: str, start: datetime) -> None:
    """Raises Rejected where rows of events received since `start` are gone.

    In a transaction: until it ends, no more of them go.
    """
    connection.execute(_statement("hold_removal"))
    asked = {"destination_id": destination_id}
    row = connection.execute(_statement("removed_until"), asked).fetchone()
    if row is not None and start <= row[0]:
        after = row[0].replace(microsecond=0) + timedelta(seconds=1)
        raise Rejected(
            "from",
            f"what this destination got of events received up to {row[0]:%Y-%m-%d %H:%M:%S} UTC has"
            f" been removed, and could be queued a second time; begin at {after:%Y-%m-%dT%H:%M:%SZ}"
            " or later",
        )


class Run:
    """One run, through one connection of `opened`.

    `stopped` is asked between two groups; `pause` is told how many seconds the last group took.
    """

    def __init__(
        self,
        connection: Connection,
        limits: Limits,
        *,
        progress: Progress = lambda _table, _rows: None,
        stopped: Callable[[], bool] = lambda: False,
        pause: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self._connection = connection
        self._limits = limits
        self._progress = progress
        self._stopped = stopped
        self._pause = pause
        self.tally = Tally()

    def count(self) -> Tally:
        """What a run would remove; nothing is touched. Requests are not counted."""
        tally, before = Tally(), self._limits.deliveries
        if before is not None:
            for leaf in reached(self._leaves("deliveries"), before):
                tally.deliveries += self._number("count_deliveries", before, leaf.name)
            attempts = self._leaves("delivery_attempts")
            tally.dropped += [leaf.name for leaf in over(attempts, before)]
            for name in [*tally.dropped, *(leaf.name for leaf in attempts if leaf.upper is None)]:
                tally.delivery_attempts += self._number("count_attempts", before, name)
        if self._limits.dead_letters is not None:
            tally.dead_letters = self._number("count_letters", self._limits.dead_letters)
            tally.open_kept = self._number("count_open", self._limits.dead_letters)
        return tally

    def run(self) -> Tally:
        """Removes what may go."""
        before = self._limits.deliveries
        if before is not None:
            for leaf in reached(self._leaves("deliveries"), before):
                self._groups(self._delete_deliveries, leaf.name, before)
            for leaf in over(self._leaves("deliveries"), before):
                self._drop("deliveries", leaf, before, only_empty=True)
            for leaf in self._leaves("delivery_attempts"):
                if leaf.upper is None:
                    self._groups(self._delete_attempts, leaf.name, before)
            for leaf in over(self._leaves("delivery_attempts"), before):
                self._drop("delivery_attempts", leaf, before, only_empty=False)
        if self._limits.dead_letters is not None:
            self._groups(self._delete_letters, "dead_letters", self._limits.dead_letters)
            self.tally.open_kept = self._number("count_open", self._limits.dead_letters)
        return self.tally

    # ---- groups ----

    def _groups(self, remove: _Remove, table: str, before: datetime) -> None:
        """Removes one group after the other until one is not full."""
        start: datetime | None = None
        full = True
        while full and self._going():
            began = time.monotonic()
            rows, start = remove(table, before, start)
            full = rows == GROUP_ROWS
            reach("retention.after_group")
            if full:
                self._pause(time.monotonic() - began)

    def _delete_deliveries(
        self, leaf: str, before: datetime, start: datetime | None
    ) -> tuple[int, datetime | None]:
        with self._connection.transaction():
            self._connection.execute(_statement("lock_removal"))
            parameters = {"before": before, "start": start, "count": GROUP_ROWS}
            row = self._connection.execute(
                _statement("delete_deliveries", leaf=leaf), parameters
            ).fetchone()
            assert row is not None  # noqa: S101 - an aggregate always has a row
            rows, last, batch_ids = row
            batches = 0
            if batch_ids:
                batches = self._connection.execute(
                    _statement("delete_batches"), {"batch_ids": batch_ids}
                ).rowcount
            reach("retention.before_commit")
        self._gone("deliveries", rows)
        self._gone("delivery_batches", batches)
        return rows, last or start

    def _delete_attempts(
        self, leaf: str, before: datetime, start: datetime | None
    ) -> tuple[int, datetime | None]:
        statement = _statement("delete_attempts", leaf=leaf)
        parameters = {"before": before, "count": GROUP_ROWS}
        rows = self._connection.execute(statement, parameters).rowcount
        self._gone("delivery_attempts", rows)
        return rows, start

    def _delete_letters(
        self, _table: str, before: datetime, start: datetime | None
    ) -> tuple[int, datetime | None]:
        with self._connection.transaction():
            parameters = {"before": before, "start": start, "count": GROUP_ROWS}
            found: list[tuple[UUID, datetime]] = self._connection.execute(
                _statement("lock_letters"), parameters
            ).fetchall()
            if found:
                ids = {"ids": [letter for letter, _ in found]}
                self._connection.execute(_statement("delete_letters"), ids)
            reach("retention.before_commit")
        self._gone("dead_letters", len(found))
        return len(found), found[-1][1] if found else start

    # ---- partitions ----

    def _drop(self, parent: str, leaf: Leaf, before: datetime, *, only_empty: bool) -> None:
        """Drops a partition that is wholly too old, with what it holds unless `only_empty`."""
        if not self._going():
            return
        rows = 0
        if not only_empty:
            rows = self._number("count_attempts", before, leaf.name)
        elif self._empty(leaf.name):
            self._connection.execute(_statement("vacuum", leaf=leaf.name))
        else:
            return
        for _ in range(DROP_ATTEMPTS):
            try:
                with self._connection.transaction():
                    self._connection.execute(_statement("patience"))
                    self._connection.execute(_statement("lock_parent", parent=parent))
                    if only_empty and not self._empty(leaf.name):
                        return
                    self._connection.execute(_statement("drop", leaf=leaf.name))
            except psycopg.errors.LockNotAvailable:
                time.sleep(DROP_PAUSE_SECONDS)
                continue
            self.tally.dropped.append(leaf.name)
            self._gone(parent, rows)
            return
        self.tally.busy.append(leaf.name)

    def _empty(self, leaf: str) -> bool:
        row = self._connection.execute(_statement("is_empty", leaf=leaf)).fetchone()
        return row is not None and bool(row[0])

    def _leaves(self, parent: str) -> list[Leaf]:
        rows = self._connection.execute(_statement("leaves"), {"parent": parent}).fetchall()
        return [Leaf(*row) for row in rows]

    # ---- bookkeeping ----

    def _number(self, name: str, before: datetime, leaf: str | None = None) -> int:
        parameters = {"before": before, "start": None}
        row = self._connection.execute(_statement(name, leaf=leaf), parameters).fetchone()
        assert row is not None  # noqa: S101 - an aggregate always has a row
        number: int = row[0]
        return number

    def _gone(self, table: str, rows: int) -> None:
        if rows:
            setattr(self.tally, table, getattr(self.tally, table) + rows)
            self._progress(table, rows)

    def _going(self) -> bool:
        if self._stopped():
            self.tally.complete = False
        return self.tally.complete


_Remove = Callable[[str, datetime, datetime | None], tuple[int, datetime | None]]


@cache
def _statement(name: str, leaf: str | None = None, parent: str | None = None) -> sql.Composed:
    """A statement with its fragments, about these tables."""
    statements = named_sql("retention/retention")
    text = statements[name]
    for fragment in ("finished", "closed"):
        text = text.replace(f"{{{fragment}}}", statements[fragment])
    tables = {"leaf": leaf, "parent": parent}
    # Our own files; names of tables are quoted.
    return sql.SQL(text).format(
        **{place: sql.Identifier(table) for place, table in tables.items() if table is not None}
    )
