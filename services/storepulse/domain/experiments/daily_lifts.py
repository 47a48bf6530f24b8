"""The result of a look at a metric on each day: always valid, so each look can be trusted.

A look on a day saw the visitors whose windows had closed by then: those of the first days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from storepulse.domain.experiments.comparisons import Judged, judge_always
from storepulse.domain.experiments.definition import Metric
from storepulse.domain.experiments.readings import Reading


@dataclass(frozen=True, slots=True)
class LiftOfVariant:
    """One variant against control; `units`: visitors of both."""

    variant_id: str
    units: int
    judged: Judged


@dataclass(frozen=True, slots=True)
class LiftsOfDay:
    """The lifts with the visitors until `day`.

    `is_sound`: whether a verdict was allowed when they became mature.
    """

    day: date
    is_sound: bool
    variants: tuple[LiftOfVariant, ...]


def lifts_by_day(reading: Reading, metric: Metric) -> tuple[LiftsOfDay, ...]:
    """The lifts of every mature day, oldest first."""
    return tuple(_lifts_of(reading, metric, days + 1) for days in range(reading.mature_days))


def _lifts_of(reading: Reading, metric: Metric, days: int) -> LiftsOfDay:
    names = reading.compared_variants
    control = reading.totals(metric, reading.control, days)
    totals = [reading.totals(metric, name, days) for name in names]
    judged = judge_always(metric.kind, control, totals, reading.terms)
    return LiftsOfDay(
        day=reading.series.days[days - 1],
        is_sound=reading.was_sound(days),
        variants=tuple(
            LiftOfVariant(name, control.units + of_name.units, each)
            for name, of_name, each in zip(names, totals, judged, strict=True)
        ),
    )
