"""The database as commands reach it: that of `up` on this machine, or the one they are given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from storepulse.adapters.settings import Settings
from storepulse.cli.servers import settings_in_force


@contextmanager
def connection(settings: Settings | None = None) -> Iterator[psycopg.Connection[Any]]:
    """A connection whose work is committed at the end. Raises Transient where none is there."""
    from storepulse.domain.errors import Transient

    dsn = (settings or settings_in_force()).dsn
    try:
        with psycopg.connect(dsn, connect_timeout=10, options="-c timezone=UTC") as opened:
            yield opened
    except psycopg.OperationalError as error:
        raise Transient(f"PostgreSQL: {error}") from error
