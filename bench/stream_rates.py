"""How fast a worker applies each stream: from records in Kafka to committed rows and figures.

All streams in each round, in turns, on the same servers; a new database for each run. Beside its
rate and CPU, a stream has its ratio to activity's rate of the same round.
"""

from __future__ import annotations

from contextlib import ExitStack
from time import time

from bench.draining import Drained, drain
from bench.options import Options, in_turn
from bench.programs import service
from bench.results import Results
from bench.stack import Stack, produce
from bench.streams.records import stream_records
from bench.targets import BASELINE, OF_BASELINE, STREAM_RATES
from bench.world import World
from storepulse.streams.registry import STREAMS

#: The slowest stream is given this rate before it counts as stuck.
SLOWEST_RATE = 500
SPAN_MS = 3_600_000


def measure(stack: Stack, options: Options, results: Results) -> None:
    """All streams, in as many rounds as asked for."""
    count = options.stream_events
    with ExitStack() as owned:
        # A group each: a worker that comes back to its place with other topics waits for the
        # session of the one before.
        worlds = {stream: owned.enter_context(stack.world((stream,))) for stream in STREAMS}
        for stream, world in worlds.items():
            print(f"  producing {count:,} records of {stream}", flush=True)
            now = int(time() * 1000)
            source = stream_records(stream, now - SPAN_MS, now, count)
            produce(world, world.catalog.ingest(stream), source)
        for number in range(options.rounds):
            drained = {
                stream: _one(stack, worlds[stream], stream, count)
                for stream in in_turn(list(STREAMS), number)
            }
            rate = drained[BASELINE].figures["rate"]
            for stream in STREAMS:
                figures = drained[stream].figures
                share = {OF_BASELINE: figures["rate"] / rate} if stream != BASELINE else {}
                results.add(STREAM_RATES, stream, {**figures, **share})


def _one(stack: Stack, topics: World, stream: str, count: int) -> Drained:
    """One stream's records by one worker. Raises AssertionError where some were not applied."""
    print(f"  {stream}", flush=True)
    with stack.another_database(topics) as world:
        stack.empty(world.catalog.events(stream))
        stack.settle()
        with service("agents", world.settings) as program:
            pids = {**stack.pids, "worker": program.pid}
            drained = drain(world, count, pids, program.check, count / SLOWEST_RATE)
    accepted, applied, dead, *_ = drained.counted
    if accepted != count or dead or not 0.85 * count < applied < 0.95 * count:
        raise AssertionError(f"{stream}: {accepted} accepted, {applied} applied, {dead} dead")
    return drained
