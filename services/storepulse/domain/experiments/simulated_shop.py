"""A simulated shop: its visitors, buyers and amounts.

A day's visitors are drawn for each run (Poisson with the shop's mean of that weekday) and divided
among the variants by share. Buyers are drawn by the rate, and each buyer's total from the shop's
amounts. There are no statistics here; the random generator is passed in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: A buyer's total is capped at this share of all totals, as a phase caps revenue.
CAP_SHARE = 0.99
_SAMPLE_FOR_CAP = 20_000
#: The maximum of amounts drawn at once.
_AT_ONCE = 2_000_000


class Amounts(Protocol):
    """What buyers spend."""

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """Draw the totals of `count` buyers."""
        ...


@dataclass(frozen=True)
class LognormalAmounts:
    """Totals whose logarithm is normal: many small ones, a few large ones."""

    median: float = 50.0
    sigma: float = 1.0

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """Draw the totals of `count` buyers."""
        return rng.lognormal(math.log(self.median), self.sigma, count)


@dataclass(frozen=True, eq=False)
class StoredAmounts:
    """Real totals of the shop's buyers, drawn with replacement."""

    totals: Floats

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """Draw the totals of `count` buyers."""
        return rng.choice(self.totals, count)


@dataclass(frozen=True)
class MadeUpShop:
    """`visitors`: new visitors of the test per day, repeated; `rate`: the share that buys."""

    visitors: Sequence[float]
    rate: float
    amounts: Amounts | None = None

    def visitors_on(self, day: int) -> float:
        """Expected visitors of a day, counted from 0."""
        return float(self.visitors[day % len(self.visitors)])


@dataclass(frozen=True, eq=False)
class RunSums:
    """Sums over all visitors until each day: arrays of runs, days, variants.

    `total` and `squares` are Σy and Σy² of capped totals; without amounts, y is 0 or 1.
    """

    units: Floats
    converters: Floats
    total: Floats
    squares: Floats


def cap_of(shop: MadeUpShop, rng: np.random.Generator) -> float:
    """The cap of a buyer's total; infinite without amounts."""
    if shop.amounts is None:
        return math.inf
    sample = shop.amounts.draw(rng, _SAMPLE_FOR_CAP)
    return float(np.quantile(sample, CAP_SHARE, method="inverted_cdf"))


def run_shop(
    shop: MadeUpShop,
    shares: Sequence[float],
    effects: Sequence[float],
    shape: tuple[int, int],
    rng: np.random.Generator,
) -> RunSums:
    """Simulate runs of a test; `shape` is (runs, days).

    By variant, `shares` are shares of the visitors, and `effects` relative differences from the
    shop's rate.
    """
    runs, days = shape
    wanted = (runs, days, len(shares))
    units, converters = np.empty(wanted), np.empty(wanted)
    total, squares = np.empty(wanted), np.empty(wanted)
    cap = cap_of(shop, rng)
    rates = np.clip([shop.rate * (1 + effect) for effect in effects], 0, 1)
    for day in range(days):
        expected = [shop.visitors_on(day) * share for share in shares]
        units[:, day] = rng.poisson(expected, (runs, len(shares)))
        converters[:, day] = rng.binomial(units[:, day].astype(np.int64), rates)
        if shop.amounts is not None:
            total[:, day], squares[:, day] = _spend(shop.amounts, converters[:, day], cap, rng)
    if shop.amounts is None:
        total[:], squares[:] = converters, converters
    return RunSums(*(np.cumsum(part, axis=1) for part in (units, converters, total, squares)))


def _spend(
    amounts: Amounts, converters: Floats, cap: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Σy and Σy² of the buyers of one day: arrays like `converters`."""
    counts = converters.astype(np.int64).ravel()
    ends = np.cumsum(counts)
    total, squares = np.zeros(len(counts)), np.zeros(len(counts))
    first = 0
    while first < len(counts):
        drawn_before = ends[first] - counts[first]
        # At least one cell, even if it has more buyers than the limit.
        last = max(first + 1, int(np.searchsorted(ends, drawn_before + _AT_ONCE, side="right")))
        cells = np.repeat(np.arange(last - first), counts[first:last])
        spent = np.minimum(amounts.draw(rng, len(cells)), cap)
        total[first:last] = np.bincount(cells, spent, last - first)
        squares[first:last] = np.bincount(cells, spent * spent, last - first)
        first = last
    return total.reshape(converters.shape), squares.reshape(converters.shape)
