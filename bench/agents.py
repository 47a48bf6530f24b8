"""The agents end to end: from records in Kafka to committed rollups, ledger and events published.

The same records for everyone, a new database for each run, and the sums of all tables compared:
a contender that counts differently ends the bench.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from time import time
from uuid import uuid4

from bench.comparison_venv import interpreter
from bench.contenders.heatmap_job import VARIABLE, Job
from bench.draining import Drained, drain
from bench.options import Options, in_turn
from bench.programs import ROOT, Ended, Program, running, service
from bench.results import Results
from bench.stack import Stack, produce
from bench.targets import AGENTS, FASTSTREAM, FAUST, OURS, PLAIN
from bench.traffic import Shape, records
from bench.world import World

MODULES = {
    FAUST: "bench.contenders.faust_take",
    PLAIN: "bench.contenders.plain_loop",
    FASTSTREAM: "bench.contenders.faststream_batch",
}
#: The slowest contender is given this rate before it counts as stuck.
SLOWEST_RATE = 2_000
SPAN_MS = 3_600_000


def measure(stack: Stack, options: Options, results: Results) -> None:
    """All contenders in each round, on the same topic; who begins changes."""
    with stack.world() as world:
        print(f"  producing {options.events:,} records", flush=True)
        now = int(time() * 1000)
        source = records(Shape(), now - SPAN_MS, now, options.events)
        produce(world, world.catalog.ingest("heatmap"), source)
        programs = _programs(results)
        expected: tuple[object, ...] | None = None
        for number in range(options.rounds):
            for case, python in in_turn(list(programs.items()), number):
                drained = _one(stack, world, case, python, options.events, results)
                if drained is None:
                    continue
                results.add(AGENTS, case, drained.figures)
                expected = expected or drained.counted
                if drained.counted != expected:
                    raise AssertionError(f"{case} counted {drained.counted}, not {expected}")


def _programs(results: Results) -> dict[str, Path]:
    """The interpreters of all cases that can run here; the others are noted as skipped."""
    cases = {name: Path(sys.executable) for name in (OURS, FAUST, PLAIN)}
    try:
        cases[FASTSTREAM] = interpreter()
    except (OSError, subprocess.SubprocessError) as error:
        results.skip(AGENTS, FASTSTREAM, f"cannot be installed: {error}")
    return cases


def _one(
    stack: Stack, topics: World, case: str, python: Path, events: int, results: Results
) -> Drained | None:
    print(f"  {case}", flush=True)
    with stack.another_database(topics) as world:
        stack.empty(world.catalog.events("heatmap"))
        stack.settle()
        with _worker(world, case, python) as program:
            pids = {**stack.pids, "worker": program.pid}
            try:
                return drain(world, events, pids, program.check, events / SLOWEST_RATE)
            except (Ended, TimeoutError) as error:
                if case == OURS:
                    raise
                results.skip(AGENTS, case, str(error))
                return None


@contextmanager
def _worker(world: World, case: str, python: Path) -> Iterator[Program]:
    if case == OURS:
        with service("agents", world.settings) as program:
            yield program
        return
    with contender(world, case, python, MODULES[case]) as program:
        yield program


@contextmanager
def contender(
    world: World,
    name: str,
    python: Path,
    module: str,
    port: int = 0,
    *,
    default_producer: bool = False,
) -> Iterator[Program]:
    """A program of bench/contenders on a world's topics and database."""
    settings, catalog = world.settings, world.catalog
    job = Job(
        bootstrap=settings.kafka_bootstrap_servers,
        user=settings.kafka_sasl_username,
        password=settings.kafka_sasl_password.get_secret_value(),
        ingest=catalog.ingest("heatmap"),
        events=catalog.events("heatmap"),
        dsn=settings.dsn,
        group=f"{settings.topic_prefix}{uuid4().hex[:8]}",
        schema=str(ROOT / "schemas" / catalog.streams["heatmap"].schema_file),
        port=port,
        folder=str(settings.home),
        default_producer=default_producer,
    )
    variables = {VARIABLE: json.dumps(asdict(job))}
    label = "".join(c if c.isalnum() else "-" for c in name)
    with running(label, [str(python), "-m", module], settings.home, variables) as program:
        yield program
