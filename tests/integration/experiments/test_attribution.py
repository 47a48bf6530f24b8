"""Attribution, against figures counted by others: whatever the order, the copies and the slices."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.integration.experiments import oracle_cases
from tests.integration.experiments.unit_slices import (
    agents_connection,
    begin_phase,
    differences,
    sources_of,
    unsummed,
    write,
)
from tests.support.world import World, empty_tables

from storepulse.exactness.model import comparison
from storepulse.exactness.model.events import Event
from storepulse.exactness.model.experiments import experiment_tables, with_phases

CASES = [*oracle_cases.cases()]


@pytest.fixture(scope="module")
def agents(module_world: World) -> Iterator[psycopg.Connection[Any]]:
    with agents_connection(module_world) as connection:
        yield connection


@pytest.fixture
def owner(module_world: World) -> Iterator[psycopg.Connection[Any]]:
    with module_world.connect() as connection:
        connection.execute("SET timezone TO 'UTC'")
        empty_tables(connection)
        yield connection


def counted(tables: dict[str, dict[Any, Any]]) -> dict[str, dict[Any, Any]]:
    """In the form of `oracle_cases.wanted`: counts summed over phases."""
    counts = [*tables["ab_phase_counts"].values()]
    summed = tuple(sum(row[place] for row in counts) for place in range(3))
    return {**tables, "ab_phase_counts": {0: summed}}


def stored(connection: psycopg.Connection[Any]) -> dict[str, dict[Any, Any]]:
    tables = {}
    for table in ("ab_rollups", "ab_metric_rollups", "ab_ratio_rollups", "ab_phase_counts"):
        keys, query = comparison.QUERIES[table]
        tables[table] = {row[:keys]: row[keys:] for row in connection.execute(query).fetchall()}
    return counted(tables)


def slices_of(events: list[Event], chance: random.Random) -> Iterator[list[Event]]:
    start = 0
    while start < len(events):
        stop = start + chance.choice((1, 2, 5, 20, 100))
        yield events[start:stop]
        start = stop


@pytest.mark.parametrize("case_id", CASES)
def test_the_definition_gives_the_figures(case_id: str) -> None:
    case = oracle_cases.cases()[case_id]
    distinct = {event["event_id"]: event for event in oracle_cases.events_of(case)}
    phases = {oracle_cases.STORE: oracle_cases.phases_of(case)}
    tables = experiment_tables(with_phases(distinct.values(), phases))
    del tables["ab_test_assignments"]
    assert counted(tables) == oracle_cases.wanted(case)


@pytest.mark.parametrize("case_id", CASES)
def test_the_tables_hold_the_figures_whatever_the_order(
    case_id: str, owner: psycopg.Connection[Any], agents: psycopg.Connection[Any]
) -> None:
    case = oracle_cases.cases()[case_id]
    events, phases = oracle_cases.events_of(case), oracle_cases.phases_of(case)
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    shuffled = chance.sample(events * 2, 2 * len(events))
    for order in (events, events[::-1], shuffled):
        empty_tables(owner)
        for phase in phases:
            begin_phase(owner, oracle_cases.STORE, phase)
        for piece in slices_of(order, chance):
            write(agents, piece, sources_of(phases))
        assert stored(owner) == oracle_cases.wanted(case)
        assert differences(owner, events) == []
        assert unsummed(owner) == []
