"""A statement of usage as the database has it, and what it is made of.

What takes a connection reads within the caller's transaction, and raises psycopg.Error.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.errors import Rejected
from storepulse.streams.usage.statement import (
    Before,
    MeterFigures,
    StatementHead,
    StatementLine,
    UsageEvent,
    UsageStatement,
    make_statement,
    month_text,
)

_SQL = named_sql("metering/reading")
_ROWS_AT_ONCE = 5_000


def read_events(connection: Connection, store_id: UUID, period: date) -> Iterator[UsageEvent]:
    """The events that are billed in a month, in the order of their ids, a few thousand at a time.
    The connection is within a transaction."""
    with connection.cursor("usage_events") as cursor:
        cursor.execute(_SQL["events"], {"store_id": store_id, "period": period})
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            for event_id, meter, quantity, occurred_at, of_period in rows:
                yield UsageEvent(
                    event_id=event_id,
                    meter=meter,
                    quantity=quantity,
                    occurred_at=occurred_at,
                    period=of_period,
                )


def read_before(connection: Connection, store_id: UUID, period: date) -> Before:
    """Of the meters of closed months that a month's events adjust, the figures before them."""
    rows = connection.execute(_SQL["before"], {"store_id": store_id, "period": period}).fetchall()
    return {(for_period, meter): _figures_of(*figures) for for_period, meter, *figures in rows}


def read_statement(connection: Connection, store_id: UUID, period: date) -> UsageStatement:
    """The statement as it was made. Raises Rejected where there is none."""
    asked = {"store_id": store_id, "period": period}
    row = connection.execute(_SQL["statement"], asked).fetchone()
    if row is None:
        raise Rejected("period", f"{month_text(period)} is not closed for this store")
    zone, starts_at, ends_at, digest, made = row
    if made is None:
        raise Rejected("period", f"{month_text(period)} is closed, its statement is being made")
    lines = tuple(
        StatementLine(
            for_period=for_period,
            meter=meter,
            figures=_figures_of(*figures),
            max_change=max_change,
            last_change=last_change,
        )
        for for_period, meter, *figures, max_change, last_change in connection.execute(
            _SQL["lines"], asked
        ).fetchall()
    )
    head = StatementHead(
        store_id=str(store_id), period=period, zone=zone, starts_at=starts_at, ends_at=ends_at
    )
    return UsageStatement(head=head, lines=lines, digest=digest)


def read_hash(connection: Connection, store_id: UUID, period: date) -> str:
    """The hash that was stored when the statement was made; "" where there is none."""
    asked = {"store_id": store_id, "period": period}
    row = connection.execute(_SQL["statement"], asked).fetchone()
    return "" if row is None else row[4] or ""


def recompute(connection: Connection, head: StatementHead) -> UsageStatement:
    """The same statement once more, from the events. The connection is within a transaction."""
    store_id = UUID(head.store_id)
    before = read_before(connection, store_id, head.period)
    return make_statement(head, read_events(connection, store_id, head.period), before)


def _figures_of(*columns: Any) -> MeterFigures:
    count, total, greatest, last, last_at, last_id = columns
    return MeterFigures(
        count=count, sum=total, max=greatest, last=last, last_at=last_at, last_id=last_id
    )
