"""Closing of usage months, and their statements.

A month is closed once it is over in the store's time zone and the grace period has passed, earliest
first. Closing updates one row, for which slices wait a moment. From then on the month's events
never change, and the statement is made from them without a lock. Both steps survive a crash at any
point and may run in several processes at once: each finds what another has done.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from uuid import UUID

from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Rejected
from storepulse.domain.plans import next_period_of
from storepulse.metering.reading import recompute
from storepulse.streams.usage.statement import (
    StatementHead,
    UsageStatement,
    month_text,
)

_SQL = named_sql("metering/closing")
_SESSION = SessionOptions(name="storepulse-usage", lock_seconds=10)
_AT_ONCE = 500


def close_months(settings: Settings, now: datetime) -> int:
    """Close what is due at `now`, make missing statements, and return how many were made.

    Raises psycopg.Error.
    """
    until = now - timedelta(minutes=settings.usage_grace_minutes)
    with connect(settings.dsn, _SESSION) as connection:
        close_due(connection, until, now)
        return make_missing(connection)


def close_due(connection: Connection, until: datetime, now: datetime) -> int:
    """Close the months that were over at `until`, and return how many; needs autocommit mode."""
    closed = 0
    while True:
        asked = {"until": until, "count": _AT_ONCE}
        due = connection.execute(_SQL["due_months"], asked).fetchall()
        for store_id, period in due:
            closed += close_month(connection, store_id, period, now)
        if not due:
            return closed


def close_through(connection: Connection, store_id: UUID, period: date, now: datetime) -> int:
    """Close a store's open months up to this one, which is over at `now`, and return how many.

    Raises Rejected if the month is not over or is closed, or if the store has no usage.
    """
    row = connection.execute(_SQL["open_month"], {"store_id": store_id, "now": now}).fetchone()
    if row is None:
        raise Rejected("store", "has no usage")
    open_period, current = row
    if period >= current:
        raise Rejected("period", f"{month_text(period)} is not over for this store")
    if period < open_period:
        raise Rejected("period", f"{month_text(period)} is closed")
    closed = 0
    while open_period <= period:
        closed += close_month(connection, store_id, open_period, now)
        open_period = next_period_of(open_period)
    return closed


def close_month(connection: Connection, store_id: UUID, period: date, now: datetime) -> bool:
    """Close a store's first open month if it is this one; return whether it was."""
    reach("usage.before_close")
    asked = {"store_id": store_id, "period": period, "closed_at": now}
    row = connection.execute(_SQL["close_month"], asked).fetchone()
    reach("usage.after_close")
    return row is not None


def make_missing(connection: Connection) -> int:
    """Make the missing statements of closed months, and return how many; needs autocommit mode."""
    made = 0
    while True:
        unmade = connection.execute(_SQL["unmade_statements"], {"count": _AT_ONCE}).fetchall()
        progress = sum(_make(connection, UUID(store_id), period) for store_id, period in unmade)
        if not progress:  # none is left, or other processes are making them
            return made
        made += progress


def _make(connection: Connection, store_id: UUID, period: date) -> bool:
    with connection.transaction():
        asked = {"store_id": store_id, "period": period}
        if connection.execute(_SQL["lock_unmade"], asked).fetchone() is None:
            return False
        statement = recompute(connection, _head_of(connection, store_id, period))
        _store(connection, statement)
        reach("usage.before_statement")
    return True


def _head_of(connection: Connection, store_id: UUID, period: date) -> StatementHead:
    asked = {"store_id": store_id, "period": period}
    (_, _, starts_at), (_, zone, ends_at) = connection.execute(_SQL["head"], asked).fetchall()
    return StatementHead(
        store_id=str(store_id), period=period, zone=zone, starts_at=starts_at, ends_at=ends_at
    )


def _store(connection: Connection, statement: UsageStatement) -> None:
    head = statement.head
    key = {"store_id": head.store_id, "period": head.period}
    lines = [
        {
            **key,
            **asdict(line.figures),
            "for_period": line.for_period,
            "meter": line.meter,
            "max_change": line.max_change,
            "last_change": line.last_change,
        }
        for line in statement.lines
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_SQL["enter_line"], lines)
        cursor.execute(
            _SQL["finish_statement"],
            {
                **key,
                "zone": head.zone,
                "starts_at": head.starts_at,
                "ends_at": head.ends_at,
                "events": statement.events,
                "digest": statement.digest,
                "hash": statement.hash,
            },
        )
