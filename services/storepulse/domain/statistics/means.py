"""Comparison of two means: the difference with Welch's error, the robust error for repeated looks,
and the lift.

Sources: Welch (1947) with the Welch-Satterthwaite degrees of freedom; Fieller (1954) for the lift.
The same functions compare ratios and adjusted means (`ratios.py`, `cuped.py`), with other unit
variances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from storepulse.domain.statistics.figures import (
    Comparison,
    Interval,
    Lift,
    Numbers,
    Reason,
)
from storepulse.domain.statistics.sums import Sums, moments, product, quotient, total


@dataclass(frozen=True, slots=True)
class Arm:
    """The estimate of one arm, with the variance per visitor."""

    n: int
    mean: float
    variance: float

    @property
    def error_squared(self) -> float:
        """The variance of the mean."""
        return self.variance / self.n


@dataclass(frozen=True, slots=True)
class Contrast:
    """The difference of two arms, before any critical value.

    `error` is Welch's, `pooled_error` uses one variance for both arms. `base` is the mean in the
    denominator of the lift, `base_variance` its variance, `base_covariance` its covariance with the
    difference.
    """

    difference: float
    error: float
    pooled_error: float
    degrees: float
    base: float
    base_variance: float
    base_covariance: float
    one_arm_is_constant: bool

    @property
    def robust_error(self) -> float:
        """The error for repeated looks."""
        return float(robust_error(self.error, self.pooled_error))


def welch_error(var_a: Numbers, n_a: Numbers, var_b: Numbers, n_b: Numbers) -> Any:
    """The standard error of the difference, each arm with its own variance."""
    return np.sqrt(var_a / n_a + var_b / n_b)


def pooled_variance(
    mean_a: Numbers, var_a: Numbers, n_a: Numbers, mean_b: Numbers, var_b: Numbers, n_b: Numbers
) -> Any:
    """The variance of all visitors of both arms, from sums without cancellation."""
    n = n_a + n_b
    between = n_a / n * n_b * np.square(mean_b - mean_a)
    return ((n_a - 1) * var_a + (n_b - 1) * var_b + between) / (n - 1)


def pooled_error(pooled: Numbers, n_a: Numbers, n_b: Numbers) -> Any:
    """The standard error of the difference, both arms with one variance."""
    return np.sqrt(pooled * (1 / n_a + 1 / n_b))


def robust_error(welch: Numbers, pooled: Numbers) -> Any:
    """The larger of the two errors, for repeated looks.

    Welch's alone is too small while the smaller arm has no large order yet: in a 95/5 split, 14 %
    of tests without any difference would end with a winner.
    """
    return np.maximum(welch, pooled)


def degrees_of_freedom(a: Arm, b: Arm) -> float:
    """Welch and Satterthwaite, from shares of the error to avoid overflow. The error is not 0."""
    share = a.error_squared / (a.error_squared + b.error_squared)
    return 1 / (share * share / (a.n - 1) + (1 - share) ** 2 / (b.n - 1))


def contrast_means(a: Sums, b: Sums) -> Contrast | Reason:
    """The contrast of control's mean of y and the variant's, or why there is none."""
    few = too_few(a, b)
    if few is not None:
        return few
    arms = (arm_of(a), arm_of(b))
    pooled = pooled_variance(
        arms[0].mean, arms[0].variance, a.n, arms[1].mean, arms[1].variance, b.n
    )
    difference = quotient(total(product(b.y, a.n), product(-1, a.y, b.n)), a.n * b.n)
    return contrast(arms[0], arms[1], float(difference), float(pooled))


def too_few(a: Sums, b: Sums) -> Reason | None:
    """Why the variance of one of the arms is undefined, or None."""
    fewest = min(a.n, b.n)
    if fewest == 0:
        return "no_units"
    return "too_few_units" if fewest < 2 else None


def arm_of(sums: Sums) -> Arm:
    """The mean of y with its unit variance, for two visitors or more."""
    of_y = moments(sums)
    return Arm(of_y.n, of_y.mean, of_y.variance or 0.0)


def contrast(a: Arm, b: Arm, difference: float, pooled: float) -> Contrast | Reason:
    """The contrast of two arms with two visitors or more each.

    `difference` is b - a, computed before means became floats. `pooled` is the variance of both
    arms together.
    """
    error = float(welch_error(a.variance, a.n, b.variance, b.n))
    if error == 0:
        return "zero_variance"
    return Contrast(
        difference=difference,
        error=error,
        pooled_error=float(pooled_error(pooled, a.n, b.n)),
        degrees=degrees_of_freedom(a, b),
        base=a.mean,
        base_variance=a.error_squared,
        base_covariance=-a.error_squared,
        one_arm_is_constant=a.variance == 0 or b.variance == 0,
    )


def t_p(contrasted: Contrast) -> float:
    """The two-sided p of one planned look (Welch)."""
    t = abs(contrasted.difference / contrasted.error)
    return float(2 * scipy.special.stdtr(contrasted.degrees, -t))


def t_critical(degrees: float, level: float) -> float:
    """The two-sided critical value of Student's t."""
    return float(-scipy.special.stdtrit(degrees, level / 2))


def compare_once(contrasted: Contrast, level: float) -> Comparison:
    """The comparison as one planned look."""
    critical = t_critical(contrasted.degrees, level)
    return _compare(contrasted, contrasted.error, critical, t_p(contrasted))


def compare_always(contrasted: Contrast, critical: float, p_value: float) -> Comparison:
    """The comparison valid at every look, with the robust error."""
    return _compare(contrasted, contrasted.robust_error, critical, p_value)


def _compare(contrasted: Contrast, error: float, critical: float, p_value: float) -> Comparison:
    half = critical * error
    return Comparison(
        difference=contrasted.difference,
        interval=Interval(contrasted.difference - half, contrasted.difference + half),
        statistic=contrasted.difference / error,
        p_value=p_value,
        lift=lift_of_means(contrasted, error, critical),
    )


def lift_of_means(contrasted: Contrast, error: float, critical: float) -> Lift:
    """Lifts that the test of the difference does not reject (Fieller).

    They lie between the roots l of (m2 - c2 Vm) l2 - 2 (D m - c2 C) l + (D2 - c2 V) = 0.
    """
    base, difference = contrasted.base, contrasted.difference
    if base <= 0:
        return Lift(reason="control_mean_not_positive")
    value = difference / base
    if contrasted.one_arm_is_constant:
        return Lift(value, reason="zero_variance")
    # In units of control's mean, to avoid overflow.
    scale = critical * error / contrasted.error / base
    square = 1 - scale * scale * contrasted.base_variance
    if square <= 0:
        return Lift(value, reason="control_near_zero")
    middle = value - scale * scale * contrasted.base_covariance
    rest = value * value - (scale * contrasted.error) ** 2
    root = math.sqrt(max(0.0, middle * middle - square * rest))
    # The root without cancellation, and the other one from their product.
    outer = middle + math.copysign(root, middle)
    bounds = sorted((outer / square, rest / outer)) if outer else [-root / square, root / square]
    return Lift(value, Interval(bounds[0], bounds[1]))


def mean_interval(arm: Arm, level: float) -> Interval | None:
    """One mean's own interval (Student's t); None if all values are the same."""
    if arm.n < 2 or arm.variance == 0:
        return None
    half = t_critical(arm.n - 1, level) * math.sqrt(arm.error_squared)
    return Interval(arm.mean - half, arm.mean + half)


def always_valid_statistic(contrasted: Contrast) -> float:
    """The difference in robust errors."""
    return contrasted.difference / contrasted.robust_error
