"""Two shares of visitors: the score test and the two intervals that match it.

Sources: Mee, "Confidence bounds for the difference between two probabilities" (1984); Koopman,
"Confidence intervals for the ratio of two binomial proportions" (1984); Wilson (1927) for one.

All three use one statistic: at no difference and at a ratio of 1 it is the pooled z. So p, the
difference and the lift never contradict each other, at any critical value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from storepulse.domain.statistics.constrained import difference_score, ratio_score
from storepulse.domain.statistics.figures import (
    Comparison,
    Interval,
    Lift,
    Numbers,
    missing_comparison,
)
from storepulse.domain.statistics.roots import crossing

# exp(-30) cannot be distinguished from 0 by data of any size; 2 ** 9 steps exceed floats.
_NO_RATIO = -30.0
_WIDEST_STEP = 512


@dataclass(frozen=True, slots=True)
class Share:
    """`x` of `n` visitors."""

    x: int
    n: int

    @property
    def rate(self) -> float:
        """The share; `n` is not 0."""
        return self.x / self.n


def pooled_z(x_a: Numbers, n_a: Numbers, x_b: Numbers, n_b: Numbers) -> Any:
    """The score statistic of no difference; 0 if all or none converted."""
    pooled = (x_a + x_b) / (n_a + n_b)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    differs = error > 0
    return np.where(differs, (x_b / n_b - x_a / n_a) / np.where(differs, error, 1.0), 0.0)


def compare_shares(a: Share, b: Share, critical: float, p_value: float) -> Comparison:
    """Control `a` against `b`; `p_value` and `critical` belong to the same test of `pooled_z`."""
    if a.n == 0 or b.n == 0:
        return missing_comparison("no_units")
    return Comparison(
        difference=b.rate - a.rate,
        interval=difference_interval(a, b, critical),
        statistic=float(pooled_z(a.x, a.n, b.x, b.n)),
        p_value=p_value,
        lift=lift_of_shares(a, b, critical),
    )


def lift_of_shares(a: Share, b: Share, critical: float) -> Lift:
    """The ratio of the shares, minus 1."""
    if a.x == 0:
        return Lift(reason="control_zero")
    interval = ratio_interval(a, b, critical)
    return Lift(b.rate / a.rate - 1, Interval(interval.low - 1, interval.high - 1))


def difference_interval(a: Share, b: Share, critical: float) -> Interval:
    """Differences b - a that the score test does not reject (Mee)."""
    seen = b.rate - a.rate

    def score_above(difference: float) -> float:
        return difference_score(a.x, a.n, b.x, b.n, difference) - critical

    def score_below(difference: float) -> float:
        return difference_score(a.x, a.n, b.x, b.n, difference) + critical

    # If even the largest difference is not rejected, it is the bound.
    low = crossing(score_above, -1.0, seen) if score_above(-1.0) > 0 else -1.0
    high = crossing(score_below, seen, 1.0) if score_below(1.0) < 0 else 1.0
    return Interval(low, high)


def ratio_interval(a: Share, b: Share, critical: float) -> Interval:
    """Ratios b / a that the score test does not reject (Koopman). Some of `a` converted."""

    def score_above(log_ratio: float) -> float:
        return ratio_score(a.x, a.n, b.x, b.n, math.exp(log_ratio)) - critical

    def score_below(log_ratio: float) -> float:
        return ratio_score(a.x, a.n, b.x, b.n, math.exp(log_ratio)) + critical

    if b.x == 0:
        return Interval(0.0, math.exp(_crossing_outward(score_below, _NO_RATIO, 1.0)))
    seen = math.log(b.rate / a.rate)
    low = math.exp(_crossing_outward(score_above, seen, -1.0))
    return Interval(low, math.exp(_crossing_outward(score_below, seen, 1.0)))


def share_interval(share: Share, critical: float) -> Interval:
    """One share's own interval (Wilson); `n` is not 0."""
    square = critical * critical
    middle = (share.x + square / 2) / (share.n + square)
    spread = share.x * (share.n - share.x) / share.n + square / 4
    half = critical * math.sqrt(spread) / (share.n + square)
    low = 0.0 if share.x == 0 else max(0.0, middle - half)
    high = 1.0 if share.x == share.n else min(1.0, middle + half)
    return Interval(low, high)


def _crossing_outward(f: Callable[[float], float], start: float, step: float) -> float:
    """Where `f` crosses 0 in the direction of `step`, which doubles until it is passed."""
    near, far = start, start + step
    while f(near) * f(far) > 0 and abs(step) < _WIDEST_STEP:
        step *= 2
        near, far = far, far + step
    return crossing(f, min(near, far), max(near, far))
