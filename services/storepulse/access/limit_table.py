"""Limits that stores have reached, in memory, for the process that refuses events by them.

`table_reader` keeps the table up to date. It holds stores at or beyond a limit alone, so that
asking about all others costs one look-up, and nothing at all where there are none.
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

#: By store, what it has reached.
Reached = dict[str, tuple[ReachedLimit, ...]]
Row = tuple[Any, ...]

_SQL = named_sql("access/limits", reached="since read_at", instant="")


class JudgedLimits(NamedTuple):
    """What stores have reached, and the instant by which it is judged, in seconds since 1970."""

    reached: Reached
    now: float


class LimitTable:
    """Looks reached limits up by store: `of_store` is that look-up, replaced as a whole.

    They count within their periods alone, by a clock that goes on while PostgreSQL is away.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.of_store: Reached = {}

    def now(self) -> float:
        """The time that periods end by, in seconds since 1970."""
        return self._clock().timestamp()

    def judge(self, key_store: str | None) -> JudgedLimits | None:
        """What the events of a request are judged by; None where its key is tied to a store that
        has reached nothing."""
        reached = self.of_store
        if key_store is not None and key_store not in reached:
            return None
        return JudgedLimits(reached, self.now())

    def update(self, stores: Reached) -> None:
        """Replaces what is known of these stores."""
        self.load({**self.of_store, **stores})

    def load(self, stores: Reached) -> None:
        """Replaces the table at once."""
        self.of_store = {store: limits for store, limits in stores.items() if limits}


def rows_of_reached(connection: Connection, since: str, read_at: Any) -> list[Row]:
    """(store, plan, meter, soft, hard, period, used, whether the period is open, aggregation) of
    each limit that was reached, of all stores of which something changed; nulls behind a store that
    has reached none.

    `since`: the transaction from which changes are read, "0" for everything; `read_at`: when they
    were read last.
    """
    return connection.execute(_SQL["reached"], {"since": since, "read_at": read_at}).fetchall()


def read_instant(connection: Connection) -> tuple[Any, str]:
    """`read_at` and `since` for the next reading: taken before this one."""
    row = connection.execute(_SQL["instant"]).fetchone()
    assert row is not None  # noqa: S101 - it always has its row
    return row[0], row[1]


def reached_limits(
    rows: Iterable[Row], zones_of: Callable[[str], tuple[ZonePeriod, ...]]
) -> Reached:
    """What rows say, by store. Periods are those of the stores' zones."""
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
