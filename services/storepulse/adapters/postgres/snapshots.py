"""One database snapshot for all reads of an answer.

The first read takes a connection and starts a transaction; later reads see the same state. Without
a read, no connection is taken. At the end the connection is returned; a server fault at that point
does not affect the answer.
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
    """Consistent reads. `async with` ends the snapshot.

    The sessions of `pool` must have `has_snapshots`. For one coroutine at a time.
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
        """Return the connection; the next read starts a new snapshot."""
        await self.__aexit__(None, None, None)

    async def rows(self, statement: Statement, parameters: Mapping[str, Any]) -> list[DictRow]:
        """All rows of a read. Raises Transient if the server is away or too slow."""
        with faults_as_transient(StatementTimeout):
            if self._connection is None:
                self._connection = await self._held.enter_async_context(self._pool.transaction())
            async with self._connection.cursor(row_factory=dict_row) as cursor:
                await cursor.execute(statement, parameters)
                return await cursor.fetchall()

    async def row(self, statement: Statement, parameters: Mapping[str, Any]) -> DictRow:
        """The first row of a read that always has one."""
        return (await self.rows(statement, parameters))[0]
