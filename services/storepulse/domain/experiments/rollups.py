"""The data of results: a phase, and sums over its visitors by day of exposure.

The rows are those of the tables `ab_rollups`, `ab_metric_rollups`, `ab_ratio_rollups` and
`ab_phase_counts`. A visitor counts in one day. So sums of the first days equal the data at the time
when those days' windows had closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate

from storepulse.domain.experiments.definition import Definition, Metric
from storepulse.domain.statistics.sums import NO_SUMS, ZERO, Sums

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class UnitRow:
    """The number of visitors whose first exposure was on the day."""

    variant_id: str
    day: date
    units: int


@dataclass(frozen=True, slots=True)
class MetricRow:
    """Sums of one metric over those visitors; `c_` columns use capped totals."""

    variant_id: str
    day: date
    metric: str
    converters: int
    events: int
    units_with_x: int
    sum_y: Decimal
    sum_yy: Decimal
    sum_x: Decimal
    sum_xx: Decimal
    sum_xy: Decimal
    c_sum_y: Decimal | None = None
    c_sum_yy: Decimal | None = None
    c_sum_x: Decimal | None = None
    c_sum_xx: Decimal | None = None
    c_sum_xy: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RatioRow:
    """The sum of numerator times denominator over those visitors."""

    variant_id: str
    day: date
    metric: str
    sum_nd: Decimal
    c_sum_nd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PhaseCounts:
    """What the phase excludes from every sum."""

    multi_units: int = 0
    bot_units: int = 0
    other_currency_events: int = 0
    variant_mismatches: int = 0


NOTHING_LEFT_OUT = PhaseCounts()


@dataclass(frozen=True, slots=True)
class Pause:
    """A time without new assignments; None: it has not ended."""

    paused_at: datetime
    resumed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase with its frozen settings."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    definition: Definition
    pauses: tuple[Pause, ...] = ()

    @property
    def window(self) -> timedelta:
        """How long a visitor's events count."""
        return timedelta(hours=self.definition.window_hours)

    def matures_at(self, day: date) -> datetime:
        """When the windows of all visitors of the day have closed."""
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + _A_DAY + self.window

    def last_moment(self, as_of: datetime) -> datetime:
        """The time until which there are data: `as_of`, or the end."""
        return as_of if self.ended_at is None else min(as_of, self.ended_at)

    def is_collecting(self, as_of: datetime) -> bool:
        """Whether new visitors are being assigned."""
        is_paused = any(
            pause.paused_at <= as_of and (pause.resumed_at is None or as_of < pause.resumed_at)
            for pause in self.pauses
        )
        return not is_paused and (self.ended_at is None or as_of < self.ended_at)

    def running_time(self, since: datetime, until: datetime) -> timedelta:
        """The time between two moments, without pauses."""
        start, end = max(since, self.started_at), self.last_moment(until)
        running = max(end - start, timedelta(0))
        for pause in self.pauses:
            resumed = end if pause.resumed_at is None else min(end, pause.resumed_at)
            running -= max(resumed - max(start, pause.paused_at), timedelta(0))
        return max(running, timedelta(0))


@dataclass(frozen=True, slots=True)
class Rollups:
    """All sums of one phase."""

    units: Sequence[UnitRow]
    metrics: Sequence[MetricRow] = ()
    ratios: Sequence[RatioRow] = ()
    counts: PhaseCounts = NOTHING_LEFT_OUT


@dataclass(frozen=True, slots=True)
class MetricTotals:
    """One metric of one variant. `counted` are capped sums if there is a cap, else `plain`.

    For a ratio, y is the numerator and x the denominator; otherwise x is y before the exposure.
    """

    units: int = 0
    converters: int = 0
    events: int = 0
    units_with_x: int = 0
    plain: Sums = NO_SUMS
    counted: Sums = NO_SUMS

    def __add__(self, other: MetricTotals) -> MetricTotals:
        return MetricTotals(
            self.units + other.units,
            self.converters + other.converters,
            self.events + other.events,
            self.units_with_x + other.units_with_x,
            self.plain + other.plain,
            self.counted + other.counted,
        )


@dataclass(frozen=True, slots=True)
class Series:
    """Running totals by day.

    `units[variant_id][i]` and `totals[metric][variant_id][i]` cover all visitors until `days[i]`.
    """

    days: tuple[date, ...]
    units: dict[str, list[int]]
    totals: dict[str, dict[str, list[MetricTotals]]]

    def mature_days(self, phase: Phase, as_of: datetime) -> int:
        """The number of mature days, which are the first ones."""
        last = phase.last_moment(as_of)
        return sum(phase.matures_at(day) <= last for day in self.days)


def series_of(phase: Phase, rollups: Rollups) -> Series:
    """The running totals of each metric of each variant of the phase."""
    names = [variant.variant_id for variant in phase.definition.variants]
    units: dict[tuple[str, date], int] = {}
    for row in rollups.units:
        key = (row.variant_id, row.day)
        units[key] = units.get(key, 0) + row.units
    days = tuple(sorted({day for name, day in units if name in names}))
    by_key = {(row.metric, row.variant_id, row.day): row for row in rollups.metrics}
    products = {(row.metric, row.variant_id, row.day): row for row in rollups.ratios}
    totals: dict[str, dict[str, list[MetricTotals]]] = {}
    for metric in phase.definition.metrics:
        totals[metric.key] = {
            name: list(
                accumulate(
                    _of_ratio(metric, name, day, units.get((name, day), 0), by_key, products)
                    if metric.kind == "ratio"
                    else _of_day(units.get((name, day), 0), by_key.get((metric.key, name, day)))
                    for day in days
                )
            )
            for name in names
        }
    return Series(
        days,
        {name: list(accumulate(units.get((name, day), 0) for day in days)) for name in names},
        totals,
    )


def _of_day(units: int, row: MetricRow | None) -> MetricTotals:
    if row is None:
        return MetricTotals(units, plain=Sums(units), counted=Sums(units))
    plain = Sums(units, row.sum_y, row.sum_yy, row.sum_x, row.sum_xx, row.sum_xy)
    counted = plain
    if row.c_sum_y is not None:
        counted = Sums(
            units,
            row.c_sum_y,
            row.c_sum_yy or ZERO,
            row.c_sum_x or ZERO,
            row.c_sum_xx or ZERO,
            row.c_sum_xy or ZERO,
        )
    return MetricTotals(units, row.converters, row.events, row.units_with_x, plain, counted)


def _of_ratio(
    metric: Metric,
    variant_id: str,
    day: date,
    units: int,
    rows: dict[tuple[str, str, date], MetricRow],
    products: dict[tuple[str, str, date], RatioRow],
) -> MetricTotals:
    above = _of_day(units, rows.get((metric.numerator or "", variant_id, day)))
    below = _of_day(units, rows.get((metric.denominator or "", variant_id, day)))
    product = products.get((metric.key, variant_id, day))
    plain_nd = product.sum_nd if product else ZERO
    counted_nd = plain_nd if product is None or product.c_sum_nd is None else product.c_sum_nd

    def ratio_sums(top: Sums, bottom: Sums, both: Decimal) -> Sums:
        return Sums(units, top.y, top.yy, bottom.y, bottom.yy, both)

    return MetricTotals(
        units,
        below.converters,
        below.events,
        0,
        ratio_sums(above.plain, below.plain, plain_nd),
        ratio_sums(above.counted, below.counted, counted_nd),
    )
