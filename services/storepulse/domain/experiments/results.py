"""The results of a phase: from sums over visitors, its settings, and the time of reading.

A function of these only: the same rows give the same document, and looking changes nothing.
"So far" covers all visitors. The verdict and every comparison cover mature ones, whose windows have
closed: with all visitors, a variant that only makes people buy sooner would seem to win.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from storepulse.domain.experiments.comparisons import Terms
from storepulse.domain.experiments.definition import DEFAULT_N_STAR, Metric
from storepulse.domain.experiments.guards import (
    MultipleGuard,
    Pace,
    SplitGuard,
    guard_multiple,
    guard_split,
    needs_of_pair,
    needs_of_phase,
    split_by_day,
)
from storepulse.domain.experiments.metric_results import MetricResult, metric_result
from storepulse.domain.experiments.readings import Reading
from storepulse.domain.experiments.rollups import Phase, PhaseCounts, Rollups, series_of
from storepulse.domain.experiments.verdicts import (
    Evidence,
    Question,
    Soundness,
    TestVerdict,
    judge,
)


@dataclass(frozen=True, slots=True)
class VariantUnits:
    """Visitors of one variant; `expected_share` follows from its weight."""

    variant_id: str
    name: str
    is_control: bool
    expected_share: float
    so_far: int
    mature: int


@dataclass(frozen=True, slots=True)
class Results:
    """The results of a phase. `mature_until`: the last day whose visitors count for the verdict."""

    phase: int
    as_of: datetime
    started_at: datetime
    ended_at: datetime | None
    running_hours: float
    mature_until: date | None
    alpha: float
    n_star: int
    units: tuple[VariantUnits, ...]
    unknown_variant_units: int
    counts: PhaseCounts
    split: SplitGuard
    multiple: MultipleGuard
    metrics: tuple[MetricResult, ...]
    verdict: TestVerdict


def reading_of(phase: Phase, rollups: Rollups, as_of: datetime) -> Reading:
    """The data of results. `as_of` is not before the phase's beginning."""
    series = series_of(phase, rollups)
    terms = Terms(phase.definition.alpha, phase.definition.n_star or DEFAULT_N_STAR)
    splits = tuple(split_by_day(phase, series))
    return Reading(phase, series, as_of, series.mature_days(phase, as_of), terms, splits)


def results_of(phase: Phase, rollups: Rollups, as_of: datetime) -> Results:
    """The results. `as_of` is not before the phase's beginning."""
    definition = phase.definition
    reading = reading_of(phase, rollups, as_of)
    series, splits, terms = reading.series, reading.splits, reading.terms
    metrics = tuple(metric_result(reading, metric) for metric in definition.metrics)
    units = tuple(_variant_units(reading))
    soundness = Soundness(
        guard_split(series.days, splits),
        guard_multiple(sum(each.so_far for each in units), rollups.counts.multi_units),
    )
    known = {variant.variant_id for variant in definition.variants}
    return Results(
        phase=phase.number,
        as_of=as_of,
        started_at=phase.started_at,
        ended_at=phase.ended_at,
        running_hours=phase.running_time(phase.started_at, as_of) / timedelta(hours=1),
        mature_until=series.days[reading.mature_days - 1] if reading.mature_days else None,
        alpha=terms.alpha,
        n_star=terms.n_star,
        units=units,
        unknown_variant_units=sum(
            row.units for row in rollups.units if row.variant_id not in known
        ),
        counts=rollups.counts,
        split=soundness.split,
        multiple=soundness.multiple,
        metrics=metrics,
        verdict=_verdict(reading, soundness, metrics),
    )


def _variant_units(reading: Reading) -> list[VariantUnits]:
    variants = reading.phase.definition.variants
    whole = sum(variant.weight for variant in variants)
    return [
        VariantUnits(
            variant_id=variant.variant_id,
            name=variant.name,
            is_control=variant.is_control,
            expected_share=variant.weight / whole if whole else 0.0,
            so_far=reading.units(variant.variant_id, len(reading.series.days)),
            mature=reading.units(variant.variant_id, reading.mature_days),
        )
        for variant in variants
    ]


def _verdict(
    reading: Reading, soundness: Soundness, metrics: tuple[MetricResult, ...]
) -> TestVerdict:
    definition = reading.phase.definition
    primary, metric = next(each for each in metrics if each.is_primary), definition.metric
    question = Question(
        metric=metric.key.replace("_", " "),
        kind=metric.kind,
        direction=metric.direction,
        control=definition.control.name,
        names={variant.variant_id: variant.name for variant in definition.variants},
        has_ended=reading.phase.ended_at is not None and reading.phase.ended_at <= reading.as_of,
    )
    pace = Pace(reading.phase, reading.series, reading.as_of)
    mature = {name: reading.units(name, reading.mature_days) for name in reading.weighted}
    evidence = _evidence(reading, metric, primary, pace)
    return judge(question, soundness, needs_of_phase(pace, mature), evidence)


def _evidence(
    reading: Reading, metric: Metric, primary: MetricResult, pace: Pace
) -> list[Evidence]:
    control_id, n_star = reading.control, reading.terms.n_star
    control = reading.totals(metric, control_id, reading.mature_days)
    names = {v.variant_id: v.name for v in reading.phase.definition.variants}
    evidence = []
    for result in primary.variants:
        if result.compared is None:
            continue
        variant_id, judged = result.variant_id, result.compared.always_valid
        variant = reading.totals(metric, variant_id, reading.mature_days)
        needs = needs_of_pair(metric.kind, control, variant, (control_id, variant_id), pace)
        evidence.append(
            Evidence(
                variant_id=variant_id,
                name=names[variant_id],
                comparison=judged.comparison,
                is_conclusive=judged.is_conclusive,
                units=control.units + variant.units,
                planned=n_star,
                needs=tuple(needs),
                planned_at=pace.mature_at([control_id, variant_id], n_star),
                first_conclusive_day=result.first_conclusive_day,
            )
        )
    return evidence
