"""Tests without any difference, looked at daily: how many end with a winner that is none.

Each run is 28 days of visitors to two arms that are the same. "Ends" means that at any look after
150 visitors in each arm, 5 expected converters and 72 hours, p was at most 5 %. The formulas are
those of the product, over all runs and days at once.

The same runs are judged by two wrong ways as well, so that each time it is proven that this test
can see them: the plain z of a single look, and the sequence with plug-in variances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from storepulse.domain.statistics.figures import normal_p
from storepulse.domain.statistics.means import (
    pooled_error,
    pooled_variance,
    robust_error,
    welch_error,
)
from storepulse.domain.statistics.proportions import pooled_z
from storepulse.domain.statistics.sequential import always_valid_p

ALPHA = 0.05
N_STAR = 5_000
DAYS = 28
#: The first look is that of the day on which 72 hours are over.
FIRST_LOOK = 3
SEED = 20_261_129

Runs = NDArray[np.float64]


@dataclass(frozen=True)
class Setting:
    """Visitors of each arm in a day, the share that converts; what an order is worth, or None for
    the share itself; and the cap of a visitor's total."""

    name: str
    daily: tuple[int, int]
    share: float
    sigma: float | None = None
    cap: float = np.inf
    plug_in_breaks: bool = False


EQUAL_SHARES = Setting("3 % at 50/50", (1_900, 1_900), 0.03)
UNEQUAL_SHARES = Setting("1 % at 95/5", (1_900, 100), 0.01, plug_in_breaks=True)
# exp(4 + 2.33) = 560 is the 99th percentile of orders.
CAPPED_REVENUE = Setting("revenue at 50/50, capped", (1_000, 1_000), 0.03, 1.0, cap=560.0)
UNEQUAL_REVENUE = Setting("revenue at 95/5", (1_900, 100), 0.03, 1.0, plug_in_breaks=True)
SETTINGS = [EQUAL_SHARES, UNEQUAL_SHARES, CAPPED_REVENUE, UNEQUAL_REVENUE]


@dataclass(frozen=True)
class Arm:
    """Running totals by run and day."""

    n: Runs
    converters: Runs
    mean: Runs
    variance: Runs


@dataclass(frozen=True)
class Rates:
    """The share of runs that ended, by each way to judge."""

    ours: float
    plug_in: float
    plug_in_without_guard: float
    one_look: float


def draw(chance: np.random.Generator, setting: Setting, daily: int, runs: int) -> Arm:
    converters = chance.binomial(daily, setting.share, (runs, DAYS))
    y = yy = converters.astype(float)
    if setting.sigma is not None:
        orders = chance.lognormal(4, setting.sigma, int(converters.sum()))
        orders = np.minimum(orders, setting.cap)
        of = np.repeat(np.arange(runs * DAYS), converters.ravel())
        y = np.bincount(of, orders, runs * DAYS).reshape(runs, DAYS)
        yy = np.bincount(of, orders * orders, runs * DAYS).reshape(runs, DAYS)
    n = np.broadcast_to(daily * np.arange(1.0, DAYS + 1), (runs, DAYS))
    y, yy = y.cumsum(axis=1), yy.cumsum(axis=1)
    mean = y / n
    return Arm(n, converters.cumsum(axis=1).astype(float), mean, (yy - n * mean**2) / (n - 1))


def judge(setting: Setting, runs: int) -> Rates:
    chance = np.random.default_rng(SEED)
    a, b = (draw(chance, setting, daily, runs) for daily in setting.daily)
    plain = welch_error(a.variance, a.n, b.variance, b.n)
    plain_z = divided(b.mean - a.mean, plain)
    if setting.sigma is None:
        z = pooled_z(a.converters, a.n, b.converters, b.n)
    else:
        common = pooled_variance(a.mean, a.variance, a.n, b.mean, b.variance, b.n)
        z = divided(b.mean - a.mean, robust_error(plain, pooled_error(common, a.n, b.n)))
    n = a.n + b.n
    smaller = np.minimum(a.n, b.n)
    enough = smaller >= 150
    enough[:, : FIRST_LOOK - 1] = False
    guarded = enough & (smaller * (a.converters + b.converters) / n >= 5)

    def ended(p_values: Any, looks: Any) -> float:
        return float(((p_values <= ALPHA) & looks).any(axis=1).mean())

    return Rates(
        ours=ended(always_valid_p(z, n, N_STAR, ALPHA), guarded),
        plug_in=ended(always_valid_p(plain_z, n, N_STAR, ALPHA), guarded),
        plug_in_without_guard=ended(always_valid_p(plain_z, n, N_STAR, ALPHA), enough),
        one_look=ended(normal_p(z), guarded),
    )


def divided(difference: Runs, error: Runs) -> Runs:
    return np.where(error > 0, difference / np.where(error > 0, error, 1.0), 0.0)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
@pytest.mark.parametrize("runs", [2_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_looking_daily_ends_few_tests_without_a_difference(setting: Setting, runs: int) -> None:
    rates = judge(setting, runs)
    print(setting.name, runs, rates)
    assert rates.ours <= ALPHA
    if setting is EQUAL_SHARES:
        assert rates.one_look > 0.15
    if setting.plug_in_breaks:
        assert rates.plug_in_without_guard > ALPHA
