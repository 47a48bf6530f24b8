"""Removes one group of rows in one transaction, and counts the rows that may be removed.

The transaction also records what the audit (dead records) and backfills (removed deliveries) need,
so that a run may be killed between any two groups. A group skips locked rows and takes the oldest
rows from `start` on. If it is full, there may be more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.adapters.postgres.statement import Statement

_DELIVERIES = named_sql(
    "retention/deliveries",
    count_deliveries="before start",
    count_delivery_batches="before start",
    count_purchase_claims="before start",
    count_attempts="before",
    count_delivery_minutes="before",
    count_breaker_changes="before",
    delete_deliveries="before start count",
    delete_batches="batch_ids",
    delete_purchase_claims="before count",
    delete_attempts="before count",
    delete_delivery_minutes="before count",
    delete_breaker_changes="before count",
)
_VIEWS = named_sql(
    "retention/views", count_heatmap_views="before", delete_heatmap_views="before count"
)
_EXPERIMENTS = named_sql(
    "retention/experiments",
    count_ab_unit_events="before",
    count_ab_unit_sessions="before",
    count_ab_test_assignments="before",
    count_ab_units="before",
    delete_ab_unit_events="before count",
    delete_ab_unit_sessions="before count",
    delete_ab_test_assignments="before count",
    delete_ab_units="before count",
)
_SESSIONS = named_sql(
    "retention/sessions",
    count_console_sessions="before",
    count_sign_in_links="before",
    delete_console_sessions="before count",
    delete_sign_in_links="before count",
)
#: Tables whose rows are removed by one statement.
_DELETE = {
    "purchase_claims": _DELIVERIES["delete_purchase_claims"],
    "delivery_minutes": _DELIVERIES["delete_delivery_minutes"],
    "breaker_changes": _DELIVERIES["delete_breaker_changes"],
    "heatmap_views": _VIEWS["delete_heatmap_views"],
    "ab_unit_events": _EXPERIMENTS["delete_ab_unit_events"],
    "ab_unit_sessions": _EXPERIMENTS["delete_ab_unit_sessions"],
    "ab_test_assignments": _EXPERIMENTS["delete_ab_test_assignments"],
    "ab_units": _EXPERIMENTS["delete_ab_units"],
    "console_sessions": _SESSIONS["delete_console_sessions"],
    "sign_in_links": _SESSIONS["delete_sign_in_links"],
}
#: The same tables, and batches, which are removed with their deliveries.
_COUNT = {
    "delivery_batches": _DELIVERIES["count_delivery_batches"],
    "purchase_claims": _DELIVERIES["count_purchase_claims"],
    "delivery_minutes": _DELIVERIES["count_delivery_minutes"],
    "breaker_changes": _DELIVERIES["count_breaker_changes"],
    "heatmap_views": _VIEWS["count_heatmap_views"],
    "ab_unit_events": _EXPERIMENTS["count_ab_unit_events"],
    "ab_unit_sessions": _EXPERIMENTS["count_ab_unit_sessions"],
    "ab_test_assignments": _EXPERIMENTS["count_ab_test_assignments"],
    "ab_units": _EXPERIMENTS["count_ab_units"],
    "console_sessions": _SESSIONS["count_console_sessions"],
    "sign_in_links": _SESSIONS["count_sign_in_links"],
}
_LETTERS = named_sql(
    "retention/dead_letters",
    count_letters="before start",
    count_open="before",
    lock_letters="before start count",
    delete_letters="ids",
)


@dataclass(frozen=True, slots=True)
class RemovedGroup:
    """The removed rows by table. `rows` counts those of the requested table; `start` is where the
    next group begins, None for the oldest row."""

    rows: int
    by_table: Counter[str] = field(default_factory=Counter)
    start: datetime | None = None


def remove_deliveries(
    connection: Connection, leaf: str, before: datetime, start: datetime | None, count: int
) -> RemovedGroup:
    """Removes up to `count` finished deliveries of a partition, and batches without other rows."""
    statement = _DELIVERIES["delete_deliveries"].with_names(leaf=leaf)
    parameters = {"before": before, "start": start, "count": count}
    with connection.transaction():
        connection.execute(_DELIVERIES["lock_removal"])
        rows, newest, batch_ids = _one_row(connection, statement, parameters)
        batches = 0
        if batch_ids:
            ids = {"batch_ids": batch_ids}
            batches = connection.execute(_DELIVERIES["delete_batches"], ids).rowcount
        reach("retention.before_commit")
    by_table = Counter({"deliveries": rows, "delivery_batches": batches})
    return RemovedGroup(rows, by_table, newest or start)


def remove_attempts(
    connection: Connection, leaf: str, before: datetime, start: datetime | None, count: int
) -> RemovedGroup:
    """Removes up to `count` attempts of a partition, whatever their outcome."""
    statement = _DELIVERIES["delete_attempts"].with_names(leaf=leaf)
    rows = connection.execute(statement, {"before": before, "count": count}).rowcount
    return RemovedGroup(rows, Counter({"delivery_attempts": rows}), start)


def remove_rows(
    connection: Connection, table: str, before: datetime, start: datetime | None, count: int
) -> RemovedGroup:
    """Removes up to `count` rows of a table in `_DELETE`."""
    rows = connection.execute(_DELETE[table], {"before": before, "count": count}).rowcount
    return RemovedGroup(rows, Counter({table: rows}), start)


def remove_letters(
    connection: Connection, _table: str, before: datetime, start: datetime | None, count: int
) -> RemovedGroup:
    """Removes up to `count` closed dead letters with their trails."""
    parameters = {"before": before, "start": start, "count": count}
    with connection.transaction():
        letters: list[tuple[UUID, datetime]] = connection.execute(
            _LETTERS["lock_letters"], parameters
        ).fetchall()
        if letters:
            ids = [letter_id for letter_id, _ in letters]
            connection.execute(_LETTERS["delete_letters"], {"ids": ids})
        reach("retention.before_commit")
    newest = letters[-1][1] if letters else start
    return RemovedGroup(len(letters), Counter({"dead_letters": len(letters)}), newest)


def count_rows(connection: Connection, table: str, before: datetime) -> int:
    """Rows of a table that may be removed, including those that a run would make removable."""
    return _number(connection, _COUNT[table], {"before": before, "start": None})


def count_deliveries(connection: Connection, leaf: str, before: datetime) -> int:
    """Finished deliveries of a partition that may be removed."""
    statement = _DELIVERIES["count_deliveries"].with_names(leaf=leaf)
    return _number(connection, statement, {"before": before, "start": None})


def count_attempts(connection: Connection, leaf: str, before: datetime) -> int:
    """Attempts of a partition that may be removed."""
    statement = _DELIVERIES["count_attempts"].with_names(leaf=leaf)
    return _number(connection, statement, {"before": before})


def count_letters(connection: Connection, before: datetime) -> int:
    """Closed dead letters that may be removed."""
    return _number(connection, _LETTERS["count_letters"], {"before": before, "start": None})


def count_open_letters(connection: Connection, before: datetime) -> int:
    """Dead letters that are old enough to be removed, but open."""
    return _number(connection, _LETTERS["count_open"], {"before": before})


def _number(connection: Connection, statement: Statement, parameters: dict[str, Any]) -> int:
    number: int = _one_row(connection, statement, parameters)[0]
    return number


def _one_row(connection: Connection, statement: Statement, parameters: dict[str, Any]) -> Any:
    row = connection.execute(statement, parameters).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has a row
    return row
