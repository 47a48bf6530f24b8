"""The plans of reads: each question asked once more, of the application in this process, with every
statement explained before it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

from bench.filling import SQL
from bench.read_cases import ReadCase
from bench.world import World
from storepulse.adapters.postgres.pool import Pool
from storepulse.query.app import application

#: What stands before a statement that is explained.
_EXPLAIN = b"".join(SQL["explain"].partition(b")")[:2]) + b" "
#: Statements that take less are not worth a reader's time, in ms.
SHORT_MS = 1.0


class _Explained(psycopg.AsyncCursor[Any]):
    """A cursor that keeps the plan of each statement that it runs."""

    plans: list[tuple[str, list[str]]] = []  # noqa: RUF012 - one list for all cursors of a run

    async def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
        text = bytes(query)
        await super().execute(_EXPLAIN + text, params)
        lines = [str(next(iter(row.values()))) for row in await self.fetchall()]
        self.plans.append((text.decode(), lines))
        return await super().execute(query, params, **more)


class _ExplainingPool:
    """A pool whose transactions explain. Everything else of it is the pool's own."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with self._pool.transaction() as connection:
            usual, connection.cursor_factory = connection.cursor_factory, _Explained
            try:
                yield connection
            finally:
                connection.cursor_factory = usual


def write(world: World, cases: list[ReadCase], path: Path) -> None:
    """Write the plans of all questions to a file, in Markdown."""
    plans = asyncio.run(_plans_of(world, cases))
    path.write_text("\n".join(_section(case, found) for case, found in plans.items()) + "\n")


async def _plans_of(
    world: World, cases: list[ReadCase]
) -> Mapping[ReadCase, list[tuple[str, list[str]]]]:
    app = application(world.settings_of("query"))
    plans: dict[ReadCase, list[tuple[str, list[str]]]] = {}
    async with app.router.lifespan_context(app):
        app.state.database = _ExplainingPool(app.state.database)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=world.headers, timeout=60
        ) as client:
            for case in cases:
                _Explained.plans.clear()
                answer = await client.get(case.path, params=dict(case.parameters))
                answer.raise_for_status()
                plans[case] = list(_Explained.plans)
    return plans


def _section(case: ReadCase, plans: list[tuple[str, list[str]]]) -> str:
    parts = [f"## {case.name}\n"]
    for _, lines in plans:
        milliseconds = sum(float(line.split()[2]) for line in lines if _is_time(line))
        if milliseconds >= SHORT_MS or len(plans) == 1:
            parts.append("```\n" + "\n".join(lines) + "\n```\n")
    if len(parts) == 1:
        parts.append(f"{len(plans)} statements, each under {SHORT_MS:.0f} ms.\n")
    return "\n".join(parts)


def _is_time(line: str) -> bool:
    return line.startswith(("Execution Time:", "Planning Time:"))
