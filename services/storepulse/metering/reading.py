"""A usage statement in the database, and the data that it is made from.

Functions with a connection read in the caller's transaction and raise psycopg.Error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

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
_QUERIES = named_sql("streams/usage/queries")
_FIGURES = ("count", "sum", "max", "last", "last_at", "last_id")
_ROWS_AT_ONCE = 5_000


def read_events(connection: Connection, store_id: UUID, period: date) -> Iterator[UsageEvent]:
    """Yield the events billed in a month, sorted by id, reading a few thousand at a time.

    The connection must be in a transaction.
    """
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
    """Return the previous figures of the closed months' meters that this month's events adjust."""
    rows = connection.execute(_SQL["before"], {"store_id": store_id, "period": period}).fetchall()
    return {(for_period, meter): _figures_of(*figures) for for_period, meter, *figures in rows}


def read_statement(
    connection: Connection, store_id: UUID, period: date
) -> tuple[UsageStatement, str]:
    """Return the statement from its stored lines, and the stored hash.

    Raises Rejected if the month has none.
    """
    asked = {"store_id": store_id, "period": period}
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_QUERIES["statement"], asked).fetchone()
        if row is None or row["hash"] is None:
            why = "is not closed for this store" if row is None else "has no statement yet"
            raise Rejected("period", f"{month_text(period)} {why}")
        lines = cursor.execute(_QUERIES["lines"], asked).fetchall()
    return statement_of_rows(str(store_id), row, lines), row["hash"]


def statement_of_rows(
    store_id: str, row: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]
) -> UsageStatement:
    """Return the statement in rows of `usage_statements` and `usage_lines`."""
    head = StatementHead(
        store_id=store_id,
        period=row["period"],
        zone=row["zone"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
    )
    return UsageStatement(head=head, lines=tuple(map(_line_of, lines)), digest=row["digest"])


def _line_of(row: Mapping[str, Any]) -> StatementLine:
    return StatementLine(
        for_period=row["for_period"],
        meter=row["meter"],
        figures=_figures_of(*(row[name] for name in _FIGURES)),
        max_change=row["max_change"],
        last_change=row["last_change"],
    )


def recompute(connection: Connection, head: StatementHead) -> UsageStatement:
    """Compute the statement from the events. The connection must be in a transaction."""
    store_id = UUID(head.store_id)
    before = read_before(connection, store_id, head.period)
    return make_statement(head, read_events(connection, store_id, head.period), before)


def _figures_of(*columns: Any) -> MeterFigures:
    count, total, greatest, last, last_at, last_id = columns
    return MeterFigures(
        count=count, sum=total, max=greatest, last=last, last_at=last_at, last_id=last_id
    )
