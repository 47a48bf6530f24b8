"""One state of the database for all reads of an answer.

Rules: the first read takes a connection and begins a transaction; every later one sees what that
one saw. Nothing is taken where nothing is read. The end gives the connection back, and a fault of
the server at that moment costs nobody the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Any, Self

from psycopg.rows import DictRow, dict_row

from storepulse.adapters.postgres.pool import (
    AsyncConnection,
    Pool,
    StatementTimeout,
    faults_as_transient,
)
from storepulse.adapters.postgres.statement import Statement
from storepulse.domain.errors import Transient


class ReadSnapshot:
    """Reads that agree with each other. `async with` ends it.

    `pool` is one of connections whose session has snapshots. For one coroutine at a time.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._held = AsyncExitStack()
        self._connection: AsyncConnection | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection = None
        with suppress(Transient):
            await self._held.__aexit__(kind, error, trace)

    async def end(self) -> None:
        """Gives the connection back; the next read begins a new snapshot."""
        await self.__aexit__(None, None, None)

    async def rows(self, statement: Statement, parameters: Mapping[str, Any]) -> list[DictRow]:
        """All rows of a read. Raises Transient where the server is away or too slow."""
        with faults_as_transient(StatementTimeout):
            if self._connection is None:
                self._connection = await self._held.enter_async_context(self._pool.transaction())
            async with self._connection.cursor(row_factory=dict_row) as cursor:
                await cursor.execute(statement, parameters)
                return await cursor.fetchall()

    async def row(self, statement: Statement, parameters: Mapping[str, Any]) -> DictRow:
        """The first row of a read that always has one."""
        return (await self.rows(statement, parameters))[0]
