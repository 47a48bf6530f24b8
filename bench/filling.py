"""A database filled as if shops had worked with it for weeks, by the statements of reads.sql."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from time import perf_counter

from bench.world import World
from storepulse.adapters.postgres.named_sql import read_statements
from storepulse.adapters.postgres.statement import Statement

SQL = read_statements(Path(__file__).with_name("reads.sql"))
#: What is not filled: the last statements.
AFTERWARDS = ("vacuum", "known")
#: Sessions that fill side by side, and the visits that one statement is for.
FILLERS = 2
PART = 50_000


def fill(world: World, visits: int, now: datetime) -> None:
    """Fill a new database with visits of the 75 days before `now`, about ten events each."""
    for name, statement in SQL.items():
        if name not in AFTERWARDS:
            started = perf_counter()
            _run(world, statement, visits, now)
            print(f"  {name}: {perf_counter() - started:.1f} s", flush=True)
    with world.connect() as connection:
        connection.execute(SQL["vacuum"])


def _run(world: World, statement: Statement, visits: int, now: datetime) -> None:
    common = {"visits": visits, "now": now}

    def run(piece: tuple[int, int]) -> None:
        parts = {"lower": piece[0], "upper": piece[1]}
        values = {k: v for k, v in (common | parts).items() if k in statement.parameters}
        with world.connect() as connection:
            # What a crash would lose, the next run fills again.
            connection.execute("SET synchronous_commit TO off")
            connection.execute("SET work_mem TO '512MB'")
            connection.execute(statement, values)

    if "lower" not in statement.parameters:
        run((1, visits))
        return
    with ThreadPoolExecutor(FILLERS) as threads:
        list(threads.map(run, pieces_of(visits)))


def pieces_of(visits: int) -> Iterator[tuple[int, int]]:
    """The first and the last visit of each part."""
    for first in range(1, visits + 1, PART):
        yield first, min(first + PART - 1, visits)
