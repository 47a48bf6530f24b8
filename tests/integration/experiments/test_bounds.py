"""What one visitor can send without end: what counts of it, and what the tables then hold."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.integration.experiments.unit_slices import (
    agents_connection,
    begin_phase,
    differences,
    unsummed,
    write,
)
from tests.support.world import World, empty_tables

from storepulse.exactness.model.events import Event
from storepulse.exactness.model.experiments import MOST_EVENTS, ModelPhase, PhaseMetric

STORE = "5a000000-0000-4000-8000-000000000001"
TESTS = ("7e570000-0000-4000-8000-000000000001", "7e570000-0000-4000-8000-000000000002")
DAY = 86_400_000
NOW = int(time.time()) * 1000 - DAY
BUYS = PhaseMetric("bought", "count", "purchase")
CONVERTS = PhaseMetric("converted", "count", "conversion")
#: Of the store, as long as its two tests run.
SOURCES = ["conversion", "purchase"]


@pytest.fixture
def owner(module_world: World) -> Iterator[psycopg.Connection[Any]]:
    with module_world.connect() as connection:
        connection.execute("SET timezone TO 'UTC'")
        empty_tables(connection)
        for test_id, metric in zip(TESTS, (BUYS, CONVERTS), strict=True):
            phase = ModelPhase(test_id, 1, None, DAY, DAY, ("control", "treat"), (metric,))
            begin_phase(connection, STORE, phase)
        yield connection


@pytest.fixture
def agents(module_world: World) -> Iterator[psycopg.Connection[Any]]:
    with agents_connection(module_world) as connection:
        yield connection


def told(number: int, stream: str, **fields: Any) -> Event:
    """An event of one visitor, so many milliseconds after all began."""
    at = NOW + number
    return {
        "store_id": STORE, "stream": stream, "event_id": f"{number:08x}-0000-4000-8000-{0:012x}",
        "visitor_id": "v-1", "session_id": "s-1", "occurred_at": at, "received_at": at,
        "is_bot": False, **fields,
    }  # fmt: skip


def exposure(number: int, test_id: str) -> Event:
    fields = {"event_type": "Exposure", "test_id": test_id, "phase": 1, "variant_id": "treat"}
    return told(number, "experiment", **fields)


def events_counted(connection: psycopg.Connection[Any]) -> list[tuple[str, int]]:
    return connection.execute("SELECT metric, events FROM ab_metric_rollups ORDER BY 1").fetchall()


def test_of_a_flood_the_first_events_count(
    owner: psycopg.Connection[Any], agents: psycopg.Connection[Any]
) -> None:
    flood = [
        told(10 + number, "activity", activity_type="purchase") for number in range(MOST_EVENTS)
    ]
    of_session = told(9, "activity", activity_type="purchase", visitor_id=None)
    events = [exposure(0, TESTS[0]), *flood[5:], of_session]
    write(agents, events, SOURCES)
    assert events_counted(owner) == [("bought", MOST_EVENTS - 5 + 1)]
    late = [*flood[:5], *(told(20_000 + n, "activity", activity_type="purchase") for n in range(9))]
    write(agents, late[::-1], SOURCES)
    assert events_counted(owner) == [("bought", MOST_EVENTS + 1)]
    assert differences(owner, [*events, *late]) == []
    assert unsummed(owner) == []


def test_what_a_phase_does_not_measure_is_no_mismatch_of_it(
    owner: psycopg.Connection[Any], agents: psycopg.Connection[Any]
) -> None:
    events = [exposure(0, TESTS[0]), exposure(1, TESTS[1])]
    for number, test_id in enumerate(TESTS):
        believed = {"test_id": test_id, "variant_id": "control"}
        events += [
            told(2 + number, "experiment", event_type="Conversion", **believed),
            told(8 + number, "experiment", event_type="Metric", metric="any", **believed),
        ]
    write(agents, events, SOURCES)
    counts = owner.execute("SELECT test_id::text, variant_mismatches FROM ab_phase_counts")
    assert counts.fetchall() == [(TESTS[1], 1)]
    assert differences(owner, events) == []


def test_the_ids_of_a_phase_are_those_of_its_variants(owner: psycopg.Connection[Any]) -> None:
    row = owner.execute("SELECT DISTINCT variants FROM ab_test_phases").fetchone()
    assert row == (["control", "treat"],)
