"""Updates figures after a phase began or ended.

A slice uses the phases that existed when it began, and no slice lasts longer than 20 seconds. So a
phase is settled once 25 seconds have passed: events before it, and events of the last slices that
did not know it, are taken from the rows of all streams. Then every unit of the phase is recounted.
Each batch is a transaction of its own, under the locks that slices take. If the process is killed
in between, everything is repeated, with the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

import polars as pl

from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.adapters.postgres.sole_work import try_alone
from storepulse.experiments.units import count_units, prepare, write_units
from storepulse.streams.experiment_units import STREAMS, types_of, unit_tables

#: A transaction of the agents lasts at most 20.
QUIET_SECONDS = 25
UNITS_AT_ONCE = 2_000
ROWS_AT_ONCE = 5_000
#: Browsers' clocks may be slow, so a first exposure may lie before the phase.
_EARLIER = timedelta(days=1)

_SQL = named_sql(
    "experiments/settling",
    due_phases="before",
    oldest_due="now",
    phases_of_test="test_id",
    stage_units="test_id phase store_id after count",
    note_settled="test_id phase ended_at",
)
_TIME = pl.Datetime("ms", "UTC")
_EVERY: dict[str, pl.DataType] = {
    "store_id": pl.String(),
    "event_id": pl.String(),
    "session_id": pl.String(),
    "visitor_id": pl.String(),
    "occurred_at": _TIME,
    "received_at": _TIME,
    "is_bot": pl.Boolean(),
}
_OWN: dict[str, pl.DataType] = {
    "activity_type": pl.String(),
    "name": pl.String(),
    "event_type": pl.String(),
    "event_name": pl.String(),
    "metric": pl.String(),
    "value": pl.Decimal(18, 4),
    "currency": pl.String(),
    "order_id": pl.String(),
    "test_id": pl.String(),
    "phase": pl.Int32(),
    "variant_id": pl.String(),
}
#: Stream -> its own columns in the statement with its name.
_COLUMNS = {
    "activity": ("activity_type", "name", "value", "currency", "order_id"),
    "landing": ("event_type", "event_name", "value", "currency", "order_id"),
    "cart": (),
    "order": ("event_type", "value", "currency", "order_id"),
    "campaign": ("event_type", "value", "currency", "order_id"),
    "experiment": (
        "event_type", "metric", "value", "currency", "order_id", "test_id", "phase", "variant_id",
    ),
}  # fmt: skip
_NO_EVENT = UUID(int=0)


class UnsettledPhase(NamedTuple):
    """A phase to settle. `sources`: the sources of its metrics."""

    test_id: UUID
    phase: int
    store_id: UUID
    started_at: datetime
    ended_at: datetime | None
    pre_ms: int
    is_backfilled: bool
    sources: list[str]


def settle_due(
    connection: Connection, now: datetime, is_stopping: Callable[[], bool] = lambda: False
) -> int:
    """Settle the phases that began or ended long enough before `now`. Returns how many.

    Returns 0 while another process is settling. `is_stopping` is called between batches.
    `connection` must be in autocommit mode. Raises psycopg.Error.
    """
    asked = {"before": now - timedelta(seconds=QUIET_SECONDS)}
    rows = connection.execute(_SQL["due_phases"], asked).fetchall()
    if not rows or not try_alone(connection, "storepulse.experiments.settling"):
        return 0
    prepare(connection)
    # Another process may have settled them before this one got the lock.
    phases = [UnsettledPhase(*row) for row in connection.execute(_SQL["due_phases"], asked)]
    for number, phase in enumerate(phases):
        for _ in settle(connection, phase):
            if is_stopping():
                return number
    return len(phases)


def unsettled_seconds(connection: Connection, now: datetime) -> float:
    """How long ago the oldest unsettled phase began or ended; 0 without one. Raises
    psycopg.Error."""
    row = connection.execute(_SQL["oldest_due"], {"now": now}).fetchone()
    assert row is not None  # noqa: S101 - it always has its row
    return max(0.0, float(row[0]))


def recompute_test(connection: Connection, test_id: UUID) -> list[UnsettledPhase]:
    """Recount all phases of a test from the stored rows. Returns the phases.

    Does not wait for slices in progress that do not know of a change; regular settling follows.
    """
    prepare(connection)
    rows = connection.execute(_SQL["phases_of_test"], {"test_id": test_id}).fetchall()
    phases = [UnsettledPhase(*row) for row in rows]
    for phase in phases:
        for _ in chain(backfill(connection, phase), count_anew(connection, phase)):
            pass
    return phases


def settle(connection: Connection, phase: UnsettledPhase) -> Iterator[None]:
    """Settle one phase, one batch per step. `connection` must have the tables of `prepare`."""
    named = {"test_id": phase.test_id, "phase": phase.phase}
    if not phase.is_backfilled:
        yield from backfill(connection, phase)
        connection.execute(_SQL["note_backfill"], named)
        reach("experiments.after_backfill")
    yield from count_anew(connection, phase)
    with connection.transaction():
        of_store = {"store_id": phase.store_id, "sources": phase.sources}
        connection.execute(_SQL["lock_sources"], of_store)
        connection.execute(_SQL["end_sources"], of_store)
    connection.execute(_SQL["note_settled"], named | {"ended_at": phase.ended_at})


def backfill(connection: Connection, phase: UnsettledPhase) -> Iterator[None]:
    """Add the events that the phase's metrics need from the rows of all streams, newest first,
    back to the start of its pre-period; one batch per step. Existing ones are kept."""
    for stream in sorted(STREAMS):
        for frame in _stored_events(connection, phase, stream):
            tables = unit_tables(frame, stream)
            if tables:
                write_units(connection, tables)
            reach("experiments.after_batch")
            yield


def count_anew(connection: Connection, phase: UnsettledPhase) -> Iterator[None]:
    """Recount every unit of the phase, and add the differences to its figures; one batch per
    step."""
    after: str | None = ""
    while after is not None:
        asked = {
            "test_id": phase.test_id, "phase": phase.phase, "store_id": phase.store_id,
            "after": after, "count": UNITS_AT_ONCE,
        }  # fmt: skip
        with connection.transaction(), connection.cursor() as cursor:
            row = cursor.execute(_SQL["stage_units"], asked).fetchone()
            after = None if row is None else row[1]
            if after is not None:
                count_units(cursor)
        reach("experiments.after_batch")
        yield


def _stored_events(
    connection: Connection, phase: UnsettledPhase, stream: str
) -> Iterator[pl.DataFrame]:
    """Frames of a stream's stored events that the phase may measure, newest first."""
    types = types_of(stream, phase.sources)
    asked: dict[str, Any] = {
        "store_id": phase.store_id,
        "types": types,
        "since": phase.started_at - timedelta(milliseconds=phase.pre_ms) - _EARLIER,
        "at": "infinity",
        "event_id": _NO_EVENT,
        "count": ROWS_AT_ONCE,
    }
    schema = _EVERY | {name: _OWN[name] for name in _COLUMNS[stream]}
    sources = pl.lit(phase.sources, pl.List(pl.String))
    while types:
        rows = connection.execute(_SQL[stream], asked).fetchall()
        if not rows:
            return
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        yield frame.with_columns(experiment_sources=sources)
        asked |= {"at": rows[-1][4], "event_id": rows[-1][1]}
