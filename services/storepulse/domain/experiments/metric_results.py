"""One metric for all variants: each variant's own figures, and its comparison with control."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from storepulse.domain.experiments.comparisons import Compared, compare_all
from storepulse.domain.experiments.definition import Direction, Metric, MetricKind
from storepulse.domain.experiments.guards import FEWEST_MATURE, has_enough_events
from storepulse.domain.experiments.readings import Reading, first_conclusive_days
from storepulse.domain.experiments.rollups import MetricTotals
from storepulse.domain.statistics.bayes import believed_share
from storepulse.domain.statistics.figures import Interval, Reason, normal_critical
from storepulse.domain.statistics.means import Arm, arm_of, mean_interval
from storepulse.domain.statistics.proportions import Share, share_interval
from storepulse.domain.statistics.ratios import ratio_arm
from storepulse.domain.statistics.sums import Sums, quotient


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """One metric of one variant, over some of its visitors.

    `value`: the share that converted, the mean per visitor, or the ratio; capped if the metric has
    a cap, and `raw_value` without it. `interval` is the value's own, for one look; `credible` is
    the Bayesian one of a share. `total`: the sum of y, uncapped.
    """

    units: int
    converters: int
    events: int
    total: Decimal
    value: float | None = None
    raw_value: float | None = None
    interval: Interval | None = None
    credible: Interval | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class VariantResult:
    """One metric of one variant. `compared` is None for control and variants without weight.

    `is_enough` is False if guards of the verdict fail: show the figures greyed out.
    `first_conclusive_day` is set for the primary metric: the first day with whose visitors its
    difference was conclusive.
    """

    variant_id: str
    so_far: ArmFigures
    mature: ArmFigures
    compared: Compared | None
    is_enough: bool
    first_conclusive_day: date | None


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One metric of all variants, in their order."""

    metric: str
    kind: MetricKind
    direction: Direction
    is_primary: bool
    cap: Decimal | None
    variants: tuple[VariantResult, ...]


def metric_result(reading: Reading, metric: Metric) -> MetricResult:
    """The metric for all visitors, for mature ones, and compared with control."""
    all_days, alpha = len(reading.series.days), reading.terms.alpha
    control = reading.totals(metric, reading.control, reading.mature_days)
    mature = {
        name: reading.totals(metric, name, reading.mature_days)
        for name in reading.compared_variants
    }
    compared = {
        one.variant_id: one
        for one in compare_all(metric.kind, control, list(mature.items()), reading.terms)
    }
    is_primary = metric.key == reading.phase.definition.primary_metric
    # For every metric, all days of a year would take seconds, and only the primary one decides.
    first = first_conclusive_days(reading, metric) if is_primary else {}
    variants = []
    for variant in reading.phase.definition.variants:
        name = variant.variant_id
        totals = reading.totals(metric, name, reading.mature_days)
        variants.append(
            VariantResult(
                variant_id=name,
                so_far=figures(metric.kind, reading.totals(metric, name, all_days), alpha),
                mature=figures(metric.kind, totals, alpha),
                compared=compared.get(name),
                is_enough=min(control.units, totals.units) >= FEWEST_MATURE
                and has_enough_events(metric.kind, control, totals),
                first_conclusive_day=first.get(name),
            )
        )
    return MetricResult(
        metric=metric.key,
        kind=metric.kind,
        direction=metric.direction,
        is_primary=is_primary,
        cap=metric.cap if isinstance(metric.cap, Decimal) else None,
        variants=tuple(variants),
    )


def figures(kind: MetricKind, totals: MetricTotals, alpha: float) -> ArmFigures:
    """One variant's own figures."""
    counts = (totals.units, totals.converters, totals.events, totals.plain.y)
    if totals.units == 0:
        return ArmFigures(*counts, reason="no_units")
    if kind == "binary":
        share = Share(totals.converters, totals.units)
        return ArmFigures(
            *counts,
            value=share.rate,
            raw_value=share.rate,
            interval=share_interval(share, normal_critical(alpha)),
            credible=believed_share(share),
        )
    value, raw_value = _value(kind, totals.counted), _value(kind, totals.plain)
    if value is None:
        return ArmFigures(*counts, reason="zero_denominator")
    if totals.units < 2:
        return ArmFigures(*counts, value=value, raw_value=raw_value, reason="too_few_units")
    arm = _arm(kind, totals.counted)
    interval = None if arm is None else mean_interval(arm, alpha)
    reason: Reason | None = "zero_variance" if interval is None else None
    return ArmFigures(*counts, value=value, raw_value=raw_value, interval=interval, reason=reason)


def _value(kind: MetricKind, sums: Sums) -> float | None:
    if kind == "ratio":
        return float(quotient(sums.y, sums.x)) if sums.x else None
    return float(quotient(sums.y, sums.n))


def _arm(kind: MetricKind, sums: Sums) -> Arm | None:
    return ratio_arm(sums) if kind == "ratio" else arm_of(sums)
