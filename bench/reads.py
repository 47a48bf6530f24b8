"""Reads: each route of the query service over HTTP, with ten million events stored.

First alone, then while events come in through the gateway and the agents. All questions are asked
in turns, so that a slow minute hits all of them; a route that remembers its figures answers as it
does on a busy day. The figure of the whole is the p95 of the slowest question.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import httpx
from psycopg.rows import dict_row

from bench import explaining
from bench.filling import SQL, fill
from bench.load import quantile
from bench.loads import Load, start
from bench.options import Options
from bench.programs import service
from bench.read_cases import LARGE, ReadCase, cases_of
from bench.results import Results
from bench.stack import Stack
from bench.targets import DISTINCT, LOADED, READS, SLOWEST
from bench.world import World
from storepulse.access import keys

#: Events a second while reads are measured for the second time.
LOAD_RATE = 10_000
BATCH = 50
#: Asked before the clock counts: connections, and pages of the database that are in use.
WARM_ROUNDS = 2
REQUEST_SECONDS = 60.0

Seconds = dict[ReadCase, list[float]]


def measure(stack: Stack, options: Options, results: Results) -> None:
    """All reads alone, then under load."""
    with stack.world() as world:
        now = datetime.now(UTC)
        keys.ensure_admin_key(world.settings_of("operator"))
        fill(world, options.visits, now)
        stack.settle()
        cases = cases_of(_known(world, now), now)
        with _reading(world) as client:
            ask(client, cases, WARM_ROUNDS)
            _add(results, READS, ask(client, cases, options.read_rounds))
            _add(results, LOADED, _ask_under_load(stack, world, client, cases, options))
        if options.explain is not None:
            explaining.write(world, cases, options.explain)


def ask(client: httpx.Client, cases: list[ReadCase], rounds: int) -> Seconds:
    """How long each question took, in seconds, `rounds` times. Raises where one is not answered."""
    taken: Seconds = {case: [] for case in cases}
    for _ in range(rounds):
        _ask_once(client, taken)
    return taken


def _ask_once(client: httpx.Client, taken: Seconds) -> None:
    for case, seconds in taken.items():
        started = perf_counter()
        answer = client.get(case.path, params=dict(case.parameters))
        seconds.append(perf_counter() - started)
        if answer.status_code != httpx.codes.OK:
            raise RuntimeError(f"{case.name}: {answer.status_code} {answer.text[:500]}")


def _ask_under_load(
    stack: Stack, world: World, client: httpx.Client, cases: list[ReadCase], options: Options
) -> Seconds:
    settings = world.settings
    taken: Seconds = {case: [] for case in cases}
    with service("gateway", settings) as gateway, service("agents", settings) as worker:
        gateway.wait_answering(f"http://127.0.0.1:{settings.gateway_port}/readyz")
        worker.wait_answering(f"http://127.0.0.1:{settings.agent_metrics_port}/readyz")
        load = Load(
            settings.gateway_port, options.read_load_seconds, BATCH, options.connections,
            LOAD_RATE / BATCH, anonymous=True,
        )  # fmt: skip
        sending = start(load, stack.pids)
        try:
            while sending.process.poll() is None:
                _ask_once(client, taken)
            sending.finish()
        finally:
            if sending.process.poll() is None:
                sending.process.kill()
                sending.process.wait()
    return taken


@contextmanager
def _reading(world: World) -> Iterator[httpx.Client]:
    """A client of a query service."""
    url = f"http://127.0.0.1:{world.settings.query_port}"
    with service("query", world.settings) as query:
        query.wait_answering(f"{url}/healthz")
        with httpx.Client(base_url=url, headers=world.headers, timeout=REQUEST_SECONDS) as client:
            yield client


def _known(world: World, now: datetime) -> dict[str, Any]:
    with world.connect() as connection, connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(SQL["known"], {"store_id": LARGE, "now": now}).fetchone()
    if found is None:
        raise RuntimeError("the database was not filled")
    return found


def _add(results: Results, part: str, taken: Seconds) -> None:
    figures = {case: figures_of(seconds) for case, seconds in taken.items()}
    for case, found in sorted(figures.items(), key=lambda item: -item[1]["p95_ms"]):
        results.add(part, case.name, found)
    for name, is_distinct in ((SLOWEST, False), (DISTINCT, True)):
        of_kind = [f for case, f in figures.items() if case.is_distinct is is_distinct]
        results.add(part, name, {"p95_ms": max(found["p95_ms"] for found in of_kind)})


def figures_of(seconds: list[float]) -> dict[str, float]:
    """Milliseconds that a half, 95 and 99 percent of the answers did not exceed."""
    ordered = sorted(seconds)
    return {f"p{share}_ms": quantile(ordered, share / 100) * 1000 for share in (50, 95, 99)}
