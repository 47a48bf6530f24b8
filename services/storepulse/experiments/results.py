"""Reads a phase with its figures from the database, and computes the results.

Everything is read from one snapshot and from rollups only, so the cost does not depend on the
number of visitors. `as_of` is the last full hour: within an hour, the same figures give the same
results.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.domain.experiments.daily_lifts import LiftsOfDay, lifts_by_day
from storepulse.domain.experiments.definition import Metric, Status, decode
from storepulse.domain.experiments.results import Results, reading_of, results_of
from storepulse.domain.experiments.rollups import (
    MetricRow,
    Pause,
    Phase,
    PhaseCounts,
    RatioRow,
    Rollups,
    UnitRow,
)

_PHASE = "test_id phase"
_SQL = named_sql(
    "experiments/results",
    phase="test_id phase store_id",
    pauses=_PHASE,
    units=_PHASE,
    metrics=_PHASE,
    ratios=_PHASE,
    counts=_PHASE,
)
#: Statements for a phase, in this order.
_PARTS = ("pauses", "units", "metrics", "ratios", "counts")

Rows = Sequence[Mapping[str, Any]]


class NoResults(Exception):
    """There are no results; the text says why."""


@dataclass(frozen=True)
class Reported:
    """The results of a phase, and the test's current state. `is_settled`: whether the figures
    reflect the phase's start and end, which takes up to a minute."""

    test_id: UUID
    store_id: UUID
    name: str
    status: Status
    winner: str | None
    last_phase: int
    is_settled: bool
    phase: Phase
    results: Results


@dataclass(frozen=True)
class ReportedDays:
    """A metric of a phase, day by day. `variants`: names by id."""

    test_id: UUID
    phase: int
    as_of: datetime
    metric: Metric
    control: str
    variants: dict[str, str]
    days: tuple[LiftsOfDay, ...]


async def read_results_of_snapshot(
    reads: ReadSnapshot, store_id: UUID, test_id: UUID, number: int | None
) -> Reported:
    """Results of a phase of a store's test, by default of the last one. Raises NoResults."""
    row, parts = await _read_of_snapshot(reads, store_id, test_id, number)
    # A year with ten variants takes seconds; do not block other requests.
    return await asyncio.to_thread(_report_of, row, parts)


async def read_days_of_snapshot(
    reads: ReadSnapshot, store_id: UUID, test_id: UUID, number: int | None, metric: str | None
) -> ReportedDays:
    """What a look on each day at a metric would have shown, by default at the primary metric.
    Raises NoResults."""
    row, parts = await _read_of_snapshot(reads, store_id, test_id, number)
    return await asyncio.to_thread(_days_of, row, parts, metric)


async def _read_of_snapshot(
    reads: ReadSnapshot, store_id: UUID, test_id: UUID, number: int | None
) -> tuple[Mapping[str, Any], list[Rows]]:
    asked = {"store_id": store_id, "test_id": test_id, "phase": number}
    row = _checked(await reads.rows(_SQL["phase"], asked), number)
    of_phase = {"test_id": test_id, "phase": row["phase"]}
    return row, [await reads.rows(_SQL[part], of_phase) for part in _PARTS]


def read_results(connection: Connection, test_id: UUID, number: int | None = None) -> Reported:
    """The same for a test of any store. The connection must be in a transaction with one
    snapshot. Raises NoResults."""
    with connection.cursor(row_factory=dict_row) as cursor:
        asked = {"store_id": None, "test_id": test_id, "phase": number}
        row = _checked(cursor.execute(_SQL["phase"], asked).fetchall(), number)
        of_phase = {"test_id": test_id, "phase": row["phase"]}
        return _report_of(row, [cursor.execute(_SQL[part], of_phase).fetchall() for part in _PARTS])


def _checked(rows: Rows, number: int | None) -> Mapping[str, Any]:
    if not rows:
        raise NoResults("There is no such test")
    if rows[0]["last_phase"] == 0:
        raise NoResults("The test has not begun: it has no results")
    if rows[0]["phase"] is None:
        raise NoResults(f"The test has no phase {number}")
    return rows[0]


def _days_of(row: Mapping[str, Any], parts: Sequence[Rows], metric_key: str | None) -> ReportedDays:
    phase, rollups = _phase_of(row, parts)
    definition = phase.definition
    wanted = definition.primary_metric if metric_key is None else metric_key
    metric = next((one for one in definition.metrics if one.key == wanted), None)
    if metric is None:
        raise NoResults(f"Phase {phase.number} has no metric {wanted}")
    reading = reading_of(phase, rollups, full_hour(row["read_at"], phase.started_at))
    return ReportedDays(
        test_id=row["test_id"],
        phase=phase.number,
        as_of=reading.as_of,
        metric=metric,
        control=definition.control.variant_id,
        variants={variant.variant_id: variant.name for variant in definition.variants},
        days=lifts_by_day(reading, metric),
    )


def _report_of(row: Mapping[str, Any], parts: Sequence[Rows]) -> Reported:
    phase, rollups = _phase_of(row, parts)
    return Reported(
        test_id=row["test_id"],
        store_id=row["store_id"],
        name=row["name"],
        status=row["status"],
        winner=row["winner"],
        last_phase=row["last_phase"],
        is_settled=row["settled_at"] is not None,
        phase=phase,
        results=results_of(phase, rollups, full_hour(row["read_at"], phase.started_at)),
    )


def _phase_of(row: Mapping[str, Any], parts: Sequence[Rows]) -> tuple[Phase, Rollups]:
    pauses, units, metrics, ratios, counts = parts
    phase = Phase(
        number=row["phase"],
        started_at=row["started_at"].astimezone(UTC),
        ended_at=row["ended_at"] and row["ended_at"].astimezone(UTC),
        definition=decode(row["settings"]),
        pauses=tuple(Pause(**pause) for pause in pauses),
    )
    rollups = Rollups(
        units=tuple(UnitRow(**one) for one in units),
        metrics=tuple(MetricRow(**one) for one in metrics),
        ratios=tuple(RatioRow(**one) for one in ratios),
        counts=PhaseCounts(**counts[0]),
    )
    return phase, rollups


def full_hour(now: datetime, started_at: datetime) -> datetime:
    """The start of the current hour, but not before the phase began."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return max(hour, started_at.astimezone(UTC))
