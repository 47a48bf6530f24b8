"""The few connections through which administration writes, apart from the reads' pool.

Rules: work is an ordinary function of a connection, so that the command line and the API share it;
it runs on a thread and opens its own transactions; a server that is away is Transient.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests

from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Transient

T = TypeVar("T")
Connection = psycopg.Connection[Any]

MAX_CONNECTIONS = 2
MAX_WAITING = 20
PATIENCE_SECONDS = 3.0


class WritingPool:
    """A pool of connections that may write. `async with` opens and closes it.

    It holds none while nobody writes.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            settings.dsn,
            connection_class=psycopg.Connection[Any],
            kwargs={
                "autocommit": True,
                "connect_timeout": 2,
                "prepare_threshold": None,
                "application_name": f"storepulse-{name}",
                "options": (
                    f"-c statement_timeout={settings.query_statement_timeout_ms}"
                    " -c idle_in_transaction_session_timeout=30s"
                    " -c lock_timeout=3s -c timezone=UTC"
                ),
            },
            min_size=0,
            max_size=MAX_CONNECTIONS,
            max_waiting=MAX_WAITING,
            timeout=PATIENCE_SECONDS,
            reconnect_timeout=1.0,
            check=ConnectionPool.check_connection,
            name=name,
            open=False,
        )

    async def __aenter__(self) -> WritingPool:
        await asyncio.to_thread(self._pool.open, wait=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._pool.close, 2.0)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns. The connection is in autocommit mode; raises Transient."""
        return await asyncio.to_thread(self._run, work)

    def _run(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._pool.connection() as connection:
                return work(connection)
        except (
            PoolTimeout,
            TooManyRequests,
            psycopg.OperationalError,
            psycopg.errors.QueryCanceled,
        ) as error:
            raise Transient(f"PostgreSQL: {error}") from error
