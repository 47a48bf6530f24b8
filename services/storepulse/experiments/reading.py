"""Reads of tests for the command line, from any store."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg.rows import class_row, dict_row

from storepulse.access.rules.administration import UnknownObject
from storepulse.adapters.postgres.sessions import Connection
from storepulse.experiments.rows import STATEMENTS, TestRow


def list_tests(
    connection: Connection, store_id: UUID, status: str | None, count: int
) -> list[dict[str, Any]]:
    """The newest tests of a store, newest first."""
    asked = {
        "store_id": store_id, "status": status, "before": None, "before_id": None, "count": count
    }  # fmt: skip
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(STATEMENTS["list_tests"], asked).fetchall()


def find_anywhere(connection: Connection, test_id: UUID) -> TestRow:
    """One test of any store. Raises UnknownObject."""
    with connection.cursor(row_factory=class_row(TestRow)) as cursor:
        row = cursor.execute(STATEMENTS["test_of_any_store"], {"test_id": test_id}).fetchone()
    if row is None:
        raise UnknownObject("test", f"there is no test {test_id}")
    return row
