"""Ratio metrics, such as revenue per order: the ratio of two sums over visitors.

Source: Deng, Knoblich and Lu, "Applying the delta method in metric analytics" (2018). The unit
variance is that of the linearised visitor, (y - R x) / mean of x; then they compare as means.
"""

from __future__ import annotations

from storepulse.domain.statistics.figures import Reason
from storepulse.domain.statistics.means import Arm, Contrast, contrast, too_few
from storepulse.domain.statistics.sums import Sums, covariance, product, quotient, total


def ratio_arm(sums: Sums) -> Arm | None:
    """The ratio of y to x of two visitors or more; None if the sum of x is 0."""
    if sums.x == 0:
        return None
    ratio = quotient(sums.y, sums.x)
    of_y = covariance(sums.n, sums.y, sums.y, sums.yy)
    of_both = covariance(sums.n, sums.y, sums.x, sums.xy)
    of_x = covariance(sums.n, sums.x, sums.x, sums.xx)
    linear = total(of_y, product(-2, ratio, of_both), product(ratio, ratio, of_x))
    mean_x = quotient(sums.x, sums.n)
    variance = float(quotient(linear, product(mean_x, mean_x)))
    return Arm(sums.n, float(ratio), max(variance, 0.0))


def contrast_ratios(a: Sums, b: Sums) -> Contrast | Reason:
    """The contrast of control's ratio of y to x and the variant's, or why there is none."""
    few = too_few(a, b)
    if few is not None:
        return few
    arms = (ratio_arm(a), ratio_arm(b))
    both = ratio_arm(a + b)
    if arms[0] is None or arms[1] is None or both is None:
        return "zero_denominator"
    difference = total(quotient(b.y, b.x), product(-1, quotient(a.y, a.x)))
    return contrast(arms[0], arms[1], float(difference), both.variance)
