"""The whole of it: from HTTP to committed rollups, one gateway and one worker of the agents.

First the capacity: as much as the gateway takes for some seconds, divided by the time until the
last of it is committed. Then half of it, and then a rate that leaves some room (or the one asked
for), held for a minute or longer, while two times are sampled from the database:

    fresh    now minus received_at of the newest applied event (a UUIDv7 id made by the gateway)
    behind   the age of the oldest event that is not accounted for: when the generator had as many
             events accepted as the ledger now holds

and the memory of everything that runs here but the generator.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.cpu import Meter
from bench.draining import SQL
from bench.load import quantile
from bench.loads import Load, start
from bench.memory import Memory
from bench.options import Options
from bench.programs import Program, service
from bench.results import Results
from bench.stack import Stack
from bench.targets import HALF_LOAD, PIPELINE, SUSTAINED
from bench.world import World

CAPACITY = "capacity"
BATCH = 50
#: Of the capacity. A steady stream costs nearly half more an event than a burst, whose slices are
#: large; without room for that, and for a moment's noise, there is a queue for the rest of the run.
ROOM = 0.6
#: Imports, connections, the broker's first segments, and its JVM, which compiles what is hot.
WARM_SECONDS = 20.0
CAPACITY_SECONDS = 10.0
HALF_SECONDS = 60.0
DRAIN_SECONDS = 120.0
SAMPLE_SECONDS = 0.2


def measure(stack: Stack, options: Options, results: Results) -> None:
    """Capacity, then the sustained run, once each: the length of a run is its repetition."""
    with stack.world() as world, _services(world) as (gateway, worker):
        run = Run(stack, world, gateway, worker, options)
        run.go(WARM_SECONDS, 0.0)
        figures = run.go(8.0 if options.quick else CAPACITY_SECONDS, 0.0)
        results.add(PIPELINE, CAPACITY, figures)
        rate = options.pipeline_rate or figures["rate"] * ROOM
        half = min(options.sustain_seconds, HALF_SECONDS)
        print(f"  {rate / 2:,.0f} events/s for {half:.0f} s", flush=True)
        results.add(PIPELINE, HALF_LOAD, run.go(half, rate / 2))
        print(f"  {rate:,.0f} events/s for {options.sustain_seconds:.0f} s", flush=True)
        results.add(PIPELINE, SUSTAINED, run.go(options.sustain_seconds, rate))


@contextmanager
def _services(world: World) -> Iterator[tuple[Program, Program]]:
    settings = world.settings
    with service("gateway", settings) as gateway, service("agents", settings) as worker:
        gateway.wait_answering(f"http://127.0.0.1:{settings.gateway_port}/readyz")
        worker.wait_answering(f"http://127.0.0.1:{settings.agent_metrics_port}/readyz")
        yield gateway, worker


@dataclass
class Watch:
    """Samples of the database during a run: (time, events accounted for) and freshness in s."""

    world: World
    before: int
    accounted: list[tuple[float, int]] = field(default_factory=list)
    fresh: list[float] = field(default_factory=list)
    sending: bool = True
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until stopped."""
        with self.world.connect() as connection:
            while not self.stopped.wait(SAMPLE_SECONDS):
                counted: Any = connection.execute(SQL["accepted"]).fetchone()
                now = time.time()
                self.accounted.append((now, int(counted[0]) - self.before))
                # Ids that the requests brought with them are older than any the gateway makes.
                newest: Any = connection.execute(SQL["newest_id"]).fetchone()
                # Before the first commit of this run the newest id is one of an earlier run.
                if newest is not None and self.sending and self.accounted[-1][1] > 0:
                    self.fresh.append(now - (newest[0].int >> 80) / 1000)


def ages(
    accounted: Sequence[tuple[float, int]], accepted: Sequence[tuple[float, int]]
) -> list[float]:
    """Seconds behind at each sample: its time minus the time at which as many were accepted."""
    counts = [count for _, count in accepted]
    times = [at for at, _ in accepted]
    behind = []
    for at, count in accounted:
        if at > times[-1]:
            break
        place = bisect_right(counts, count)
        behind.append(max(0.0, at - times[min(place, len(times) - 1)]))
    return behind


def held(accounted: Sequence[tuple[float, int]], started: float, seconds: float) -> float:
    """Events committed a second while events came in, without the first fifth of the time."""
    within = [s for s in accounted if started + seconds * 0.2 <= s[0] <= started + seconds]
    if len(within) < 2:
        return 0.0
    (since, before), (until, after) = within[0], within[-1]
    return (after - before) / (until - since)


class Run:
    """One load on the running services."""

    def __init__(
        self, stack: Stack, world: World, gateway: Program, worker: Program, options: Options
    ) -> None:
        self._world = world
        self._options = options
        self._programs = (gateway, worker)
        self._pids = {**stack.pids, "gateway": gateway.pid, "worker": worker.pid}

    def go(self, seconds: float, rate: float) -> dict[str, float]:
        """`rate` events/s for some seconds (0: all that is taken), until all are committed."""
        load = Load(
            self._world.settings.gateway_port, seconds, BATCH, self._options.connections,
            rate / BATCH, anonymous=True,
        )  # fmt: skip
        watch = Watch(self._world, self._accounted())
        memory = Memory(self._pids)
        threads = [threading.Thread(target=each.run, daemon=True) for each in (watch, memory)]
        sending = start(load, self._pids)
        for thread in threads:
            thread.start()
        try:
            meter = Meter.start(self._pids)
            figures, document = sending.finish()
            memory.stopped.set()
            watch.sending = False
            accepted = document["accepted"]
            last = self._drained(watch, accepted)
        finally:
            watch.stopped.set()
            memory.stopped.set()
            for thread in threads:
                thread.join(10)
            if sending.process.poll() is None:
                sending.process.kill()
                sending.process.wait()
        behind = sorted(ages(watch.accounted, document["timeline"]))
        fresh = sorted(watch.fresh)
        return {
            **figures,
            **meter.per_million(accepted),
            "rate": held(watch.accounted, sending.started, document["seconds"])
            if rate
            else accepted / (last - sending.started),
            "asked": rate,
            "http_rate": figures["rate"],
            "drain_seconds": last - sending.started - document["seconds"],
            "freshness_p50": quantile(fresh, 0.5),
            "freshness_p99": quantile(fresh, 0.99),
            "behind_p50": quantile(behind, 0.5),
            "behind_p99": quantile(behind, 0.99),
            **memory.figures(),
        }

    def _drained(self, watch: Watch, accepted: int) -> float:
        """Waits until all accepted events are accounted for; the time at which they were."""
        deadline = time.monotonic() + DRAIN_SECONDS + self._options.sustain_seconds
        while time.monotonic() < deadline:
            for program in self._programs:
                program.check()
            if watch.accounted and watch.accounted[-1][1] >= accepted:
                return next(at for at, count in watch.accounted if count >= accepted)
            time.sleep(SAMPLE_SECONDS / 2)
        raise TimeoutError(f"{accepted:,} events accepted, {watch.accounted[-1:]} accounted for")

    def _accounted(self) -> int:
        with self._world.connect() as connection:
            row: Any = connection.execute(SQL["accepted"]).fetchone()
        return int(row[0])
