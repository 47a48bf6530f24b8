"""Limits that stores have reached, in memory, for the process that refuses events by them.

`table_reader` keeps the table up to date. It contains only stores at or beyond a limit, so that
other stores cost one look-up, or none if the table is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from storepulse.adapters.clock import Clock
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.calendars import Calendar
from storepulse.domain.plans import PlanLimit, ReachedLimit, bounds_of, reached_level
from storepulse.domain.time_zones import ZonePeriod

#: Reached limits by store.
Reached = dict[str, tuple[ReachedLimit, ...]]
Row = tuple[Any, ...]

_SQL = named_sql("access/limits", reached="since read_at", instant="")


class JudgedLimits(NamedTuple):
    """Reached limits by store, and the instant to judge them by, in seconds since 1970."""

    reached: Reached
    now: float


class LimitTable:
    """Reached limits by store: `of_store`, which is replaced as a whole.

    A limit applies within its period only, by a clock that does not depend on PostgreSQL.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.of_store: Reached = {}

    def now(self) -> float:
        """The current time, in seconds since 1970."""
        return self._clock().timestamp()

    def judge(self, key_store: str | None) -> JudgedLimits | None:
        """The limits for the events of a request; None if its key is tied to a store that has
        reached none."""
        reached = self.of_store
        if key_store is not None and key_store not in reached:
            return None
        return JudgedLimits(reached, self.now())

    def update(self, stores: Reached) -> None:
        """Replace the limits of these stores."""
        self.load({**self.of_store, **stores})

    def load(self, stores: Reached) -> None:
        """Replace the whole table at once."""
        self.of_store = {store: limits for store, limits in stores.items() if limits}


def rows_of_reached(connection: Connection, since: str, read_at: Any) -> list[Row]:
    """Rows of reached limits, of all stores with changes: (store, plan, meter, soft, hard, period,
    used, whether the period is open, aggregation). A store that has reached none has nulls.

    `since`: the transaction from which changes are read, "0" for everything; `read_at`: the time of
    the last read.
    """
    return connection.execute(_SQL["reached"], {"since": since, "read_at": read_at}).fetchall()


def read_instant(connection: Connection) -> tuple[Any, str]:
    """`read_at` and `since` for the next read; call it before this one."""
    row = connection.execute(_SQL["instant"]).fetchone()
    assert row is not None  # noqa: S101 - it always has its row
    return row[0], row[1]


def reached_limits(
    rows: Iterable[Row], zones_of: Callable[[str], tuple[ZonePeriod, ...]]
) -> Reached:
    """Reached limits by store, from rows. Periods are in the stores' zones."""
    found: Reached = {}
    for store_id, plan, meter, soft, hard, period, used, _, aggregation in rows:
        known = found.setdefault(store_id, ())
        level = None if meter is None else reached_level(PlanLimit(soft, hard), used)
        if level is None:
            continue
        start, end = bounds_of(Calendar(zones_of(store_id)), period)
        amount = hard if level == "hard" else soft
        times = start.timestamp(), end.timestamp()
        reached = ReachedLimit(plan, meter, level, amount, used, *times, aggregation)
        found[store_id] = (*known, reached)
    return found
