"""Delivery: one process, a backlog of events that wait, and a receiver in a process of its own.

From rows that wait in PostgreSQL to rows that are settled: claim, decode, sign, send, store what
came of it. Events in requests of one and of 50; and a backlog several times as large, over which
the process must need the memory of the small one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep, time
from uuid import uuid4

import httpx

from bench.cpu import Meter, peak_mb
from bench.options import Options, in_turn
from bench.programs import Program, running, service
from bench.results import Results, Sample
from bench.stack import Stack
from bench.targets import DELIVERY, FIFTIES, LARGE_BACKLOG, ONES
from bench.traffic import Shape, beacons, encoded
from bench.world import World
from storepulse.adapters.postgres.named_sql import read_statements
from storepulse.adapters.secret_box import SecretBox
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.rules.webhook_body import MOST_BYTES
from storepulse.destinations.table import changes
from storepulse.domain.signing import new_secret
from storepulse.local import ports

NAME = "bench"
SPAN_MS = 60_000
POLL_SECONDS = 0.02
#: Slower than this a run counts as stuck.
SLOWEST_RATE = 50
#: Times as many events wait in the large backlog.
LARGER = 5
SQL = read_statements(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class Case:
    """Events that wait, and how they are sent."""

    name: str
    events: int
    batch: int
    in_flight: int


def measure(stack: Stack, options: Options, results: Results) -> None:
    """Single deliveries and batches in each round, the large backlog once."""
    cases = [
        Case(ONES, options.deliveries // 5, batch=1, in_flight=16),
        Case(FIFTIES, options.deliveries, batch=50, in_flight=8),
    ]
    large = Case(LARGE_BACKLOG, LARGER * options.deliveries, batch=50, in_flight=8)
    for number in range(options.rounds):
        for case in [*in_turn(cases, number), *([large] if number == 0 else [])]:
            print(f"  {case.name}", flush=True)
            with stack.world() as world:
                results.add(DELIVERY, case.name, _run(stack, world, case))


def _run(stack: Stack, world: World, case: Case) -> Sample:
    port = ports.free_port()
    box = SecretBox.of(world.settings)
    command = [sys.executable, "-m", "bench.receiver", str(port)]
    with running("receiver", command, world.settings.home, {}) as receiver:
        url = f"http://127.0.0.1:{port}/"
        receiver.wait_answering(url)
        destination = Destination(
            destination_id=str(uuid4()),
            name=NAME,
            kind="webhook",
            status="paused",
            # Room for every batch as it is asked for.
            config={"url": url, "max_body_bytes": MOST_BYTES},
            secrets={"signing": [new_secret(b"bench" * 6)]},
            batch_events=case.batch,
            max_in_flight=case.in_flight,
        )
        with world.connect() as connection:
            changes.create(connection, box, destination, datetime.now(UTC))
        _fill(world, destination, case.events)
        stack.settle()
        with _process(world) as delivery:
            with world.connect() as connection:
                changes.change(connection, box, NAME, {"status": "active"}, datetime.now(UTC))
            return _drained(stack, world, case, url, delivery, receiver)


@contextmanager
def _process(world: World) -> Iterator[Program]:
    port = ports.free_port()
    settings = world.settings.model_copy(update={"delivery_port": port})
    with service("delivery", settings) as delivery:
        delivery.wait_answering(f"http://127.0.0.1:{port}/readyz")
        yield delivery


def _fill(world: World, destination: Destination, count: int) -> None:
    """Rows as the matcher makes them, of different events."""
    now = int(time() * 1000)
    encode = encoded()
    created = datetime.fromtimestamp(now / 1000, UTC)
    with world.connect() as connection:
        with connection.cursor().copy(SQL["copy_deliveries"]) as copy:
            for n, beacon in enumerate(beacons(Shape(), now - SPAN_MS, now, count)):
                key, value = encode(beacon)
                received = datetime.fromtimestamp((beacon.occurred_at + 200) / 1000, UTC)
                copy.write_row((
                    destination.destination_id, beacon.store_id, beacon.event_id, received,
                    "heatmap", beacon.kind, 1, created, key, value, "events", "bench", 0, n,
                ))  # fmt: skip
        connection.execute(SQL["analyze"])


def _drained(
    stack: Stack, world: World, case: Case, url: str, delivery: Program, receiver: Program
) -> Sample:
    """The figures from the first request that arrived to the last event settled."""
    requests = -(-case.events // case.batch)
    deadline = perf_counter() + 60 + requests / SLOWEST_RATE
    with httpx.Client() as client, world.connect() as connection:

        def taken() -> int:
            if perf_counter() > deadline:
                raise TimeoutError(f"{case.name}: {connection.execute(SQL['statuses']).fetchall()}")
            delivery.check()
            sleep(POLL_SECONDS)
            return int(client.get(url).text)

        while not (before := taken()):
            pass
        meter = Meter.start({
            "postgres": stack.pids["postgres"], "delivery": delivery.pid, "receiver": receiver.pid,
        })  # fmt: skip
        started = perf_counter()
        while taken() < requests or connection.execute(SQL["count_pending"]).fetchone() != (0,):
            pass
        seconds = perf_counter() - started
        events = case.events - before * case.batch
        figures = {
            "rate": events / seconds,
            **meter.per_million(events),
            "peak_delivery": peak_mb(delivery.pid),
        }
        statuses = connection.execute(SQL["statuses"]).fetchall()
        if statuses != [("sent", case.events)] or taken() != requests:
            raise AssertionError(f"{case.name}: {statuses}, {taken():,} of {requests:,} requests")
        return figures
