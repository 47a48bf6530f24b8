"""Simulation of how often a test names a false winner, and how often it finds a real one.

Many simulated runs of one test are looked at every day and judged in three ways, with the functions
that judge real tests:

    daily looks    a fixed-horizon test, stopped on the first day on which its p is below alpha
    one look       the same test, looked at only on the last day
    always valid   the test that results use: it may be looked at every day

A day means the visitors whose conversion window has closed on it. Without an effect, each winner is
a false one. The same seed gives the same random draws.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from storepulse.domain.experiments.guards import FEWEST_EXPECTED, FEWEST_MATURE, SHORTEST
from storepulse.domain.experiments.simulated_shop import Floats, MadeUpShop, RunSums, run_shop
from storepulse.domain.statistics.figures import normal_p
from storepulse.domain.statistics.means import (
    pooled_error,
    pooled_variance,
    robust_error,
    welch_error,
)
from storepulse.domain.statistics.proportions import pooled_z
from storepulse.domain.statistics.sequential import always_valid_p

WayName = Literal["daily looks", "one look", "always valid"]
WAYS: tuple[WayName, ...] = ("daily looks", "one look", "always valid")
#: The guards of real tests, in days.
_FEWEST_DAYS = math.ceil(SHORTEST / timedelta(days=1))
#: The maximum of numbers in each array.
_AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class SimulatedTest:
    """A test to simulate in the shop, `runs` times for `days` days.

    `shares` are those of control and the variants. Each variant's rate is the shop's times
    1 + `effect`. `n_star`: planned visitors of control and one variant; None: all visitors.
    """

    shop: MadeUpShop
    shares: Sequence[float]
    effect: float
    days: int
    runs: int
    alpha: float = 0.05
    n_star: int | None = None

    @property
    def planned_visitors(self) -> int:
        """Visitors of control and the first variant for which the always-valid test is tuned."""
        expected = sum(self.shop.visitors_on(day) for day in range(self.days))
        return self.n_star or max(1, round(expected * (self.shares[0] + self.shares[1])))


@dataclass(frozen=True)
class WayFigures:
    """The results of one way, as shares of all runs.

    `found`: a winner or a loser was named; `better` and `worse`: which; `mean_day`: the average day
    on which it was; `seen_effect`: the average lift that was shown then, of those named better;
    `by_day`: `found` until each day (for one look: on that day).
    """

    way: WayName
    found: float
    better: float
    worse: float
    mean_day: float | None
    seen_effect: float | None
    by_day: tuple[float, ...]

    def error(self, runs: int) -> float:
        """The standard error of `found`."""
        return math.sqrt(self.found * (1 - self.found) / runs)


@dataclass(frozen=True, eq=False)
class _Looks:
    """The result of each look: arrays of runs, days, variants.

    `calls`, by way: 1 better, -1 worse, 0 nothing. `lift` is NaN if control has nothing.
    """

    calls: dict[WayName, NDArray[np.int8]]
    lift: Floats


def simulate(trial: SimulatedTest, seed: int) -> list[WayFigures]:
    """The figures of each way."""
    rng = np.random.default_rng(seed)
    judged = [judge(trial, sums) for sums in _batches(trial, rng)]
    lift = np.concatenate([one.lift for one in judged])
    return [
        _figures_of(way, np.concatenate([one.calls[way] for one in judged]), lift) for way in WAYS
    ]


def _batches(trial: SimulatedTest, rng: np.random.Generator) -> Iterator[RunSums]:
    """The runs, in batches that fit into memory."""
    effects = [0.0, *[trial.effect] * (len(trial.shares) - 1)]
    at_once = max(1, _AT_ONCE // (trial.days * len(trial.shares)))
    for first in range(0, trial.runs, at_once):
        runs = min(at_once, trial.runs - first)
        yield run_shop(trial.shop, trial.shares, effects, (runs, trial.days), rng)


def judge(trial: SimulatedTest, sums: RunSums) -> _Looks:
    """The result of each way at each look at these sums."""
    pairs = sums.units[..., :1] + sums.units[..., 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        fixed, robust = _statistics(trial, sums)
        means = sums.total / sums.units
        lift = means[..., 1:] / means[..., :1] - 1
    allowed = may_name(trial, sums)
    p_fixed = np.where(allowed, normal_p(np.nan_to_num(fixed)), 1.0)
    p_valid = always_valid_p(np.nan_to_num(robust), pairs, trial.planned_visitors, trial.alpha)
    sides = np.sign(np.nan_to_num(fixed)).astype(np.int8)
    naive = _calls(p_fixed, sides, trial.alpha)
    valid = _calls(np.where(allowed, p_valid, 1.0), sides, trial.alpha)
    calls: dict[WayName, NDArray[np.int8]] = {
        "daily looks": naive,
        "one look": naive,
        "always valid": valid,
    }
    return _Looks(calls, lift)


def _statistics(trial: SimulatedTest, sums: RunSums) -> tuple[Floats, Floats]:
    """Differences in standard errors: for one planned look, and for all looks.

    Normal even if a test of means uses Student's t: below 150 visitors no winner is named.
    """
    n_a, n_b = sums.units[..., :1], sums.units[..., 1:]
    if trial.shop.amounts is None:
        pooled = pooled_z(sums.converters[..., :1], n_a, sums.converters[..., 1:], n_b)
        return pooled, pooled
    means = sums.total / sums.units
    variances = (sums.squares - sums.units * means**2) / (sums.units - 1)
    a, b = (means[..., :1], variances[..., :1], n_a), (means[..., 1:], variances[..., 1:], n_b)
    welch = welch_error(a[1], n_a, b[1], n_b)
    robust = robust_error(welch, pooled_error(pooled_variance(*a, *b), n_a, n_b))
    difference = b[0] - a[0]
    return difference / welch, difference / robust


def may_name(trial: SimulatedTest, sums: RunSums) -> NDArray[np.bool_]:
    """Whether a winner may be named: arrays of runs, days, variants."""
    n_a, n_b = sums.units[..., :1], sums.units[..., 1:]
    converters = sums.converters[..., :1] + sums.converters[..., 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.minimum(n_a, n_b) * np.nan_to_num(converters / (n_a + n_b))
    enough: NDArray[np.bool_] = expected >= FEWEST_EXPECTED
    if trial.shop.amounts is None:
        enough &= np.minimum(n_a, n_b) - expected >= FEWEST_EXPECTED
    days = np.arange(1, trial.days + 1)[np.newaxis, :, np.newaxis]
    enough &= np.min(sums.units, axis=-1, keepdims=True) >= FEWEST_MATURE
    enough &= days >= _FEWEST_DAYS
    return enough


def holm(p_values: Floats) -> Floats:
    """Holm's adjusted p over the last axis: `domain.statistics.holm` for many looks at once."""
    m = p_values.shape[-1]
    order = np.argsort(p_values, axis=-1, kind="stable")
    ranked = np.take_along_axis(p_values, order, axis=-1) * np.arange(m, 0, -1)
    raised = np.minimum(np.maximum.accumulate(ranked, axis=-1), 1.0)
    adjusted = np.empty_like(raised)
    np.put_along_axis(adjusted, order, raised, axis=-1)
    return adjusted


def _calls(p_values: Floats, sides: NDArray[np.int8], alpha: float) -> NDArray[np.int8]:
    return np.where(holm(p_values) <= alpha, sides, 0).astype(np.int8)


def _figures_of(way: WayName, calls: NDArray[np.int8], lift: Floats) -> WayFigures:
    runs, days, _ = calls.shape
    called = (calls != 0).any(axis=-1)
    if way == "one look":
        by_day = called.mean(axis=0)
        stopped, day = called[:, -1], np.full(runs, days - 1)
    else:
        by_day = np.logical_or.accumulate(called, axis=1).mean(axis=0)
        stopped, day = called.any(axis=1), called.argmax(axis=1)
    at = np.arange(runs)
    said = calls[at, day]
    better = stopped & (said > 0).any(axis=-1)
    worse = stopped & (said < 0).any(axis=-1)
    shown = lift[at, day][said > 0]
    shown = shown[np.isfinite(shown)]
    return WayFigures(
        way=way,
        found=float(stopped.mean()),
        better=float(better.mean()),
        worse=float(worse.mean()),
        mean_day=float(day[stopped].mean() + 1) if stopped.any() else None,
        seen_effect=float(shown.mean()) if len(shown) else None,
        by_day=tuple(map(float, by_day)),
    )
