"""Moments are exact, whatever the size of the sums."""

from __future__ import annotations

import random
import statistics
from decimal import Decimal, localcontext

import pytest

from storepulse.domain.statistics.caps import FEWEST_BUYERS, cap_of, capped
from storepulse.domain.statistics.sums import Moments, Sums, covariance, moments


def _sums(values: list[Decimal]) -> Sums:
    return Sums(len(values), sum(values, Decimal(0)), sum((v * v for v in values), Decimal(0)))


@pytest.mark.parametrize("offset", ["0", "1000000", "-999999999999.9999", "1e15", "1e30"])
def test_a_variance_does_not_drown_in_the_mean(offset: str) -> None:
    with localcontext(prec=120):
        values = [Decimal(offset) + Decimal(i % 7) / 10_000 for i in range(1_000)]
        sums = _sums(values)
    wanted = statistics.variance([Decimal(i % 7) / 10_000 for i in range(1_000)])
    assert moments(sums).variance == pytest.approx(float(wanted), rel=1e-14)


def test_sums_add_up() -> None:
    chance = random.Random(3)
    pairs = [
        (Decimal(chance.randrange(-500, 900)), Decimal(chance.randrange(90))) for _ in "x" * 60
    ]

    def of(some: list[tuple[Decimal, Decimal]]) -> Sums:
        total = Sums()
        for y, x in some:
            total += Sums(1, y, y * y, x, x * x, y * x)
        return total

    assert of(pairs[:20]) + of(pairs[20:]) == of(pairs)
    whole = of(pairs)
    wanted = statistics.covariance([float(y) for y, _ in pairs], [float(x) for _, x in pairs])
    assert float(covariance(60, whole.y, whole.x, whole.xy)) == pytest.approx(wanted, rel=1e-12)


def test_one_value_has_no_variance() -> None:
    assert moments(_sums([Decimal(5)])) == Moments(1, 5.0, None)
    assert moments(_sums([Decimal(5)] * 4)) == Moments(4, 5.0, 0.0)


def test_a_cap_wants_two_hundred_buyers_and_limits_above_only() -> None:
    buyers = [Decimal(i) for i in range(1, FEWEST_BUYERS + 1)]
    assert cap_of(buyers) == 198
    assert cap_of(buyers[1:]) is None
    assert capped(Decimal(500), Decimal(198)) == 198
    assert capped(Decimal(-500), Decimal(198)) == -500
    assert capped(Decimal(500), None) == 500
