"""The data of one reading of a phase, and what earlier looks would have seen.

Looks are not recorded: what a look on an earlier day saw follows from the days whose windows had
closed then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from storepulse.domain.experiments.comparisons import Terms, corrections_at
from storepulse.domain.experiments.definition import Metric
from storepulse.domain.experiments.guards import FEWEST_MATURE, SHORTEST, has_enough_events
from storepulse.domain.experiments.rollups import MetricTotals, Phase, Series
from storepulse.domain.statistics.sample_ratio import Split


@dataclass(frozen=True, slots=True)
class Reading:
    """The data for all parts of the results. `splits`: the guard at the end of each day."""

    phase: Phase
    series: Series
    as_of: datetime
    mature_days: int
    terms: Terms
    splits: tuple[Split, ...]

    @property
    def compared_variants(self) -> list[str]:
        """Variants that are compared with control."""
        variants = self.phase.definition.variants
        return [v.variant_id for v in variants if v.weight > 0 and not v.is_control]

    @property
    def weighted(self) -> list[str]:
        """Variants with a weight."""
        return [v.variant_id for v in self.phase.definition.variants if v.weight > 0]

    @property
    def control(self) -> str:
        """The variant that the others are compared with."""
        return self.phase.definition.control.variant_id

    def totals(self, metric: Metric, variant_id: str, days: int) -> MetricTotals:
        """Totals of the first `days` days."""
        return self.series.totals[metric.key][variant_id][days - 1] if days else MetricTotals()

    def units(self, variant_id: str, days: int) -> int:
        """Visitors of the first `days` days."""
        return self.series.units[variant_id][days - 1] if days else 0

    def was_sound(self, days: int) -> bool:
        """Whether a verdict was allowed when the first `days` days became mature."""
        at = self.phase.matures_at(self.series.days[days - 1])
        if any(self.units(name, days) < FEWEST_MATURE for name in self.weighted):
            return False
        if self.phase.running_time(self.phase.started_at, at) < SHORTEST:
            return False
        full_days = (at - timedelta(days=1)).astimezone(UTC).date()
        seen = sum(day <= full_days for day in self.series.days)
        return self.splits[seen - 1].status != "fail"


def first_conclusive_days(reading: Reading, metric: Metric) -> dict[str, date]:
    """By variant, the first day with whose visitors its difference was conclusive.

    Variants without such a day are omitted.
    """
    first: dict[str, date] = {}
    for days in range(1, reading.mature_days + 1):
        if len(first) == len(reading.compared_variants):
            break
        if not reading.was_sound(days):
            continue
        control = reading.totals(metric, reading.control, days)
        variants = [reading.totals(metric, name, days) for name in reading.compared_variants]
        corrections = corrections_at(metric.kind, control, variants, reading.terms)
        for name, variant, correction in zip(
            reading.compared_variants, variants, corrections, strict=True
        ):
            if correction.rejects and has_enough_events(metric.kind, control, variant):
                first.setdefault(name, reading.series.days[days - 1])
    return first
