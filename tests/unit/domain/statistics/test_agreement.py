"""p, the interval of the difference and the interval of the lift never contradict each other.

For any data: p is below the level, the difference's interval leaves out 0, and the lift's
interval leaves out 0, all three or none; at one look and at every look.
"""

from __future__ import annotations

import math
import random
from decimal import Decimal

from hypothesis import given, note, seed, settings
from hypothesis import strategies as st

from storepulse.domain.statistics.cuped import Adjusted, adjust
from storepulse.domain.statistics.figures import Comparison, Interval, normal_critical, normal_p
from storepulse.domain.statistics.means import (
    Contrast,
    always_valid_statistic,
    compare_always,
    compare_once,
    contrast_means,
    t_critical,
)
from storepulse.domain.statistics.proportions import Share, compare_shares, pooled_z
from storepulse.domain.statistics.ratios import contrast_ratios
from storepulse.domain.statistics.sequential import always_valid_p, critical_value
from storepulse.domain.statistics.sums import Sums

SEED = random.randrange(1 << 32)
ALPHAS = st.sampled_from([0.001, 0.01, 0.05 / 3, 0.025, 0.05, 0.1])
#: Closer to the critical value than this, a float's rounding decides.
A_ROUNDING = 1e-9


@st.composite
def shares(draw: st.DrawFn) -> tuple[Share, Share]:
    sizes = st.one_of(st.integers(1, 40), st.integers(1, 20_000), st.integers(1, 10**9))
    arms = []
    for _ in range(2):
        n = draw(sizes)
        few = st.integers(0, min(n, 60))
        x = draw(st.one_of(few, few.map(lambda rest, n=n: n - rest), st.integers(0, n)))
        arms.append(Share(x, n))
    return arms[0], arms[1]


@st.composite
def visitors(draw: st.DrawFn) -> tuple[Sums, Sums]:
    """Two arms of visitors with a past: many without an order, refunds among them."""
    chance = random.Random(draw(st.integers(0, 1 << 32)))
    buying = draw(st.sampled_from([0.03, 0.3, 1.0]))
    spread = draw(st.sampled_from([0.2, 1.0, 2.0]))
    shift = draw(st.sampled_from([-3.0, -0.5, 0.0, 0.3, 1.0, 5.0]))
    unit = draw(st.sampled_from([0.01, 1.0, 1e6]))
    return (
        _arm(chance, draw(st.integers(2, 300)), buying, spread, 0.0, unit),
        _arm(chance, draw(st.integers(2, 300)), buying, spread, shift, unit),
    )


def _arm(
    chance: random.Random, n: int, buying: float, spread: float, shift: float, unit: float
) -> Sums:
    sums = Sums()
    for _ in range(n):
        past = chance.lognormvariate(1, spread) if chance.random() < buying else 0.0
        order = chance.lognormvariate(1, spread) + shift + past / 2
        y = order if chance.random() < buying else 0.0
        money, before = (Decimal(round(unit * value * 100)) / 100 for value in (y, past))
        sums += Sums(1, money, money * money, before, before * before, money * before)
    return sums


def _leaves_out_0(interval: Interval) -> bool:
    return interval.low > 0 or interval.high < 0


def _check(comparison: Comparison, level: float, critical: float) -> None:
    assert comparison.statistic is not None
    assert comparison.p_value is not None
    assert comparison.interval is not None
    if math.isclose(abs(comparison.statistic), critical, rel_tol=A_ROUNDING):
        return
    is_conclusive = comparison.p_value <= level
    note(f"TEST_SEED={SEED}: {comparison} at {level}, critical {critical}")
    assert _leaves_out_0(comparison.interval) == is_conclusive
    if comparison.lift.interval is not None:
        assert _leaves_out_0(comparison.lift.interval) == is_conclusive
        assert comparison.lift.value is not None
        low, high = comparison.lift.interval.low, comparison.lift.interval.high
        slack = A_ROUNDING * max(1, abs(comparison.lift.value))
        assert low - slack <= comparison.lift.value <= high + slack
    assert comparison.difference is not None
    assert comparison.interval.low <= comparison.difference <= comparison.interval.high


@seed(SEED)
@settings(max_examples=400, deadline=None)
@given(
    arms=shares(), alpha=ALPHAS, of_level=st.sampled_from([1, 2, 3]), n_star=st.integers(2, 10**7)
)
def test_shares_agree(arms: tuple[Share, Share], alpha: float, of_level: int, n_star: int) -> None:
    a, b = arms
    z, level = float(pooled_z(a.x, a.n, b.x, b.n)), alpha / of_level
    critical = normal_critical(level)
    _check(compare_shares(a, b, critical, float(normal_p(z))), level, critical)
    critical = float(critical_value(a.n + b.n, n_star, alpha, level))
    p_value = float(always_valid_p(z, a.n + b.n, n_star, alpha))
    _check(compare_shares(a, b, critical, p_value), level, critical)


@seed(SEED)
@settings(max_examples=100, deadline=None)
@given(
    arms=visitors(), alpha=ALPHAS, of_level=st.sampled_from([1, 2, 3]), n_star=st.integers(2, 10**6)
)
def test_means_ratios_and_adjusted_means_agree(
    arms: tuple[Sums, Sums], alpha: float, of_level: int, n_star: int
) -> None:
    a, b = arms
    adjusted = adjust(a, b)
    found = [contrast_means(a, b), contrast_ratios(a, b)]
    found += [adjusted.contrast] if isinstance(adjusted, Adjusted) else []
    n, level = a.n + b.n, alpha / of_level
    for contrasted in found:
        if not isinstance(contrasted, Contrast):
            continue
        once = compare_once(contrasted, level)
        _check(once, level, t_critical(contrasted.degrees, level))
        critical = float(critical_value(n, n_star, alpha, level))
        z = always_valid_statistic(contrasted)
        p_value = float(always_valid_p(z, n, n_star, alpha))
        _check(compare_always(contrasted, critical, p_value), level, critical)
