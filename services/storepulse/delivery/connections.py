"""The connections of a delivery process, and what their errors mean.

Rules: a statement and a transaction that idles end by themselves, so that a frozen process frees
what it has locked; a connection is checked before it is lent, so that a restarted server costs no
work twice; plans are made for the values at hand, since one destination may have no row and the
next one millions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from storepulse.adapters import metrics
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Transient
from storepulse.slices.database_faults import is_transient

Connection = psycopg.AsyncConnection[Any]

MAX_CONNECTIONS = 6
PATIENCE_SECONDS = 5.0


class Connections:
    """A pool of connections that may write. `async with` opens and closes it."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            settings.dsn,
            connection_class=psycopg.AsyncConnection[Any],
            kwargs={
                "autocommit": True,
                "connect_timeout": 5,
                "prepare_threshold": None,
                "application_name": name,
                "options": (
                    "-c statement_timeout=20s -c idle_in_transaction_session_timeout=4s"
                    " -c lock_timeout=5s -c timezone=UTC"
                ),
            },
            min_size=1,
            max_size=MAX_CONNECTIONS,
            timeout=PATIENCE_SECONDS,
            reconnect_timeout=1.0,
            check=AsyncConnectionPool.check_connection,
            name=name,
            open=False,
        )

    async def __aenter__(self) -> Connections:
        await self._pool.open(wait=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close(timeout=2.0)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A transaction of its own. Raises Transient for faults that will pass."""
        try:
            async with self._pool.connection() as connection, connection.transaction():
                yield connection
        except (PoolTimeout, TooManyRequests) as error:
            raise Transient(f"PostgreSQL: {error}") from error
        except psycopg.Error as error:
            if is_transient(error):
                raise Transient(f"PostgreSQL: {str(error).strip()}") from error
            raise

    def report(self) -> None:
        """Brings the pool's gauges up to date."""
        stats = self._pool.get_stats()
        size, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
        metrics.POOL_CONNECTIONS.labels("idle").set(idle)
        metrics.POOL_CONNECTIONS.labels("used").set(size - idle)
        metrics.POOL_CONNECTIONS.labels("waiting").set(stats.get("requests_waiting", 0))
