"""What visitors ask about tests, beside a bare Starlette route: at maximum, and at 5,000/s.

First views are of visitors whose exposures the gateway stores in Kafka before it answers, next ones
of such as it knows. The store has ten tests, of which five change the page that is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import httpx

from bench import stored_experiments as stored
from bench.loads import Load, run
from bench.options import Options, in_turn
from bench.programs import Program, running, service
from bench.requests import VISITORS
from bench.results import Results
from bench.stack import Stack
from bench.stored_experiments import BLUE, CONTROL, definition_of
from bench.targets import (
    ACTIVE_TESTS,
    ASKED_RATE,
    BARE_ROUTE,
    EXPERIMENTS,
    FIRST_VIEWS,
    NEXT_VIEWS,
    OF_BARE,
    PAGES_SEEN,
)
from bench.world import World
from storepulse.domain.experiments.definition import Page, Slot, SlotOverride, Variant
from storepulse.local import ports

#: More than the gateway remembers: in a circle, each is a first view again.
NEW_VISITORS, KNOWN_VISITORS = 200_000, 200
TESTS = 10
WARM_SECONDS = 1.5
_HOST = "http://127.0.0.1"


@dataclass(frozen=True)
class Case:
    """What is asked for, as a file of targets."""

    name: str
    reads: Path


def measure(stack: Stack, options: Options, results: Results) -> None:
    """All cases in each round, and the bare route; who begins changes."""
    for number in range(options.rounds):
        stack.settle()
        with stack.world() as world, _gateway(world) as program, _bare_route(world) as bare:
            cases = _cases(world)
            port = world.settings.gateway_port
            bare_load = Load(
                bare[1], options.gateway_seconds, 1, options.connections, reads=cases[0].reads
            )
            run(replace(bare_load, seconds=WARM_SECONDS), {"gateway": bare[0].pid})
            figures = run(bare_load, {"gateway": bare[0].pid})
            results.add(EXPERIMENTS, BARE_ROUTE, figures)
            pids = {"gateway": program.pid, "kafka": stack.pids["kafka"]}
            for case in in_turn(cases, number):
                print(f"  {case.name}", flush=True)
                load = replace(bare_load, port=port, reads=case.reads)
                run(replace(load, seconds=WARM_SECONDS), pids)
                most = run(load, pids)
                most[OF_BARE] = most["rate"] / figures["rate"]
                results.add(EXPERIMENTS, case.name, most)
                asked = run(replace(load, rate=ASKED_RATE), pids)
                results.add(EXPERIMENTS, f"{case.name}, {ASKED_RATE:,}/s", asked)


@contextmanager
def _gateway(world: World) -> Iterator[Program]:
    with service("gateway", world.settings) as program:
        program.wait_answering(f"{_HOST}:{world.settings.gateway_port}/readyz")
        yield program


@contextmanager
def _bare_route(world: World) -> Iterator[tuple[Program, int]]:
    port = ports.free_port()
    command = [sys.executable, "-m", "bench.contenders.bare_starlette", str(port)]
    with running("bare-starlette", command, world.settings.home, {}) as program:
        program.wait_answering(f"{_HOST}:{port}/api/ab-testing/variant/x")
        yield program, port


def _cases(world: World) -> list[Case]:
    """Stores tests and a page, waits until the gateway knows them, and writes what is asked."""
    store, port = str(uuid4()), world.settings.gateway_port
    page = Page("standard", tuple(Slot(f"slot-{n}", "Block", n) for n in range(10)))
    with world.connect() as connection:
        stored.set_page(connection, store, "home", "index", page)
        tests = [
            stored.add_test(connection, store, definition_of(CONTROL, _variant(number)))
            for number in range(TESTS)
        ]
    who = f"visitor_id={uuid4()}-"
    variant = f"/api/ab-testing/variant/{tests[0]}?session_id=s-1&{who}"
    wanted = f"/api/page-config/home/index?store_id={store}&session_id=s-1&{who}"
    active = f"/api/ab-testing/active/{store}"
    _wait_known(f"{_HOST}:{port}{active}")
    folder = world.settings.home
    targets = {
        FIRST_VIEWS: [f"{variant}{number}" for number in range(NEW_VISITORS)],
        NEXT_VIEWS: [f"{variant}known-{number % KNOWN_VISITORS}" for number in range(VISITORS)],
        ACTIVE_TESTS: [f"{active}?pageType=home"] * VISITORS,
        PAGES_SEEN: [f"{wanted}{number % KNOWN_VISITORS}" for number in range(VISITORS)],
    }
    cases = []
    for name, lines in targets.items():
        file = folder / f"{name.replace(' ', '-')}.txt"
        file.write_text("\n".join(lines))
        cases.append(Case(name, file))
    return cases


def _variant(number: int) -> Variant:
    """Every second one changes the page."""
    if number % 2:
        return BLUE
    override = SlotOverride(props={"title": f"Title {number}"})
    return Variant("blue", "Blue", 5_000, slot_overrides={f"slot-{number}": override})


def _wait_known(url: str) -> None:
    for _ in range(100):
        if len(httpx.get(url).json()["data"]["tests"]) == TESTS:
            return
    raise RuntimeError("the gateway does not know the tests")
