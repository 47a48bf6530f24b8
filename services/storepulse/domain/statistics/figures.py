"""The results of comparisons, and why a figure may be missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import scipy

#: Why a figure does not exist.
Reason = Literal[
    "no_units",
    "too_few_units",
    "zero_variance",
    "control_zero",
    "control_mean_not_positive",
    "control_near_zero",
    "zero_denominator",
    "no_pre_period",
    "expected_below_5",
]

#: One number, or an array with one per look: the formulas accept both.
Numbers = float | npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """The closed interval from `low` to `high`."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Lift:
    """The difference relative to control's figure: 0.1 is 10 % more.

    `value` may exist without `interval`, but not the other way round. `reason` says why one of them
    is missing.
    """

    value: float | None = None
    interval: Interval | None = None
    reason: Reason | None = None


NO_LIFT = Lift()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A variant compared with control, at one critical value.

    `statistic` is the difference in standard errors. If `p_value` exists, it is below the level of
    the critical value exactly when `interval` and the lift's interval exclude 0.
    """

    difference: float | None = None
    interval: Interval | None = None
    statistic: float | None = None
    p_value: float | None = None
    lift: Lift = NO_LIFT
    reason: Reason | None = None


def normal_critical(level: float) -> float:
    """The two-sided critical value of the normal distribution: 1.96 for 0.05."""
    return float(-scipy.special.ndtri(level / 2))


def normal_p(z: Numbers) -> Any:
    """The two-sided p of a normal statistic, from the tail: never 1 - cdf."""
    return 2 * scipy.special.ndtr(-np.abs(z))


def missing_comparison(reason: Reason) -> Comparison:
    """A comparison that is not possible."""
    return Comparison(lift=Lift(reason=reason), reason=reason)
