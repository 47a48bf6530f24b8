"""Slices of thousands of units read so many rows as they have units, whatever ANALYZE saw last.

Autovacuum looks when it likes: while a table holds one visitor's events, or none yet, because the
slice that fills it is not committed. Plans are made of what it saw.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from tests.integration.experiments.unit_slices import (
    agents_connection,
    begin_phase,
    frame_of,
    sources_of,
    unsummed,
    write,
)
from tests.support.world import World, empty_tables

from storepulse.adapters.postgres.copying import copy_into
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.exactness.model.events import Event
from storepulse.exactness.model.experiments import ModelPhase, PhaseMetric
from storepulse.streams.experiment_units import UNITS, unit_tables
from storepulse.streams.reduction import STEPS

STORE = "5a000000-0000-4000-8000-000000000011"
TEST = "7e570000-0000-4000-8000-000000000011"
DAY = 86_400_000
NOW = 1_790_000_000_000
UNITS_SEEN = 2_000
#: Rows read for each event: some for each of the dozen statements. A plan that reads a table for
#: each unit reads as many as there are units.
MOST_ROWS = 40
_SQL = named_sql("streams/experiment_units")

PHASE = ModelPhase(
    TEST, 1, None, 40_000 * DAY, DAY, ("control", "treat"),
    (PhaseMetric("revenue", "sum", "purchase", "EUR", Decimal("15.5")),),
)  # fmt: skip
SOURCES = sources_of([PHASE])

Analyze = Callable[[], None]


@pytest.fixture(scope="module")
def agents(module_world: World) -> Iterator[psycopg.Connection[Any]]:
    with agents_connection(module_world) as connection:
        yield connection


@pytest.fixture(scope="module")
def owner(module_world: World) -> Iterator[psycopg.Connection[Any]]:
    with module_world.connect() as connection:
        connection.execute("SET timezone TO 'UTC'")
        yield connection


@pytest.fixture
def analyze(owner: psycopg.Connection[Any]) -> Analyze:
    """Looks at the tables as the moment has them, which begin empty; nobody else looks."""
    rows = owner.execute(
        "SELECT relname FROM pg_class WHERE relname LIKE 'ab\\_%' AND relkind = 'r'"
    ).fetchall()
    tables = [str(name) for (name,) in rows]

    def look() -> None:
        owner.execute(f"ANALYZE {', '.join(tables)}")

    for table in tables:
        owner.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    empty_tables(owner)
    begin_phase(owner, STORE, PHASE)
    look()
    return look


def exposures(first: int, count: int) -> list[Event]:
    return [
        told(n, "experiment") | {"event_type": "Exposure", "test_id": TEST, "phase": 1,
                                 "variant_id": "treat"}
        for n in range(first, first + count)
    ]  # fmt: skip


def purchases(first: int, count: int) -> list[Event]:
    return [
        told(n, "activity") | {"activity_type": "purchase", "value": "9", "currency": "EUR",
                               "order_id": f"o{n}"}
        for n in range(first, first + count)
    ]  # fmt: skip


def told(n: int, stream: str) -> Event:
    """Of the visitor and the session with the number."""
    return {
        "event_id": str(uuid.uuid4()), "store_id": STORE, "visitor_id": f"v{n}",
        "session_id": f"s{n}", "occurred_at": NOW, "received_at": NOW, "is_bot": False,
        "stream": stream,
    }  # fmt: skip


def rows_read(connection: psycopg.Connection[Any]) -> int:
    """By this transaction, of all tables, those that slices are staged in too."""
    (count,) = connection.execute(
        "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint"
        " FROM pg_stat_xact_user_tables"
    ).fetchall()[0]
    return int(count)


def write_counted(
    connection: psycopg.Connection[Any], events: list[Event], before_each: Analyze
) -> dict[str, int]:
    """Writes a slice; the rows that each statement read."""
    counts = {}
    with connection.transaction(), connection.cursor() as cursor:
        for name, frame in unit_tables(frame_of(events, SOURCES), str(events[0]["stream"])).items():
            copy_into(cursor, f"stage_{name}", frame)
        for step in STEPS[UNITS]:
            before_each()
            before = rows_read(connection)
            cursor.execute(_SQL[step])
            counts[step] = rows_read(connection) - before
    return counts


def check_reads(agents: psycopg.Connection[Any], before_each: Analyze, first: int) -> None:
    """Purchases before and after the exposures, and exposures again."""
    half = UNITS_SEEN // 2
    for slice_of in (
        purchases(first, half),
        exposures(first, UNITS_SEEN),
        purchases(first + half, half),
        exposures(first, UNITS_SEEN),
    ):
        counts = write_counted(agents, slice_of, before_each)
        most = {step: n for step, n in counts.items() if n > MOST_ROWS * len(slice_of)}
        assert most == {}, f"of {len(slice_of)} events"


def test_after_one_visitor_was_seen(agents: psycopg.Connection[Any], analyze: Analyze) -> None:
    write(agents, [*exposures(0, 1), *purchases(0, 1)], SOURCES)
    analyze()
    check_reads(agents, lambda: None, 1_000)
    assert unsummed(agents) == []


def test_while_no_other_has_seen_the_slice(
    agents: psycopg.Connection[Any], analyze: Analyze
) -> None:
    check_reads(agents, analyze, 10_000)
    assert unsummed(agents) == []
