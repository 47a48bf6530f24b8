"""Work that only one process does at a time: the first one does it, the others skip it."""

from __future__ import annotations

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection

_SQL = named_sql("adapters/postgres/sole_work", try_alone="work")


def try_alone(connection: Connection, work: str) -> bool:
    """Take the exclusive right to the named work, if it is free; whether it was taken.

    It is held until the connection is closed. Raises psycopg.Error.
    """
    row = connection.execute(_SQL["try_alone"], {"work": work}).fetchone()
    return row is not None and bool(row[0])
