"""The plan of a test: its visitors and days, and the effect that it can detect.

A question is validated when it is created (`Rejected` names the field), so a plan always exists. If
variants have different shares, the smallest one decides, because it gets its visitors last.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from storepulse.domain.errors import Rejected
from storepulse.domain.statistics.planning import (
    Demand,
    days_needed,
    detectable_mean,
    detectable_share,
    planned_always,
    planned_once,
    visitors_for_mean,
    visitors_for_share,
)

Method = Literal["always_valid", "fixed"]
MOST_VARIANTS = 10
MOST_DAYS = 365
#: The limit for the visitors of a plan.
MOST_VISITORS = 10**12
_HOURS_A_DAY = 24


@dataclass(frozen=True)
class Baseline:
    """Control's expected figure.

    The rate of a share, or the mean of a sum with the standard deviation per visitor.
    """

    value: float
    deviation: float | None = None

    def __post_init__(self) -> None:
        if self.deviation is None and not 0 < self.value < 1:
            raise Rejected("baseline", "is a rate: it must be a number between 0 and 1")
        if self.deviation is not None and not (0 < self.value < 1e12 and 0 < self.deviation < 1e12):
            raise Rejected("baseline", "is a mean: it and its deviation must be numbers above 0")


@dataclass(frozen=True)
class PlanQuestion:
    """A planning question.

    `effect` is relative to the baseline. `shares` are those of control and the variants, 1 in
    total. `visitors_a_day` are eligible, of whom the share `traffic` takes part. With `days`, the
    answer includes what a test of that length detects.
    """

    baseline: Baseline
    effect: float | None
    shares: Sequence[float] = (0.5, 0.5)
    power: float = 0.8
    alpha: float = 0.05
    visitors_a_day: float | None = None
    traffic: float = 1.0
    days: int | None = None
    window_hours: int = 72

    def __post_init__(self) -> None:
        if self.effect is None and self.days is None:
            raise Rejected("effect", "is required, unless days are given")
        if self.effect is not None:
            if self.effect == 0:
                raise Rejected("effect", "is 0: no test finds that")
            changed = self.baseline.value * (1 + self.effect)
            if changed <= 0 or (self.baseline.deviation is None and changed >= 1):
                what = "mean" if self.baseline.deviation is not None else "rate"
                leads = f"leads from a {what} of {self.baseline.value:.4g} to {changed:.4g}"
                bounds = "not above 0" if what == "mean" else "not between 0 and 1"
                raise Rejected("effect", f"{leads}, which is {bounds}")
        if self.days is not None and not self.visitors_a_day:
            raise Rejected("visitors_per_day", "is required with days")


@dataclass(frozen=True)
class PlannedSize:
    """Visitors that a method needs.

    `by_variant` begins with control. `days` are whole weeks and the window, None without traffic.
    `critical`: how many standard errors are conclusive.
    """

    by_variant: tuple[int, ...]
    visitors: int
    days: int | None
    critical: float


@dataclass(frozen=True)
class PlannedTest:
    """The answer. `sizes` is None without an effect.

    `detectable`: the smallest relative effect that a test of `days` detects, None if it detects
    none. `n_star`: the number of visitors for which the test is to be tuned.
    """

    sizes: dict[Method, PlannedSize] | None
    detectable: dict[Method, float | None] | None
    n_star: int


def shares_of(text: str) -> tuple[float, ...]:
    """Parse shares of control and variants, such as `50/50`, `80/10/10`. Raises Rejected."""
    try:
        shares = [float(part) for part in text.split("/")]
    except ValueError:
        raise Rejected("split", "is not of the form 50/50") from None
    if not 2 <= len(shares) <= MOST_VARIANTS:
        raise Rejected("split", f"must be 2 to {MOST_VARIANTS} shares")
    if not all(1e-6 <= share <= 1e6 for share in shares):
        raise Rejected("split", "must be shares above 0")
    return tuple(share / sum(shares) for share in shares)


def plan(question: PlanQuestion) -> PlannedTest:
    """The answer to a question. Raises Rejected if the test would never end."""
    demands = _demands(question)
    sizes = None
    if question.effect is not None:
        sizes = {method: _size(question, demand) for method, demand in demands.items()}
    detectable = None
    if question.days is not None:
        detectable = {method: _detectable(question, demand) for method, demand in demands.items()}
    return PlannedTest(sizes, detectable, _n_star(question, sizes))


def _demands(question: PlanQuestion) -> dict[Method, Demand]:
    """The demands for control and the smallest variant, at Holm's first level."""
    level = question.alpha / (len(question.shares) - 1)
    ratio = min(question.shares[1:]) / question.shares[0]
    return {
        "always_valid": planned_always(question.alpha, level, question.power, ratio),
        "fixed": planned_once(level, question.power, ratio),
    }


def _size(question: PlanQuestion, demand: Demand) -> PlannedSize:
    effect, baseline = question.effect, question.baseline
    assert effect is not None  # noqa: S101 - as its caller sees to
    if baseline.deviation is None:
        control = visitors_for_share(baseline.value, effect, demand)
    else:
        control = visitors_for_mean(baseline.value, baseline.deviation, effect, demand)
    whole = control / question.shares[0]
    if whole > MOST_VISITORS:
        raise Rejected("effect", "is too small: the test would need more than 10^12 visitors")
    by_variant = tuple(math.ceil(whole * share) for share in question.shares)
    days = None
    if question.visitors_a_day:
        days = days_needed(whole, question.visitors_a_day, question.traffic)
        days += math.ceil(question.window_hours / _HOURS_A_DAY)
    return PlannedSize(by_variant, sum(by_variant), days, demand.critical)


def _detectable(question: PlanQuestion, demand: Demand) -> float | None:
    """The detectable effect with the visitors whose window closes within the days."""
    assert question.days is not None  # noqa: S101 - as its caller sees to
    exposed = question.days - question.window_hours / _HOURS_A_DAY
    a_day = (question.visitors_a_day or 0) * question.traffic
    control = exposed * a_day * question.shares[0]
    if control < 2:
        return None
    baseline = question.baseline
    if baseline.deviation is None:
        return detectable_share(baseline.value, control, demand)
    return detectable_mean(baseline.value, baseline.deviation, control, demand)


def _n_star(question: PlanQuestion, sizes: dict[Method, PlannedSize] | None) -> int:
    """Visitors of control and the smallest variant: the planned ones, else those of the days."""
    smallest = min(question.shares[1:])
    if sizes is not None:
        by_variant = sizes["always_valid"].by_variant
        return by_variant[0] + min(by_variant[1:])
    assert question.days is not None  # noqa: S101 - one of both is given
    pair = question.shares[0] + smallest
    return max(1, round(question.days * (question.visitors_a_day or 0) * question.traffic * pair))
