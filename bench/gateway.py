"""The gateway: acknowledged beacons, one by one and in batches of 50, with every check switched on.

At maximum (each connection sends when it has its answer) and at half of that maximum, where the
latency is what users see. Beside it the same endpoints as they are usually written, and librdkafka
without any HTTP.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter, time

from bench.agents import contender
from bench.cpu import Meter
from bench.loads import Load, run
from bench.options import Options, in_turn
from bench.programs import Program, service
from bench.results import Results
from bench.stack import Stack, produce
from bench.targets import BATCHES, FASTAPI, FASTAPI_UNTUNED, HALF, HALF_LOAD, OURS, SINGLES
from bench.traffic import Shape, records
from bench.world import World

BARE = "bare librdkafka produce"
BARE_RECORDS = 200_000
WARM_SECONDS = 1.5
#: Of each kind. Until then the JVM's compiler takes more than half of Kafka's CPU time.
WARM_BROKER_SECONDS = 40.0
KINDS = {SINGLES: 1, BATCHES: 50}


def measure(stack: Stack, options: Options, results: Results) -> None:
    """Both kinds of requests for all servers, in each round; who begins changes."""
    cases = [OURS, FASTAPI, FASTAPI_UNTUNED]
    _warm_broker(stack, options)
    for number in range(options.rounds):
        for case in in_turn(cases, number):
            print(f"  {case}", flush=True)
            stack.settle()
            with stack.world() as world, _server(world, case) as (server, port):
                pids = {"gateway": server.pid, "kafka": stack.pids["kafka"]}
                for part, batch in KINDS.items():
                    _both_loads(options, results, part, case, Load(
                        port, options.gateway_seconds, batch, options.connections
                    ), pids)  # fmt: skip
        with stack.world() as world:
            _bare(stack, world, options, results)


def _warm_broker(stack: Stack, options: Options) -> None:
    """A JVM that has compiled nothing yet would be charged to whoever comes first."""
    with stack.world() as world, _server(world, OURS) as (_, port):
        for batch in KINDS.values():
            run(Load(port, WARM_BROKER_SECONDS, batch, options.connections), {})


def _both_loads(
    options: Options,
    results: Results,
    part: str,
    case: str,
    load: Load,
    pids: dict[str, int | None],
) -> None:
    run(replace(load, seconds=WARM_SECONDS), pids)
    most = run(load, pids)
    results.add(part, case, most)
    half = replace(load, rate=most["rate"] / load.batch / 2)
    name = HALF if case == OURS else f"{case}, {HALF_LOAD}"
    figures = run(half, pids)
    figures["asked"] = most["rate"] / 2
    results.add(part, name, figures)


@contextmanager
def _server(world: World, case: str) -> Iterator[tuple[Program, int]]:
    """A ready server and its port."""
    port = world.settings.gateway_port
    if case == OURS:
        with service("gateway", world.settings) as program:
            program.wait_answering(f"http://127.0.0.1:{port}/readyz")
            yield program, port
        return
    module = "bench.contenders.fastapi_aiokafka"
    untuned = case == FASTAPI_UNTUNED
    with contender(
        world, case, Path(sys.executable), module, port, default_producer=untuned
    ) as program:
        program.wait_answering(f"http://127.0.0.1:{port}/readyz")
        yield program, port


def _bare(stack: Stack, world: World, options: Options, results: Results) -> None:
    """The same records straight to the broker, acknowledged: what no gateway can exceed."""
    now = int(time() * 1000)
    sample = list(records(Shape(duplicates=0), now - 60_000, now, BARE_RECORDS))
    meter = Meter.start({"kafka": stack.pids["kafka"]})
    started = perf_counter()
    count = produce(world, world.catalog.ingest("heatmap"), sample)
    figures = {"rate": count / (perf_counter() - started), **meter.per_million(count)}
    for part in KINDS:
        results.add(part, BARE, figures)
