"""Pools of connections, for coroutines and for functions that run on threads.

A connection is checked before it is lent, so that a restarted server does not cause errors on stale
connections. A caller gets Transient if it waits longer than the pool's patience, if too many
others wait already, or if it meets a fault that will pass. The pool reconnects by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import psycopg
from psycopg.rows import DictRow, class_row, dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout, TooManyRequests

from storepulse.adapters import metrics
from storepulse.adapters.postgres.faults import is_transient
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection, SessionOptions
from storepulse.adapters.postgres.statement import Statement
from storepulse.domain.errors import Transient

T = TypeVar("T")
AsyncConnection = psycopg.AsyncConnection[Any]

#: One round of connection attempts: short, so that a server that comes back is found at once.
RECONNECT_SECONDS = 1.0
_SQL = named_sql("adapters/postgres/pool", begin="")
#: Whether a connection is lent for a transaction. Its BEGIN then serves as the check, because each
#: costs a round trip to the server.
_BEGINS: ContextVar[bool] = ContextVar("begins", default=False)
CLOSE_SECONDS = 2.0


class StatementTimeout(Transient):
    """A read exceeded its session's time limit, or waited too long for a lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolOptions:
    """A pool's minimum and maximum of connections, and the limits of waiting for one.

    `patience_seconds`: how long a caller waits; `waiting`: how many may wait at once, None for any
    number.
    """

    session: SessionOptions
    least: int = 1
    most: int
    patience_seconds: float
    waiting: int | None = None

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments for psycopg's pool; it is not opened yet."""
        return {
            "kwargs": self.session.arguments(),
            "min_size": self.least,
            "max_size": self.most,
            "max_waiting": self.waiting or 0,
            "timeout": self.patience_seconds,
            "reconnect_timeout": RECONNECT_SECONDS,
            "name": self.session.name,
            "open": False,
        }


class Pool:
    """Connections for coroutines. `async with` opens and closes the pool."""

    def __init__(self, dsn: str, options: PoolOptions) -> None:
        self._pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
            dsn,
            connection_class=psycopg.AsyncConnection[Any],
            check=_check,
            **options.arguments(),
        )

    async def __aenter__(self) -> Self:
        await self._pool.open(wait=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close(timeout=CLOSE_SECONDS)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction on a connection of its own. Raises Transient for faults that will
        pass."""
        with faults_as_transient():
            token = _BEGINS.set(True)
            try:
                connection = await self._pool.getconn()
            finally:
                _BEGINS.reset(token)
            try:
                async with connection:
                    yield connection
            finally:
                await self._pool.putconn(connection)

    async def rows(self, statement: Statement, parameters: Mapping[str, Any]) -> list[DictRow]:
        """All rows of a read. Raises Transient if the server is away or too slow."""
        with faults_as_transient(StatementTimeout):
            async with (
                self._pool.connection() as connection,
                connection.cursor(row_factory=dict_row) as cursor,
            ):
                await cursor.execute(statement, parameters)
                return await cursor.fetchall()

    async def row(self, statement: Statement, parameters: Mapping[str, Any]) -> DictRow:
        """The first row of a read that always has one."""
        return (await self.rows(statement, parameters))[0]

    async def instance(
        self, kind: type[T], statement: Statement, parameters: Mapping[str, Any]
    ) -> T | None:
        """The first row as an object of `kind`, or None."""
        with faults_as_transient(StatementTimeout):
            async with (
                self._pool.connection() as connection,
                connection.cursor(row_factory=class_row(kind)) as cursor,
            ):
                await cursor.execute(statement, parameters)
                return await cursor.fetchone()

    def report(self) -> None:
        """Update the pool's gauges."""
        stats = self._pool.get_stats()
        size, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
        metrics.POOL_CONNECTIONS.labels("idle").set(idle)
        metrics.POOL_CONNECTIONS.labels("used").set(size - idle)
        metrics.POOL_CONNECTIONS.labels("waiting").set(stats.get("requests_waiting", 0))


async def _check(connection: AsyncConnection) -> None:
    """Raises psycopg.OperationalError if the server is gone."""
    if _BEGINS.get():
        await connection.execute(_SQL["begin"])
    else:
        await AsyncConnectionPool.check_connection(connection)


class ThreadPool:
    """Connections for ordinary functions that command lines use too.

    Each function runs on a thread and opens its own transactions. `async with` opens and closes the
    pool.
    """

    def __init__(self, dsn: str, options: PoolOptions) -> None:
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            dsn,
            connection_class=psycopg.Connection[Any],
            check=ConnectionPool.check_connection,
            **options.arguments(),
        )

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._pool.open, wait=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._pool.close, CLOSE_SECONDS)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` and return its result. The connection is in autocommit mode. Raises
        Transient."""
        return await asyncio.to_thread(self._run, work)

    def _run(self, work: Callable[[Connection], T]) -> T:
        with faults_as_transient(), self._pool.connection() as connection:
            return work(connection)


@contextmanager
def faults_as_transient(too_slow: type[Transient] = Transient) -> Iterator[None]:
    """Raise Transient for faults that will pass, and `too_slow` if a limit of the session was met.

    Other errors, for example in our SQL, are raised unchanged.
    """
    try:
        yield
    except (PoolTimeout, TooManyRequests) as error:
        raise Transient(f"PostgreSQL: {error}") from error
    except psycopg.Error as error:
        kind = Transient
        if isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable):
            kind = too_slow
        if is_transient(error):
            raise kind(f"PostgreSQL: {str(error).strip()}") from error
        raise
