"""Slices side by side: what two transactions tell of one unit ends as if they had come in turn."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.experiments.unit_slices import (
    agents_connection,
    begin_phase,
    differences,
    frame_of,
    sources_of,
    unsummed,
    write,
)
from tests.support.world import World, empty_tables

from storepulse.adapters.postgres.copying import copy_into
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.exactness.model.events import Event
from storepulse.exactness.model.experiments import ModelPhase, PhaseMetric, Ratio
from storepulse.streams.experiment_units import UNITS, unit_tables
from storepulse.streams.reduction import STEPS

STORES = ("5a000000-0000-4000-8000-000000000001", "5a000000-0000-4000-8000-000000000002")
TESTS = ("7e570000-0000-4000-8000-000000000001", "7e570000-0000-4000-8000-000000000002")
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NOW = int(time.time()) * 1000 - 5 * DAY
#: A slice's events, at most.
MOST = 25_000
_SQL = named_sql("streams/experiment_units")

PHASES = [
    (
        store,
        ModelPhase(
            test, number, ended_at, 2 * DAY, DAY, ("control", "treat"),
            (
                PhaseMetric("adds", "count", "add_to_cart"),
                PhaseMetric("bought", "binary", "purchase"),
                PhaseMetric("orders", "count", "purchase", "EUR"),
                PhaseMetric("revenue", "sum", "purchase", "EUR", Decimal("15.5")),
            ),
            (Ratio("aov", "revenue", "orders"),),
        ),
    )
    for store, test in zip(STORES, TESTS, strict=True)
    for number, ended_at in ((1, NOW + DAY), (2, None))
]  # fmt: skip
SOURCES = sources_of(phase for _, phase in PHASES)


@pytest.fixture(scope="module")
def pair(module_world: World) -> Iterator[list[psycopg.Connection[Any]]]:
    with ExitStack() as stack:
        yield [stack.enter_context(agents_connection(module_world)) for _ in range(2)]


@pytest.fixture(scope="module")
def owner(module_world: World) -> Iterator[psycopg.Connection[Any]]:
    with module_world.connect() as connection:
        connection.execute("SET timezone TO 'UTC'")
        yield connection


def begin(owner: psycopg.Connection[Any]) -> None:
    empty_tables(owner)
    for store, phase in PHASES:
        begin_phase(owner, store, phase)


def event_of(n: int, kind: str, store: int, who: tuple[int | None, int | None], at: int,
             choice: int, *, is_bot: bool) -> Event:  # fmt: skip
    visitor, session = who
    told: Event = {
        "event_id": f"e0000000-0000-4000-8000-{n:012x}",
        "store_id": STORES[store],
        "visitor_id": None if visitor is None else f"é{visitor}",
        "session_id": None if session is None else f"s{session}",
        "occurred_at": NOW + at,
        "received_at": NOW + at + choice % 3 * 1000 - 1000,
        "is_bot": is_bot,
    }
    if kind == "exposure":
        variant = ("control", "treat", "treat", "odd")[choice % 4]
        shown = {"test_id": TESTS[choice % 2], "phase": 1 + choice // 2 % 2, "variant_id": variant}
        return told | shown | {"stream": "experiment", "event_type": "Exposure"}
    if kind == "add":
        return told | {"stream": "activity", "activity_type": "add_to_cart"}
    order = (None, "#o1", "o1", "o2")[choice % 4]
    money = {"value": str(choice), "currency": ("EUR", "EUR", "USD", None)[choice // 4 % 4]}
    return told | money | {"stream": "activity", "activity_type": "purchase", "order_id": order}


_WHO = st.tuples(st.none() | st.integers(0, 3), st.none() | st.integers(0, 3)).filter(
    lambda who: who != (None, None)
)
_TOLD = st.tuples(
    st.sampled_from(["exposure", "exposure", "purchase", "purchase", "add"]),
    st.sampled_from([0, 0, 0, 1]), _WHO,
    st.integers(-2 * DAY, 4 * DAY) | st.sampled_from([0, DAY, DAY - 1, 2 * DAY]),
    st.integers(0, 31), st.integers(0, 9),
)  # fmt: skip
HISTORIES = st.lists(_TOLD, min_size=1, max_size=40)


def events_of(history: list[Any]) -> list[Event]:
    return [
        event_of(n, kind, store, who, at, choice, is_bot=bot == 0)
        for n, (kind, store, who, at, choice, bot) in enumerate(history)
    ]


def cut(events: list[Event], chance: random.Random) -> list[list[Event]]:
    """Slices of any sizes, in any order, some of them twice; each of one stream."""
    shuffled = chance.sample(events, len(events))
    slices, start = [], 0
    while start < len(shuffled):
        stop = start + chance.choice((1, 2, 5, 40))
        slices.append(shuffled[start:stop])
        start = stop
    again = [piece for piece in slices if chance.random() < 0.3]
    return chance.sample(slices + again, len(slices) + len(again))


def write_killed(
    connection: psycopg.Connection[Any], events: list[Event], chance: random.Random
) -> None:
    """Writes a slice; often it ends before it is committed, and comes again."""
    while chance.random() < 0.3:
        tables = unit_tables(frame_of(events, SOURCES), str(events[0]["stream"]))
        steps = STEPS[UNITS][: chance.randrange(len(STEPS[UNITS]) + 1)]
        with connection.transaction(force_rollback=True), connection.cursor() as cursor:
            for name, frame in tables.items():
                copy_into(cursor, f"stage_{name}", frame)
            for step in steps if tables else ():
                cursor.execute(_SQL[step])
    write(connection, events, SOURCES)


def side_by_side(
    pair: list[psycopg.Connection[Any]], parts: list[list[list[Event]]], seed: int
) -> None:
    """Each connection writes its slices, in a thread of its own. An error of one is raised."""
    start = threading.Barrier(len(pair))

    def work(connection: psycopg.Connection[Any], slices: list[list[Event]], number: int) -> None:
        chance = random.Random(seed + number)
        start.wait()
        for piece in slices:
            for stream in ("experiment", "activity"):
                if found := [e for e in piece if e["stream"] == stream]:
                    write_killed(connection, found, chance)

    with ThreadPoolExecutor() as pool:
        for done in list(pool.map(work, pair, parts, range(len(pair)))):
            assert done is None


@settings(
    max_examples=40, deadline=None, print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(history=HISTORIES, seed=st.integers(0, 2**32 - 1))
def test_any_history_ends_as_defined(
    owner: psycopg.Connection[Any], pair: list[psycopg.Connection[Any]], history: Any, seed: int
) -> None:
    begin(owner)
    events, chance = events_of(history), random.Random(seed)
    side_by_side(pair, [cut(events, chance), cut(events, chance)], seed)
    assert differences(owner, events) == []
    assert unsummed(owner) == []


def exposure(n: int, visitor: int | None, session: int | None, at: int = 0) -> Event:
    return event_of(n, "exposure", 0, (visitor, session), at, 2, is_bot=False) | {
        "test_id": TESTS[0]
    }


def purchase(n: int, visitor: int | None, session: int | None, at: int, order: int = 0) -> Event:
    return event_of(n, "purchase", 0, (visitor, session), at, order, is_bot=False)


@pytest.mark.parametrize("turn", range(12))
def test_an_exposure_and_a_purchase_at_once_find_each_other(
    owner: psycopg.Connection[Any], pair: list[psycopg.Connection[Any]], turn: int
) -> None:
    begin(owner)
    told = exposure(1, 1, 1), purchase(2, None, 1, HOUR)
    side_by_side(pair, [[[told[turn % 2]]], [[told[1 - turn % 2]]]], turn)
    assert owner.execute("SELECT count(*), sum(converters) FROM ab_metric_rollups").fetchone() == (
        3,
        3,
    )
    assert differences(owner, [*told]) == []


def test_workers_on_the_same_units_never_wait_in_a_circle(
    owner: psycopg.Connection[Any], pair: list[psycopg.Connection[Any]]
) -> None:
    begin(owner)
    chance = random.Random(7)
    events: list[Event] = []
    for n in range(1500):
        who = chance.randrange(40), chance.randrange(40)
        at = chance.randrange(2 * DAY)
        kind = chance.choice(["exposure", "purchase", "add"])
        choice, store = chance.randrange(32), chance.randrange(2)
        named = chance.choice([who, (None, who[1])])
        events.append(event_of(n, kind, store, named, at, choice, is_bot=False))
    parts = [chance.sample(events, len(events)) for _ in pair]
    slices = [[part[i : i + 100] for i in range(0, len(part), 100)] for part in parts]
    side_by_side(pair, slices, 7)  # raises where PostgreSQL finds a circle
    assert differences(owner, events) == []
    assert unsummed(owner) == []


def test_a_session_changes_hands_with_all_that_was_done_in_it(
    owner: psycopg.Connection[Any], pair: list[psycopg.Connection[Any]]
) -> None:
    begin(owner)
    events = [
        exposure(1, 2, 1, HOUR),
        purchase(2, None, 1, 2 * HOUR),
        exposure(3, 1, 1, 0),  # an earlier visitor of the session
        exposure(4, None, 1, -HOUR),  # and the session itself, before any visitor was known
    ]
    for count in range(1, len(events) + 1):
        write(pair[0], events[count - 1 : count], SOURCES)
        assert differences(owner, events[:count]) == []
        assert unsummed(owner) == []


def test_an_order_leaves_the_unit_that_told_of_it_later(
    owner: psycopg.Connection[Any], pair: list[psycopg.Connection[Any]]
) -> None:
    begin(owner)
    events = [
        exposure(1, 1, 1, 0),
        exposure(2, 2, 2, 0),
        purchase(3, 1, None, 3 * HOUR, order=1),
        purchase(4, None, 2, 2 * HOUR, order=2),
    ]
    for count in range(1, len(events) + 1):
        write(pair[0], events[count - 1 : count], SOURCES)
        assert differences(owner, events[:count]) == []
        assert unsummed(owner) == []


def test_nothing_of_one_store_counts_in_another(
    owner: psycopg.Connection[Any], pair: list[psycopg.Connection[Any]]
) -> None:
    begin(owner)
    told = [exposure(1, 1, 1), purchase(2, 1, None, HOUR)]
    foreign = [replace_store(event) for event in told]
    for event in (*told, *foreign):
        write(pair[0], [event], SOURCES)
    assert owner.execute("SELECT sum(units) FROM ab_rollups").fetchone() == (1,)
    assert differences(owner, [*told, *foreign]) == []


def replace_store(event: Event) -> Event:
    return event | {"store_id": STORES[1], "event_id": event["event_id"].replace("e0", "f0")}


def test_a_slice_of_25000_events_is_written_whole(
    owner: psycopg.Connection[Any], pair: list[psycopg.Connection[Any]]
) -> None:
    begin(owner)
    chance = random.Random(3)
    seen = [event_of(n, "exposure", 0, (n, n), 0, 0, is_bot=False) for n in range(MOST)]
    done = [
        event_of(MOST + n, chance.choice(["purchase", "add"]), 0,
                 chance.choice([(visitor, visitor), (None, visitor)]), chance.randrange(DAY),
                 chance.randrange(16) * 4, is_bot=False)
        for n in range(MOST)
        for visitor in [chance.randrange(MOST)]
    ]  # fmt: skip
    # Those of the second half were done before anybody was exposed, as far as the agents know.
    for events in (done[: MOST // 2], seen, done[MOST // 2 :]):
        began = time.monotonic()
        write(pair[0], events, SOURCES)
        print(f"{len(events)} events in {time.monotonic() - began:.1f} s")
    assert owner.execute("SELECT sum(units) FROM ab_rollups").fetchone() == (MOST,)
    assert differences(owner, seen + done) == []
    assert unsummed(owner) == []
