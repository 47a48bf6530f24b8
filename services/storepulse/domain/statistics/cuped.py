"""CUPED: removes the part of visitors' figures that their earlier behaviour explains.

Source: Deng, Xu, Kohavi and Walker, "Improving the sensitivity of online controlled experiments by
utilizing pre-experiment data" (2013), equation 4. Theta is computed from both arms together; the
lift is relative to the unadjusted mean.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from storepulse.domain.statistics.figures import Reason
from storepulse.domain.statistics.means import Arm, Contrast, contrast, contrast_means, too_few
from storepulse.domain.statistics.sums import (
    ZERO,
    Sums,
    covariance,
    product,
    quotient,
    total,
)

#: The minimum of visitors with earlier data.
FEWEST_WITH_PAST = 50


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The adjusted contrast. `variance_reduction`: the share of the squared error removed."""

    theta: float
    contrast: Contrast
    variance_reduction: float


def adjust(a: Sums, b: Sums) -> Adjusted | Reason:
    """Control against the variant, y adjusted by x, or why that is impossible."""
    few = too_few(a, b)
    if few is not None:
        return few
    both = a + b
    theta = _theta(both)
    arms = (_adjusted(a, theta), _adjusted(b, theta))
    difference = float(total(_mean(b, theta), product(-1, _mean(a, theta))))
    adjusted = contrast(arms[0], arms[1], difference, _adjusted(both, theta).variance)
    plain = contrast_means(a, b)
    if not isinstance(adjusted, Contrast) or not isinstance(plain, Contrast):
        return "zero_variance"
    of_both = covariance(a.n, a.y, a.x, a.xy)
    of_y = covariance(a.n, a.y, a.y, a.yy)
    return Adjusted(
        theta=float(theta),
        contrast=replace(
            adjusted,
            base=float(quotient(a.y, a.n)),
            base_variance=float(of_y) / a.n,
            base_covariance=-float(total(of_y, product(-1, theta, of_both))) / a.n,
        ),
        variance_reduction=1 - (adjusted.error / plain.error) ** 2,
    )


def _theta(both: Sums) -> Decimal:
    """The regression coefficient of y on x; 0 if all x are the same."""
    of_x = covariance(both.n, both.x, both.x, both.xx)
    return quotient(covariance(both.n, both.y, both.x, both.xy), of_x) if of_x > 0 else ZERO


def _mean(sums: Sums, theta: Decimal) -> Decimal:
    return quotient(total(sums.y, product(-1, theta, sums.x)), sums.n)


def _adjusted(sums: Sums, theta: Decimal) -> Arm:
    """The mean and the unit variance of y - theta x."""
    of_y = covariance(sums.n, sums.y, sums.y, sums.yy)
    of_both = covariance(sums.n, sums.y, sums.x, sums.xy)
    of_x = covariance(sums.n, sums.x, sums.x, sums.xx)
    variance = total(of_y, product(theta, theta, of_x), product(-2, theta, of_both))
    return Arm(sums.n, float(_mean(sums, theta)), max(float(variance), 0.0))
