"""Lists partitions, and drops one while others read and write the table."""

from __future__ import annotations

import time
from typing import Literal

import psycopg

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.retention.rules import Leaf

#: Attempts to lock a partition in one run, and the pause between them.
DROP_ATTEMPTS, DROP_PAUSE_SECONDS = 5, 0.5

_SQL = named_sql("retention/partitions", leaves="parent", drop="leaf")


def list_leaves(connection: Connection, parent: str) -> list[Leaf]:
    """A table's partitions, the default one first."""
    rows = connection.execute(_SQL["leaves"], {"parent": parent}).fetchall()
    return [Leaf(*row) for row in rows]


def drop_leaf(
    connection: Connection, parent: str, leaf: str, *, only_empty: bool
) -> Literal["dropped", "busy", "has rows"]:
    """Drops a partition with its rows, or, with `only_empty`, only an empty one. Other statements
    on the table wait less than half a second."""
    if only_empty:
        if not is_empty(connection, leaf):
            return "has rows"
        connection.execute(_SQL["vacuum"].with_names(leaf=leaf))
    for _ in range(DROP_ATTEMPTS):
        try:
            with connection.transaction():
                connection.execute(_SQL["patience"])
                connection.execute(_SQL["lock_parent"].with_names(parent=parent))
                if only_empty and not is_empty(connection, leaf):
                    return "has rows"
                connection.execute(_SQL["drop"], {"leaf": leaf})
        except psycopg.errors.LockNotAvailable:
            time.sleep(DROP_PAUSE_SECONDS)
            continue
        return "dropped"
    return "busy"


def is_empty(connection: Connection, leaf: str) -> bool:
    """Whether a partition has no row visible to this transaction."""
    row = connection.execute(_SQL["is_empty"].with_names(leaf=leaf)).fetchone()
    return row is not None and bool(row[0])
