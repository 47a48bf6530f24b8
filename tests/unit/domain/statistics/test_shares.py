"""Shares by their definitions: bounds are where the score reaches the critical value."""

from __future__ import annotations

import math
import random
from decimal import Decimal, localcontext

import pytest

from storepulse.domain.statistics.constrained import difference_score, ratio_score
from storepulse.domain.statistics.figures import normal_critical, normal_p
from storepulse.domain.statistics.means import Arm, Contrast, contrast, t_p
from storepulse.domain.statistics.proportions import (
    Share,
    difference_interval,
    pooled_z,
    ratio_interval,
    share_interval,
)

PAIRS = [
    (Share(30, 1_000), Share(45, 1_000)),
    (Share(3, 40_000), Share(11, 2_000)),
    (Share(999, 1_000), Share(940, 950)),
    (Share(1, 5), Share(4, 9)),
    (Share(4, 9_000_000), Share(9, 8_000_000)),
]


@pytest.mark.parametrize(("x", "n"), [(3, 10), (30, 1_000), (0, 50), (50, 50), (1, 10**9)])
def test_a_share_has_the_interval_whose_ends_are_just_not_rejected(x: int, n: int) -> None:
    interval = share_interval(Share(x, n), 1.96)
    for bound in (interval.low, interval.high):
        if 0 < bound < 1:
            score = abs(x / n - bound) / math.sqrt(bound * (1 - bound) / n)
            assert score == pytest.approx(1.96, rel=1e-6)
    assert (interval.low == 0) == (x == 0)
    assert (interval.high == 1) == (x == n)


@pytest.mark.parametrize(("a", "b"), PAIRS, ids=str)
@pytest.mark.parametrize("critical", [1.96, 3.4, 12.0])
def test_ends_of_intervals_are_just_not_rejected(a: Share, b: Share, critical: float) -> None:
    difference, ratio = difference_interval(a, b, critical), ratio_interval(a, b, critical)
    for bound, sign in ((difference.low, 1), (difference.high, -1)):
        if abs(bound) < 1:
            score = difference_score(a.x, a.n, b.x, b.n, bound)
            assert score == pytest.approx(sign * critical, rel=1e-6)
    for bound, sign in ((ratio.low, 1), (ratio.high, -1)):
        assert ratio_score(a.x, a.n, b.x, b.n, bound) == pytest.approx(sign * critical, rel=1e-6)


@pytest.mark.parametrize(("a", "b"), PAIRS, ids=str)
def test_all_statistics_are_one(a: Share, b: Share) -> None:
    z = float(pooled_z(a.x, a.n, b.x, b.n))
    assert difference_score(a.x, a.n, b.x, b.n, 0.0) == pytest.approx(z, rel=1e-10)
    assert ratio_score(a.x, a.n, b.x, b.n, 1.0) == pytest.approx(z, rel=1e-10)
    # Who did not convert tells the same, the other way round.
    assert pooled_z(a.n - a.x, a.n, b.n - b.x, b.n) == pytest.approx(-z, rel=1e-10)


@pytest.mark.parametrize("d", [1e-10, -1e-10, 3e-9, -3e-9])
def test_rates_near_1_keep_their_digits(d: float) -> None:
    n = 10**9
    near_0 = difference_score(3, n, 9, n, -d)
    assert difference_score(n - 3, n, n - 9, n, d) == pytest.approx(-near_0, rel=1e-9)
    assert ratio_score(n - 3, n, n - 9, n, 1 + d) == pytest.approx(-near_0, rel=1e-5)


def _likeliest_share(a: Share, b: Share, d: Decimal) -> Decimal:
    """By bisection of the slope of the likelihood, with 60 digits."""
    low, high = max(Decimal(0), -d), min(Decimal(1), 1 - d)
    for _ in range(190):
        p = (low + high) / 2
        q = p + d
        parts = ((a.x, p), (a.x - a.n, 1 - p), (b.x, q), (b.x - b.n, 1 - q))
        slope = sum((count / share for count, share in parts if count), Decimal(0))
        low, high = (p, high) if slope > 0 else (low, p)
    return p


@pytest.mark.parametrize("seed", range(60))
def test_the_score_is_that_of_the_likeliest_shares(seed: int) -> None:
    chance = random.Random(seed)
    sizes = [int(10 ** chance.uniform(0, 9)) for _ in range(2)]
    rate = 10 ** chance.uniform(-8, 0)
    arms = [Share(min(n, int(n * rate * chance.uniform(0, 2))), n) for n in sizes]
    a, b = (Share(s.n - s.x, s.n) if chance.random() < 0.3 else s for s in arms)
    d = chance.choice([-1, 1]) * 10 ** chance.uniform(-9, -0.01)
    with localcontext(prec=60):
        exact = Decimal(d)
        p = _likeliest_share(a, b, exact)
        q = p + exact
        variance = p * (1 - p) / a.n + q * (1 - q) / b.n
        distance = Decimal(b.x) / b.n - Decimal(a.x) / a.n - exact
        wanted = float(distance / variance.sqrt()) if variance > Decimal("1e-40") else None
    got = difference_score(a.x, a.n, b.x, b.n, d)
    if wanted is not None and abs(wanted) < 1e6:
        # What a float knows of the distance itself.
        lost = 1e-15 / abs(float(distance)) if distance else 1.0
        assert got == pytest.approx(wanted, rel=1e-9 + 4 * lost, abs=1e-9)


def test_the_smallest_p_is_told_from_the_tail() -> None:
    assert float(normal_p(9.0)) == pytest.approx(2.2571768119076e-19, rel=1e-10)
    assert float(normal_p(-30.0)) > 0
    assert normal_critical(0.05) == pytest.approx(1.9599639845400545, rel=1e-14)
    found = contrast(Arm(10**6, 0.0, 1.0), Arm(10**6, 0.02, 1.0), 0.02, 1.0)
    assert isinstance(found, Contrast)
    assert 0 < t_p(found) < 1e-40
