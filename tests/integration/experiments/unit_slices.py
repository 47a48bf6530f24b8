"""Slices of events of experiments, written by the statements of the agents, beside the model.

Events are those of the model: dictionaries with `stream`, times in epoch milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import polars as pl
import psycopg
from tests.support.world import World

from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.exactness.model import comparison
from storepulse.exactness.model.events import EPOCH, Event
from storepulse.exactness.model.experiments import (
    ModelPhase,
    experiment_tables,
    stored_phases,
    with_phases,
)
from storepulse.experiments.units import prepare, write_units
from storepulse.streams.experiment_units import unit_tables

TABLES = (
    "ab_test_assignments", "ab_rollups", "ab_metric_rollups", "ab_ratio_rollups", "ab_phase_counts",
)  # fmt: skip
_TIME = pl.Datetime("ms", "UTC")
_SCHEMA: dict[str, Any] = {
    "store_id": pl.String, "event_id": pl.String, "session_id": pl.String,
    "visitor_id": pl.String, "occurred_at": _TIME, "received_at": _TIME,
    "activity_type": pl.String, "event_type": pl.String, "event_name": pl.String,
    "name": pl.String, "metric": pl.String, "value": pl.Decimal(18, 4), "currency": pl.String,
    "order_id": pl.String, "test_id": pl.String, "phase": pl.Int32, "variant_id": pl.String,
    "is_bot": pl.Boolean,
}  # fmt: skip


def moment(ms: int) -> Any:
    return EPOCH + timedelta(milliseconds=ms)


def frame_of(events: Iterable[Event], sources: Sequence[str] | None) -> pl.DataFrame:
    """The events as a reducer gets them; the store measures `sources`."""
    rows = [
        {
            **{name: event.get(name) for name in _SCHEMA},
            "occurred_at": moment(event["occurred_at"]),
            "received_at": moment(event["received_at"]),
            "value": None if event.get("value") is None else Decimal(event["value"]),
        }
        for event in events
    ]
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    listed = pl.lit(None if sources is None else [*sources], pl.List(pl.String))
    return frame.with_columns(experiment_sources=listed)


def agents_connection(world: World) -> psycopg.Connection[Any]:
    """A connection as the agents have it, with the tables that units are staged in."""
    connection = connect(world.settings_of("agents").dsn, SessionOptions(name="storepulse-test"))
    prepare(connection)
    return connection


def write(
    connection: psycopg.Connection[Any], events: Sequence[Event], sources: Sequence[str] | None
) -> None:
    """Writes a slice of each run of events of one stream."""
    for stream, found in groupby(events, lambda e: str(e["stream"])):
        tables = unit_tables(frame_of(found, sources), stream)
        if tables:
            write_units(connection, tables)


def begin_phase(
    connection: psycopg.Connection[Any],
    store: str,
    phase: ModelPhase,
    started_at: int | None = None,
) -> None:
    """Enters a phase, and its test where there is none yet. One without a beginning has always been
    there, and is settled."""
    connection.execute("INSERT INTO stores (store_id) VALUES (%s) ON CONFLICT DO NOTHING", [store])
    connection.execute(
        "INSERT INTO ab_tests (test_id, store_id, name, definition, created_by)"
        " VALUES (%s, %s, 'a test', '{}', 'somebody') ON CONFLICT DO NOTHING",
        [phase.test_id, store],
    )
    settings = json.dumps({"variants": [{"variant_id": name} for name in phase.variants]})
    connection.execute(
        "INSERT INTO ab_test_phases (test_id, phase, store_id, started_at, ended_at, settings,"
        " window_ms, pre_ms, settled_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            phase.test_id, phase.number, store, moment(started_at or 0),
            None if phase.ended_at is None else moment(phase.ended_at), settings, phase.window_ms,
            phase.pre_ms, moment(0) if started_at is None else None,
        ],
    )  # fmt: skip
    for metric in phase.metrics:
        connection.execute(
            "INSERT INTO ab_phase_metrics VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [phase.test_id, phase.number, *metric],
        )
        connection.execute(
            "INSERT INTO ab_sources VALUES (%s, %s) ON CONFLICT DO NOTHING", [store, metric.source]
        )
    for ratio in phase.ratios:
        connection.execute(
            "INSERT INTO ab_phase_ratios VALUES (%s, %s, %s, %s, %s)",
            [phase.test_id, phase.number, *ratio],
        )


def sources_of(phases: Iterable[ModelPhase]) -> list[str]:
    return sorted({metric.source for phase in phases for metric in phase.metrics})


def differences(connection: psycopg.Connection[Any], events: Iterable[Event]) -> list[str]:
    """What the tables hold otherwise than the definition; copies of an event count once."""
    distinct = {(e["store_id"], e["stream"], e["event_id"]): e for e in events}
    wanted = experiment_tables(with_phases(distinct.values(), stored_phases(connection)))
    stored = {}
    for table in TABLES:
        keys, query = comparison.QUERIES[table]
        rows = connection.execute(query).fetchall()
        stored[table] = {row[:keys]: row[keys:] for row in rows}
        assert len(stored[table]) == len(rows)
    return comparison.differences(wanted, stored, TABLES, 5).lines


def unsummed(connection: psycopg.Connection[Any]) -> list[Any]:
    """Rollups that are not the sum of what their units are counted as."""
    return connection.execute(
        "SELECT test_id, phase, variant_id, day, units, counted FROM ("
        " SELECT test_id, phase, variant_id, day, units FROM ab_rollups WHERE units <> 0) r"
        " FULL JOIN (SELECT test_id, phase, counted_variant AS variant_id,"
        "  (counted_t0 AT TIME ZONE 'UTC')::date AS day, count(*) AS counted"
        "  FROM ab_test_assignments WHERE counted_as = 'unit' GROUP BY 1, 2, 3, 4) c"
        " USING (test_id, phase, variant_id, day) WHERE units IS DISTINCT FROM counted"
    ).fetchall()
