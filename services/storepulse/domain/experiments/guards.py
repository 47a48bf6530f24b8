"""Guards that must hold before a verdict: a sound split, and enough data.

Each guard that fails says how much is missing, and when it is expected at the current pace.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from storepulse.domain.experiments.definition import MetricKind
from storepulse.domain.experiments.rollups import MetricTotals, Phase, Series
from storepulse.domain.statistics.sample_ratio import Split, check_split

FEWEST_MATURE = 150
FEWEST_EXPECTED = 5.0
SHORTEST = timedelta(hours=72)
MOST_MULTIPLE = 0.01
#: The pace is computed from this many full days.
_PACE_DAYS = 7
# A date further away counts as unknown.
_FURTHEST_DAYS = 3650
_HOUR, _A_DAY = timedelta(hours=1), timedelta(days=1)

Lacking = Literal["mature_units", "running_hours", "converters", "non_converters", "planned_units"]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Something that is missing.

    `expected_at` is None if no date is known: there are no visitors, the phase is paused or has
    ended, or it would take ten years.
    """

    what: Lacking
    have: float
    want: float
    variant_id: str | None = None
    expected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SplitGuard:
    """The split of all visitors so far. `since`: the day since which it has failed."""

    split: Split
    since: date | None


@dataclass(frozen=True, slots=True)
class MultipleGuard:
    """Visitors who saw more than one variant; `share` is None without any visitor."""

    units: int
    share: float | None
    fails: bool


def guard_split(days: Sequence[date], splits: Sequence[Split]) -> SplitGuard:
    """The guard, from the split at the end of each day (`split_by_day`)."""
    since = None
    for day, split in zip(reversed(days), reversed(splits), strict=True):
        if split.status != "fail":
            break
        since = day
    nobody = Split("not_evaluated", reason="expected_below_5")
    return SplitGuard(splits[-1] if splits else nobody, since)


def split_by_day(phase: Phase, series: Series) -> list[Split]:
    """The split of all visitors until each day, compared with the phase's weights."""
    variants = phase.definition.variants
    weights = [variant.weight for variant in variants]
    return [
        check_split([series.units[variant.variant_id][i] for variant in variants], weights)
        for i in range(len(series.days))
    ]


def guard_multiple(units: int, multi_units: int) -> MultipleGuard:
    """The guard for `units` visitors of one variant and `multi_units` of several."""
    seen = units + multi_units
    share = multi_units / seen if seen else None
    fails = share is not None and seen >= FEWEST_MATURE and share > MOST_MULTIPLE
    return MultipleGuard(multi_units, share, fails)


@dataclass(frozen=True, slots=True)
class Pace:
    """The current pace of a phase's visitors."""

    phase: Phase
    series: Series
    as_of: datetime

    def mature_at(self, variants: Sequence[str], wanted: int) -> datetime | None:
        """When `wanted` visitors of the variants together will be mature."""
        known = [
            sum(self.series.units[name][i] for name in variants)
            for i in range(len(self.series.days))
        ]
        for day, units in zip(self.series.days, known, strict=True):
            if units >= wanted:
                return self._unless_cut_off(self.phase.matures_at(day))
        a_day = self.units_a_day(variants)
        if not self.phase.is_collecting(self.as_of) or not a_day:
            return None
        days = (wanted - (known[-1] if known else 0)) / a_day
        if days > _FURTHEST_DAYS:
            return None
        reached = self.as_of + timedelta(days=days)
        return self.phase.matures_at(reached.astimezone(UTC).date())

    def _unless_cut_off(self, moment: datetime) -> datetime | None:
        ended_at = self.phase.ended_at
        return moment if ended_at is None or moment <= ended_at else None

    def units_a_day(self, variants: Sequence[str]) -> float:
        """Visitors of the variants per day: over the last full days, else over the whole time."""
        midnight = datetime.combine(self.as_of.astimezone(UTC).date(), time(), UTC)
        since = max(midnight - _PACE_DAYS * _A_DAY, self.phase.started_at)
        lately = self.phase.running_time(since, midnight)
        if lately >= _A_DAY:
            first, last = since.astimezone(UTC).date(), midnight.date()
            return self._units_between(variants, first, last) / (lately / _A_DAY)
        running = self.phase.running_time(self.phase.started_at, self.as_of)
        everybody = sum(self.series.units[name][-1] for name in variants if self.series.days)
        return everybody / (max(running, _HOUR) / _A_DAY)

    def _units_between(self, variants: Sequence[str], first: date, last: date) -> int:
        """Visitors of the days from `first` until before `last`."""
        units = 0
        for i, day in enumerate(self.series.days):
            if first <= day < last:
                before = [self.series.units[name][i - 1] if i else 0 for name in variants]
                now = [self.series.units[name][i] for name in variants]
                units += sum(now) - sum(before)
        return units


def needs_of_phase(pace: Pace, mature: dict[str, int]) -> list[Shortfall]:
    """What the whole test lacks: visitors of each variant with weight, and time."""
    needs = [
        Shortfall("mature_units", units, FEWEST_MATURE, name, pace.mature_at([name], FEWEST_MATURE))
        for name, units in mature.items()
        if units < FEWEST_MATURE
    ]
    ran = pace.phase.running_time(pace.phase.started_at, pace.as_of)
    if ran < SHORTEST:
        until = pace.as_of + (SHORTEST - ran) if pace.phase.is_collecting(pace.as_of) else None
        hours = math.floor(ran / _HOUR)
        needs.append(Shortfall("running_hours", hours, SHORTEST / _HOUR, expected_at=until))
    return needs


def needs_of_pair(
    kind: MetricKind,
    control: MetricTotals,
    variant: MetricTotals,
    names: tuple[str, str],
    pace: Pace,
) -> list[Shortfall]:
    """What one comparison lacks: enough events for a normal approximation."""
    expected = {"converters": expected_converters(control, variant)}
    if kind == "binary":
        expected["non_converters"] = min(control.units, variant.units) - expected["converters"]
    needs: list[Shortfall] = []
    for what, have in expected.items():
        if have >= FEWEST_EXPECTED:
            continue
        smaller, units = min(
            zip(names, (control.units, variant.units), strict=True), key=lambda arm: arm[1]
        )
        wanted = math.ceil(units * FEWEST_EXPECTED / have) if have > 0 else None
        at = None if wanted is None else pace.mature_at([smaller], wanted)
        lacking: Lacking = "converters" if what == "converters" else "non_converters"
        needs.append(Shortfall(lacking, have, FEWEST_EXPECTED, names[1], at))
    return needs


def has_enough_events(kind: MetricKind, control: MetricTotals, variant: MetricTotals) -> bool:
    """Whether a comparison lacks nothing of `needs_of_pair`."""
    converters = expected_converters(control, variant)
    others = min(control.units, variant.units) - converters
    return converters >= FEWEST_EXPECTED and (kind != "binary" or others >= FEWEST_EXPECTED)


def expected_converters(control: MetricTotals, variant: MetricTotals) -> float:
    """Expected converters in the smaller arm, if both had the same share."""
    both = control.units + variant.units
    if both == 0:
        return 0.0
    share = (control.converters + variant.converters) / both
    return min(control.units, variant.units) * share
