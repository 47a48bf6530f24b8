"""Probe of PostgreSQL for a process that writes to it: slices wait silently while it is away."""

from __future__ import annotations

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.polled_database import PolledDatabase
from storepulse.adapters.postgres.sessions import Connection, SessionOptions

_SESSION = SessionOptions(name="storepulse-probe", connect_seconds=3, statement_seconds=3)
_SQL = named_sql("slices/watching/database_probe", ask="")


def database_probe(dsn: str) -> PolledDatabase:
    """Return a probe with its own connection, which asks once it is started."""
    return PolledDatabase(dsn, _SESSION, _ask)


def _ask(connection: Connection, _is_new: bool) -> None:
    connection.execute(_SQL["ask"])
