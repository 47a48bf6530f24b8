"""Runs retention: removes the old rows of every table in `removals`.

Pending deliveries and open dead letters are never removed. A run removes group after group, so that
it may be killed at any point and the next run continues. Only one run is active at a time. A
partition of deliveries is dropped once it is empty.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres import sole_work
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.settings import Settings
from storepulse.retention.groups import (
    RemovedGroup,
    count_attempts,
    count_deliveries,
    count_letters,
    count_open_letters,
    count_rows,
    remove_attempts,
    remove_deliveries,
    remove_letters,
    remove_rows,
)
from storepulse.retention.partitions import drop_leaf, list_leaves
from storepulse.retention.removals import REMOVALS
from storepulse.retention.rules import Leaf, RetentionLimits, select_expired, select_touched

GROUP_ROWS = 5_000

_SESSION = SessionOptions(name="storepulse-retention", lock_seconds=5, idle_seconds=60)

#: Called with a table and the number of its removed rows.
Progress = Callable[[str, int], None]
_Remove = Callable[[Connection, str, datetime, datetime | None, int], RemovedGroup]


@dataclass(slots=True)
class RetentionTally:
    """The result of a run, or of a dry run.

    `open_kept` counts letters that are too old but still open, `busy` has partitions that could not
    be locked, `complete` is False if the run was stopped.
    """

    rows_by_table: dict[str, int] = field(
        default_factory=lambda: {removal.table: 0 for removal in REMOVALS}
    )
    dropped: list[str] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    open_kept: int = 0
    complete: bool = True


@contextmanager
def open_connection(settings: Settings) -> Iterator[Connection]:
    """A connection for a run. Raises psycopg.Error."""
    with connect(settings.dsn, _SESSION) as connection:
        yield connection


def try_alone(connection: Connection) -> bool:
    """Take the lock of runs until the connection is closed. Returns False if another run has it."""
    return sole_work.try_alone(connection, "storepulse.retention")


class Run:
    """One run, through one connection of `open_connection`.

    `is_stopping` is called between two groups; `pause` with the seconds that the last group took.
    """

    def __init__(
        self,
        connection: Connection,
        limits: RetentionLimits,
        *,
        progress: Progress = lambda _table, _rows: None,
        is_stopping: Callable[[], bool] = lambda: False,
        pause: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self._connection = connection
        self._limits = limits
        self._progress = progress
        self._is_stopping = is_stopping
        self._pause = pause
        self.tally = RetentionTally()

    def count(self) -> RetentionTally:
        """Counts what a run would remove, without changing anything."""
        tally = RetentionTally()
        for removal in REMOVALS:
            if (before := self._limits.of(removal.limit)) is not None:
                tally.rows_by_table[removal.table] = self._count_rows(removal.table, before)
        if self._limits.deliveries is not None:
            attempts = select_expired(self._leaves("delivery_attempts"), self._limits.deliveries)
            tally.dropped += [leaf.name for leaf in attempts]
        if self._limits.dead_letters is not None:
            tally.open_kept = count_open_letters(self._connection, self._limits.dead_letters)
        return tally

    def run(self) -> RetentionTally:
        """Removes all rows that may be removed."""
        for removal in REMOVALS:
            if (before := self._limits.of(removal.limit)) is not None:
                self._remove_rows(removal.table, before)
        if self._limits.dead_letters is not None:
            self.tally.open_kept = count_open_letters(self._connection, self._limits.dead_letters)
        return self.tally

    def _count_rows(self, table: str, before: datetime) -> int:
        match table:
            case "deliveries":
                leaves = select_touched(self._leaves(table), before)
                return sum(count_deliveries(self._connection, one.name, before) for one in leaves)
            case "delivery_attempts":
                leaves = self._leaves(table)
                expired = select_expired(leaves, before)
                leaves = [leaf for leaf in leaves if leaf.is_default or leaf in expired]
                return sum(count_attempts(self._connection, one.name, before) for one in leaves)
            case "dead_letters":
                return count_letters(self._connection, before)
        return count_rows(self._connection, table, before)

    def _remove_rows(self, table: str, before: datetime) -> None:
        match table:
            case "deliveries":
                self._remove_deliveries(before)
            case "delivery_batches":
                pass  # They have gone with their deliveries.
            case "delivery_attempts":
                self._remove_attempts(before)
            case "dead_letters":
                self._remove_groups(remove_letters, table, before)
            case _:
                self._remove_groups(remove_rows, table, before)

    def _remove_deliveries(self, before: datetime) -> None:
        for leaf in select_touched(self._leaves("deliveries"), before):
            self._remove_groups(remove_deliveries, leaf.name, before)
        for leaf in select_expired(self._leaves("deliveries"), before):
            if self._may_go_on():
                self._drop("deliveries", leaf, 0, only_empty=True)

    def _remove_attempts(self, before: datetime) -> None:
        for leaf in self._leaves("delivery_attempts"):
            if leaf.is_default:
                self._remove_groups(remove_attempts, leaf.name, before)
        for leaf in select_expired(self._leaves("delivery_attempts"), before):
            if self._may_go_on():
                rows = count_attempts(self._connection, leaf.name, before)
                self._drop("delivery_attempts", leaf, rows, only_empty=False)

    def _remove_groups(self, remove: _Remove, table: str, before: datetime) -> None:
        """Removes group after group until one is not full."""
        start: datetime | None = None
        is_full = True
        while is_full and self._may_go_on():
            started_at = time.monotonic()
            group = remove(self._connection, table, before, start, GROUP_ROWS)
            for name, rows in group.by_table.items():
                self._add(name, rows)
            start, is_full = group.start, group.rows == GROUP_ROWS
            reach("retention.after_group")
            if is_full:
                self._pause(time.monotonic() - started_at)

    def _drop(self, parent: str, leaf: Leaf, rows: int, *, only_empty: bool) -> None:
        match drop_leaf(self._connection, parent, leaf.name, only_empty=only_empty):
            case "dropped":
                self.tally.dropped.append(leaf.name)
                self._add(parent, rows)
            case "busy":
                self.tally.busy.append(leaf.name)

    def _leaves(self, parent: str) -> list[Leaf]:
        return list_leaves(self._connection, parent)

    def _add(self, table: str, rows: int) -> None:
        if rows:
            self.tally.rows_by_table[table] += rows
            self._progress(table, rows)

    def _may_go_on(self) -> bool:
        if self._is_stopping():
            self.tally.complete = False
        return self.tally.complete
