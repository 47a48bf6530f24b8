"""Watches a database until every event of a run is accounted for.

The clock starts with the first committed row, so that a process's start is not measured, and stops
with the last. What was counted is summed up, so that all who did the same job can be compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench.cpu import Meter, resident_mb
from bench.world import World
from storepulse.adapters.postgres.named_sql import read_statements

POLL_SECONDS = 0.02
START_SECONDS = 60.0

SQL = read_statements(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class Drained:
    """How a drain went. `counted` is equal for all who counted the same events alike."""

    figures: Mapping[str, float]
    counted: tuple[Any, ...]


def drain(
    world: World,
    count: int,
    pids: Mapping[str, int | None],
    check: Callable[[], None],
    limit_seconds: float,
) -> Drained:
    """Waits until `count` events are accounted for. `check` raises when nobody works on them."""
    with world.connect() as connection:
        first = _await_more(connection, 0, check, START_SECONDS)
        meter, started = Meter.start(pids), time.perf_counter()
        now, deadline = first, started + limit_seconds
        while now < count:
            now = _await_more(connection, now, check, max(1.0, deadline - time.perf_counter()))
        seconds, taken = time.perf_counter() - started, count - first
        if taken <= 0:
            raise RuntimeError("all events were committed at once: too few to measure")
        worker = pids.get("worker")
        figures = {"rate": taken / seconds, **meter.per_million(taken)}
        if worker is not None:
            figures["rss_worker"] = resident_mb(worker)
        counted = connection.execute(SQL["counted"]).fetchone()
        assert counted is not None
        return Drained(figures, counted)


def _await_more(
    connection: psycopg.Connection[Any], before: int, check: Callable[[], None], seconds: float
) -> int:
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        row = connection.execute(SQL["accepted"]).fetchone()
        if row is not None and row[0] > before:
            return int(row[0])
        check()
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"nothing moved for {seconds:.0f} s after {before:,} events")
