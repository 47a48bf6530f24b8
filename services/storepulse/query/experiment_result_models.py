"""Answers of `/api/ab-testing/{store_id}/test/{test_id}/results`.

Each model is made from the domain value with the same fields.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from storepulse.domain.experiments.daily_lifts import LiftsOfDay
from storepulse.domain.experiments.definition import Direction, MetricKind, Status
from storepulse.domain.experiments.guards import Lacking
from storepulse.domain.experiments.verdicts import Outcome
from storepulse.domain.statistics.figures import Interval, Reason
from storepulse.domain.statistics.sample_ratio import SplitReason
from storepulse.domain.statistics.sample_ratio import Status as SplitStatus
from storepulse.experiments.results import Reported, ReportedDays
from storepulse.query.wire import Day, Money, Utc

_WHY = "Why a figure is null"


class _ResultPart(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class IntervalShown(_ResultPart):
    """A closed interval."""

    low: FiniteFloat
    high: FiniteFloat


class LiftShown(_ResultPart):
    """The difference as a share of control's figure."""

    value: FiniteFloat | None
    interval: IntervalShown | None
    reason: Reason | None = Field(description=_WHY)


class ComparisonShown(_ResultPart):
    """The variant minus control."""

    difference: FiniteFloat | None
    interval: IntervalShown | None = Field(description="Of the difference")
    statistic: FiniteFloat | None = Field(description="The difference in standard errors")
    p_value: FiniteFloat | None
    lift: LiftShown
    reason: Reason | None = Field(description=_WHY)


class JudgedShown(_ResultPart):
    """A comparison, corrected for the number of variants."""

    comparison: ComparisonShown
    adjusted_p: FiniteFloat | None
    level: FiniteFloat = Field(description="Of the intervals: alpha, or less beside more variants")
    is_conclusive: bool = Field(description="Whether the adjusted p is at most alpha")


class BeliefShown(_ResultPart):
    """Bayesian figures. They are not corrected for repeated looks."""

    beats_control: FiniteFloat = Field(description="Probability")
    loss_if_chosen: FiniteFloat = Field(description="Expected, in the metric's unit")
    loss_if_kept: FiniteFloat = Field(description="The same, of staying with control")
    difference: IntervalShown | None = Field(description="95 % credible")
    lift: IntervalShown | None = Field(description="95 % credible; null for means")


class CupedShown(_ResultPart):
    """The comparison after removing what visitors' past explains."""

    theta: FiniteFloat | None
    variance_reduction: FiniteFloat | None = Field(description="Share")
    always_valid: JudgedShown | None
    fixed: JudgedShown | None = Field(validation_alias="once")
    reason: Reason | None = Field(description=_WHY)


class ComparedShown(_ResultPart):
    """A variant against control, by mature visitors."""

    always_valid: JudgedShown = Field(description="The answer: it may be looked at every day")
    fixed: JudgedShown = Field(
        validation_alias="once", description="If one look, now, was planned before the start"
    )
    bayes: BeliefShown | None = Field(validation_alias="belief")
    cuped: CupedShown | None = Field(description="Null for ratios")


class FiguresShown(_ResultPart):
    """One variant on its own."""

    units: int = Field(description="Visitors")
    converters: int = Field(description="Visitors with an event of the metric")
    events: int
    total: Money = Field(description="Sum over visitors, uncapped; of a ratio its numerator's")
    value: FiniteFloat | None = Field(
        description="Rate, mean or ratio; capped where there is a cap"
    )
    raw_value: FiniteFloat | None = Field(description="The same, uncapped")
    interval: IntervalShown | None = Field(description="Of the value, for one look")
    credible: IntervalShown | None = Field(description="Bayesian, of a rate")
    reason: Reason | None = Field(description=_WHY)


class MetricOfVariant(_ResultPart):
    """One metric of one variant."""

    variant_id: str
    so_far: FiguresShown = Field(description="Of all visitors")
    mature: FiguresShown = Field(description="Of those whose window has closed")
    compared: ComparedShown | None = Field(description="Null for control and without weight")
    is_enough: bool = Field(description="Whether the guards of a verdict are satisfied")
    first_conclusive_day: Day | None = Field(
        description="Of the primary metric: the first with whose visitors it was conclusive"
    )


class MetricResultShown(_ResultPart):
    """One metric for all variants."""

    metric: str
    kind: MetricKind
    direction: Direction
    is_primary: bool = Field(description="Whether it decides the verdict")
    currency: str | None = None
    cap: Money | None = Field(description="A visitor's total counts up to it")
    variants: list[MetricOfVariant]


class NeedShown(_ResultPart):
    """What is missing for a verdict."""

    what: Lacking
    have: FiniteFloat
    want: FiniteFloat
    variant_id: str | None
    expected_at: Utc | None = Field(description="At the current pace; null: no date can be told")


class VariantVerdictShown(_ResultPart):
    """The verdict on one variant."""

    variant_id: str
    outcome: Outcome
    sentence: str
    missing: list[NeedShown] = Field(validation_alias="needs")
    was_conclusive_on: Day | None = Field(description="It was, and is no longer")


class VerdictShown(_ResultPart):
    """The verdict on the test, by its primary metric."""

    outcome: Outcome
    sentence: str = Field(description="The verdict in words")
    leader: str | None = Field(description="Of the variants that are better, the one in the lead")
    missing: list[NeedShown] = Field(validation_alias="needs")
    variants: list[VariantVerdictShown]


class SplitShown(_ResultPart):
    """How all visitors are split, compared with the weights."""

    status: SplitStatus
    chi_squared: FiniteFloat | None
    p_value: FiniteFloat | None = Field(description="It fails below 0.001")
    reason: SplitReason | None


class SplitGuardShown(_ResultPart):
    """Sample-ratio mismatch."""

    split: SplitShown
    since: Day | None = Field(description="The day from which it failed without a break")


class MultipleGuardShown(_ResultPart):
    """Visitors who saw several variants; they are in no figure."""

    units: int
    share: FiniteFloat | None
    fails: bool


class CountsShown(_ResultPart):
    """What the figures leave out."""

    multi_units: int = Field(description="Visitors who saw several variants")
    bot_units: int
    other_currency_events: int
    variant_mismatches: int = Field(description="Exposures to a variant that the phase has not")


class VariantUnitsShown(_ResultPart):
    """Visitors of one variant."""

    variant_id: str
    name: str
    is_control: bool
    expected_share: FiniteFloat
    so_far: int
    mature: int


class ResultsShown(_ResultPart):
    """All results of a phase."""

    phase: int
    as_of: Utc = Field(description="The full hour as of which windows are closed")
    started_at: Utc
    ended_at: Utc | None
    running_hours: FiniteFloat = Field(description="Without pauses")
    mature_until: Day | None = Field(description="The last day, UTC, that verdicts go by")
    alpha: FiniteFloat
    n_star: int = Field(description="Planned visitors of control and one variant")
    verdict: VerdictShown
    variants: list[VariantUnitsShown] = Field(validation_alias="units")
    metrics: list[MetricResultShown]
    split: SplitGuardShown
    multiple: MultipleGuardShown
    counts: CountsShown
    unknown_variant_units: int


class ExperimentResults(BaseModel):
    """A test and the results of one of its phases."""

    test_id: UUID
    store_id: UUID
    name: str
    status: Status
    winner: str | None = Field(description="That a completed test declared")
    last_phase: int
    is_settled: bool = Field(
        description="False: figures are being brought in line with the phase's beginning or end"
    )
    results: ResultsShown


class ExperimentResultsAnswer(BaseModel):
    """Results of a test."""

    status: Literal["success"] = "success"
    data: ExperimentResults

    @classmethod
    def of(cls, reported: Reported) -> ExperimentResultsAnswer:
        """The answer for a report."""
        shown = ResultsShown.model_validate(reported.results)
        currencies = {one.key: one.currency for one in reported.phase.definition.metrics}
        for metric in shown.metrics:
            metric.currency = currencies[metric.metric]
        own = ("test_id", "store_id", "name", "status", "winner", "last_phase", "is_settled")
        values = {name: getattr(reported, name) for name in own}
        return cls(data=ExperimentResults(**values, results=shown))


class VariantDay(BaseModel):
    """A variant against control, with the visitors up to a day."""

    variant_id: str
    units: int = Field(description="Visitors of the variant and of control")
    is_conclusive: bool
    difference: FiniteFloat | None
    interval: IntervalShown | None = Field(description="Of the difference")
    lift: LiftShown


class ExperimentDay(BaseModel):
    """What a look would have shown when the day's visitors were mature."""

    day: Day
    is_sound: bool = Field(description="Whether the guards allowed a verdict then")
    variants: list[VariantDay]


class ExperimentDays(BaseModel):
    """One metric of a phase, day by day."""

    test_id: UUID
    phase: int
    as_of: Utc = Field(description="The full hour as of which windows are closed")
    metric: str
    kind: MetricKind
    direction: Direction
    control: str = Field(description="The variant that the others are held against")
    names: dict[str, str] = Field(description="Of variants, by id")
    days: list[ExperimentDay] = Field(description="Mature days, the oldest first")


class ExperimentDaysAnswer(BaseModel):
    """A metric of a test, day by day."""

    status: Literal["success"] = "success"
    data: ExperimentDays

    @classmethod
    def of(cls, reported: ReportedDays) -> ExperimentDaysAnswer:
        """The answer for a report."""
        return cls(
            data=ExperimentDays(
                test_id=reported.test_id,
                phase=reported.phase,
                as_of=reported.as_of,
                metric=reported.metric.key,
                kind=reported.metric.kind,
                direction=reported.metric.direction,
                control=reported.control,
                names=reported.variants,
                days=[_day_of(each) for each in reported.days],
            )
        )


def _day_of(day: LiftsOfDay) -> ExperimentDay:
    return ExperimentDay(
        day=day.day,
        is_sound=day.is_sound,
        variants=[
            VariantDay(
                variant_id=one.variant_id,
                units=one.units,
                is_conclusive=one.judged.is_conclusive,
                difference=one.judged.comparison.difference,
                interval=_interval_of(one.judged.comparison.interval),
                lift=LiftShown.model_validate(one.judged.comparison.lift),
            )
            for one in day.variants
        ],
    )


def _interval_of(interval: Interval | None) -> IntervalShown | None:
    return None if interval is None else IntervalShown.model_validate(interval)
