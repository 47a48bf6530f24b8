"""Sums over visitors, and their exact moments.

A variance is the difference of two large sums: with a mean of a million and a standard deviation of
1, floats would have no correct digit of it. So sums are Decimals, the difference is exact, and only
the result becomes a float.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal

ZERO = Decimal(0)

# Sums of squared money have about 50 digits, their products 100: nothing is rounded.
_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])
# Quotients may have infinitely many digits; a float keeps 17.
_QUOTIENT = Context(prec=60, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over `n` visitors: of y, and of x (y before the exposure, or a ratio's denominator)."""

    n: int = 0
    y: Decimal = ZERO
    yy: Decimal = ZERO
    x: Decimal = ZERO
    xx: Decimal = ZERO
    xy: Decimal = ZERO

    def __add__(self, other: Sums) -> Sums:
        add = _EXACT.add
        return Sums(
            self.n + other.n,
            add(self.y, other.y),
            add(self.yy, other.yy),
            add(self.x, other.x),
            add(self.xx, other.xx),
            add(self.xy, other.xy),
        )


NO_SUMS = Sums()


@dataclass(frozen=True, slots=True)
class Moments:
    """The mean of `n` values, and the variance of one (None below two)."""

    n: int
    mean: float
    variance: float | None


def quotient(numerator: Decimal, denominator: Decimal | int) -> Decimal:
    """The quotient to 60 digits. The denominator is not 0."""
    return _QUOTIENT.divide(numerator, Decimal(denominator))


def product(*factors: Decimal | int) -> Decimal:
    """The exact product."""
    result = Decimal(1)
    for factor in factors:
        result = _EXACT.multiply(result, Decimal(factor))
    return result


def total(*terms: Decimal) -> Decimal:
    """The exact sum."""
    result = ZERO
    for term in terms:
        result = _EXACT.add(result, term)
    return result


def covariance(n: int, sum_a: Decimal, sum_b: Decimal, sum_ab: Decimal) -> Decimal:
    """The covariance of two values of `n` >= 2 visitors, with n - 1: exact, then divided."""
    scatter = _EXACT.subtract(product(n, sum_ab), product(sum_a, sum_b))
    return quotient(scatter, n * (n - 1))


def moments(sums: Sums) -> Moments:
    """The moments of y; `n` is at least 1. A negative variance from impossible sums counts as 0."""
    mean = float(quotient(sums.y, sums.n))
    if sums.n < 2:
        return Moments(sums.n, mean, None)
    variance = float(covariance(sums.n, sums.y, sums.y, sums.yy))
    return Moments(sums.n, mean, max(variance, 0.0))
