"""The database for commands: that of `up` on this machine, or a configured one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.settings import Settings
from storepulse.cli.servers import settings_in_force


@contextmanager
def connection(settings: Settings | None = None) -> Iterator[Connection]:
    """A connection that is committed at the end. Raises Transient if the database is down."""
    from storepulse.domain.errors import Transient

    dsn = (settings or settings_in_force()).dsn
    try:
        with connect(dsn, SessionOptions(name="storepulse-cli")) as opened:
            opened.autocommit = False
            yield opened
    except psycopg.OperationalError as error:
        raise Transient(f"PostgreSQL: {error}") from error
