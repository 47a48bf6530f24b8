"""What changes the figures: workers and partitions, ids already known, stores, events a request.

Small runs, one each, to see a trend; the agents' and the gateway's parts have the exact figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import sleep, time

from bench.draining import drain
from bench.loads import Load, run
from bench.options import Options
from bench.programs import Program, service
from bench.results import Results
from bench.stack import Stack, produce
from bench.targets import KNOWN_IDS, MOST_IDS
from bench.traffic import Shape, records
from bench.world import World
from storepulse.adapters.postgres.named_sql import read_statements
from storepulse.local import ports

WORKERS = "growth: workers, a partition each"
STORES = "growth: stores"
BATCH = "growth: events a request"
SQL = read_statements(Path(__file__).with_suffix(".sql"))
SLOWEST_RATE = 2_000
SPAN_MS = 3_600_000
GATEWAY_SECONDS = 3.0
#: Smaller than the default, so that a small run has many slices.
SLICE_RECORDS = 5_000
JOIN_SECONDS = 2.0
#: Sessions that fill ids in side by side.
FILLERS = 2


def measure(stack: Stack, options: Options, results: Results) -> None:
    """All trends, one after the other."""
    _workers(stack, options, results)
    _known_ids(stack, options, results)
    for stores in (1, 10, 100, 1_000):
        shape = Shape(stores=stores, open_visits=max(400, 2 * stores))
        with stack.world() as world:
            _feed(world, options.growth_events, shape)
            results.add(STORES, f"{stores:,}", _drained(stack, world, options.growth_events))
    _batches(stack, options, results)


def _workers(stack: Stack, options: Options, results: Results) -> None:
    count = options.growth_events
    for workers in (1, 2, 4):
        share, now = count // workers, int(time() * 1000)
        pieces = [
            list(records(Shape(seed=7 + n), now - SPAN_MS, now, share)) for n in range(workers)
        ]
        with stack.world() as world, _workers_of(world, workers) as programs:
            # All have joined before there is work; then it comes faster than they can take it.
            _join(programs)
            topic = world.catalog.ingest("heatmap")
            for partition, piece in enumerate(pieces):
                produce(world, topic, piece, partition)
            results.add(WORKERS, f"{workers}", _figures(stack, world, share * workers, programs))


def _known_ids(stack: Stack, options: Options, results: Results) -> None:
    sizes = [10_000, 1_000_000]
    if not options.quick:
        sizes.append(10_000_000)
    if options.large:
        sizes.append(MOST_IDS)
    least = 0.0
    for size in sizes:
        with stack.world() as world:
            print(f"  filling in {size:,} ids", flush=True)
            now = int(time() * 1000)
            _fill(world, size, now - SPAN_MS)
            stack.settle()
            _feed(world, options.growth_events, Shape(), now=now)
            figures = _drained(stack, world, options.growth_events)
        cost = figures["cpu_worker"] + figures.get("cpu_postgres", 0.0)
        least = least or cost
        results.add(KNOWN_IDS, f"{size:,}", figures | {"cpu_growth": cost / least})


def _fill(world: World, size: int, before: int) -> None:
    """Ids of events that came in before those that are fed, and the vacuum that followed them:
    autovacuum would do it in the minute that is measured."""
    with world.connect() as connection:
        connection.execute(SQL["days"])
    pieces = [(size * n // FILLERS + 1, size * (n + 1) // FILLERS) for n in range(FILLERS)]

    def fill(piece: tuple[int, int]) -> None:
        values = {"size": size, "before": before, "lower": piece[0], "upper": piece[1]}
        with world.connect() as connection:
            connection.execute(SQL["fill"], values)

    with ThreadPoolExecutor(FILLERS) as threads:
        list(threads.map(fill, pieces))
    with world.connect() as connection:
        connection.execute(SQL["vacuum"])


def _batches(stack: Stack, options: Options, results: Results) -> None:
    with stack.world() as world, service("gateway", world.settings) as gateway:
        port = world.settings.gateway_port
        gateway.wait_answering(f"http://127.0.0.1:{port}/readyz")
        pids = {"gateway": gateway.pid, "kafka": stack.pids["kafka"]}
        for batch in (1, 5, 20, 50, 200, 500):
            load = Load(port, GATEWAY_SECONDS, batch, min(options.connections, 16))
            results.add(BATCH, f"{batch}", run(load, pids))


def _feed(world: World, count: int, shape: Shape, *, now: int | None = None) -> None:
    """Events of the hour before `now` (ms), which is this moment unless given."""
    end = now or int(time() * 1000)
    produce(world, world.catalog.ingest("heatmap"), records(shape, end - SPAN_MS, end, count))


def _drained(stack: Stack, world: World, count: int) -> dict[str, float]:
    """The figures of one worker on a world's records."""
    with _workers_of(world, 1) as programs:
        return _figures(stack, world, count, programs)


def _figures(
    stack: Stack, world: World, count: int, programs: list[tuple[Program, str]]
) -> dict[str, float]:
    def check() -> None:
        for program, _ in programs:
            program.check()

    pids = {**stack.pids, **{f"worker{n}": p.pid for n, (p, _) in enumerate(programs)}}
    figures = dict(drain(world, count, pids, check, count / SLOWEST_RATE).figures)
    figures["cpu_worker"] = sum(figures.pop(f"cpu_worker{n}") for n in range(len(programs)))
    return figures


@contextmanager
def _workers_of(world: World, count: int) -> Iterator[list[tuple[Program, str]]]:
    """Workers of one group, each with the address of its health."""
    with ExitStack() as owned:
        programs = []
        for slot in range(count):
            port = ports.free_port()
            settings = world.settings.model_copy(
                update={
                    "agent_slot": slot,
                    "agent_metrics_port": port - slot,
                    "agent_slice_records": SLICE_RECORDS,
                }
            )
            program = owned.enter_context(service("agents", settings))
            programs.append((program, f"http://127.0.0.1:{port}/readyz"))
        yield programs


def _join(programs: list[tuple[Program, str]]) -> None:
    """Waits until every worker is a member, twice: the last one's joining moves the others."""
    for _ in range(2):
        for program, url in programs:
            program.wait_answering(url)
        sleep(JOIN_SECONDS)
