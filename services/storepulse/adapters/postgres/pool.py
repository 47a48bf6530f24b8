"""The pool through which reads reach PostgreSQL.

Rules: a connection is checked before it is lent, so that a restarted server costs nobody an error
twice; every session is read-only, speaks UTC and ends a statement after its time; a server that is
away is Transient within `PATIENCE_SECONDS`, and the pool finds it again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import psycopg
from psycopg.rows import DictRow, class_row, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from storepulse.adapters import metrics
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Transient

T = TypeVar("T")
Connection = psycopg.AsyncConnection[DictRow]

#: How long a read waits for a connection before it says that the server is away.
PATIENCE_SECONDS = 3.0
#: One round of attempts to connect: short, so that a server that comes back is found at once.
RECONNECT_SECONDS = 1.0
CONNECT_SECONDS = 2
MAX_CONNECTIONS = 8
MAX_WAITING = 200


class StatementTimeout(Transient):
    """The statement ran longer than the settings allow."""


class Database:
    """A pool of read-only connections. `async with` opens and closes it."""

    def __init__(self, settings: Settings, name: str) -> None:
        options = {
            "application_name": f"storepulse-{name}",
            "options": (
                f"-c statement_timeout={settings.query_statement_timeout_ms}"
                " -c idle_in_transaction_session_timeout=10s"
                " -c lock_timeout=3s -c timezone=UTC -c default_transaction_read_only=on"
            ),
        }
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            settings.dsn,
            connection_class=psycopg.AsyncConnection[DictRow],
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "connect_timeout": CONNECT_SECONDS,
                # A plan per statement and values: the filters are optional, one plan fits none.
                "prepare_threshold": None,
                **options,
            },
            min_size=1,
            max_size=MAX_CONNECTIONS,
            max_waiting=MAX_WAITING,
            timeout=PATIENCE_SECONDS,
            reconnect_timeout=RECONNECT_SECONDS,
            check=AsyncConnectionPool.check_connection,
            name=name,
            open=False,
        )

    async def __aenter__(self) -> Database:
        await self._pool.open(wait=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close(timeout=2.0)

    async def rows(self, statement: str, parameters: Mapping[str, Any]) -> list[DictRow]:
        """All rows of a statement. Raises Transient where the server is away or too slow."""
        async with _Faults(), self._pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), parameters)
            return await cursor.fetchall()

    async def row(self, statement: str, parameters: Mapping[str, Any]) -> DictRow:
        """The first row of a statement that always has one."""
        return (await self.rows(statement, parameters))[0]

    async def instance(
        self, kind: type[T], statement: str, parameters: Mapping[str, Any]
    ) -> T | None:
        """The first row as an object of `kind`, or None where there is none."""
        async with (
            _Faults(),
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(kind)) as cursor,
        ):
            await cursor.execute(statement.encode(), parameters)
            return await cursor.fetchone()

    def report(self) -> None:
        """Brings the pool's gauges up to date."""
        stats = self._pool.get_stats()
        size, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
        metrics.POOL_CONNECTIONS.labels("idle").set(idle)
        metrics.POOL_CONNECTIONS.labels("used").set(size - idle)
        metrics.POOL_CONNECTIONS.labels("waiting").set(stats.get("requests_waiting", 0))


class _Faults:
    """Turns psycopg's errors that will pass into Transient; those of our SQL go on as they are."""

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable):
            raise StatementTimeout("the statement took too long") from error
        if isinstance(error, PoolTimeout | TooManyRequests | psycopg.OperationalError):
            raise Transient(f"PostgreSQL: {error}") from error
