"""Simulated tests: the draws are those of the shop, and each way of deciding errs as it should."""

from __future__ import annotations

import math

import numpy as np
import pytest

from storepulse.domain.experiments.simulated_shop import (
    LognormalAmounts,
    MadeUpShop,
    StoredAmounts,
    cap_of,
    run_shop,
)
from storepulse.domain.experiments.simulation import SimulatedTest, holm, judge, may_name, simulate
from storepulse.domain.statistics import holm as statistics_holm
from storepulse.domain.statistics.means import contrast_means, t_p
from storepulse.domain.statistics.proportions import pooled_z
from storepulse.domain.statistics.sequential import always_valid_p
from storepulse.domain.statistics.sums import Sums

SHOP = MadeUpShop((1_000,), 0.03)
HALVES = (0.5, 0.5)


def figures(test: SimulatedTest, seed: int = 1) -> dict[str, float]:
    return {one.way: one.found for one in simulate(test, seed)}


def test_without_a_difference_only_daily_looks_err_often() -> None:
    found = figures(SimulatedTest(SHOP, HALVES, 0.0, 28, 2_000))
    assert found["daily looks"] > 0.15
    assert 0.03 < found["one look"] < 0.07
    assert found["always valid"] < 0.02


def test_a_large_difference_is_found_before_the_end() -> None:
    shop = MadeUpShop((3_800,), 0.03)
    daily, once, valid = simulate(SimulatedTest(shop, HALVES, 0.2, 28, 500), 1)
    assert valid.better > 0.97
    assert valid.worse == 0
    assert once.mean_day == 28
    assert daily.mean_day is not None
    assert valid.mean_day is not None
    assert daily.mean_day < valid.mean_day < 15
    assert valid.seen_effect is not None
    assert 0.2 < valid.seen_effect < 0.4


def test_a_fall_is_worse_not_better() -> None:
    *_, valid = simulate(SimulatedTest(MadeUpShop((3_800,), 0.03), HALVES, -0.3, 14, 100), 1)
    assert (valid.worse, valid.better) == (1, 0)


def test_the_same_seed_gives_the_same_figures_and_another_others() -> None:
    test = SimulatedTest(SHOP, HALVES, 0.1, 7, 300)
    assert simulate(test, 5) == simulate(test, 5)
    assert simulate(test, 5) != simulate(test, 6)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.95, 0.05), (0.25,) * 4])
def test_revenue_keeps_its_promise_too(shares: tuple[float, ...]) -> None:
    shop = MadeUpShop((4_000,), 0.03, LognormalAmounts())
    found = figures(SimulatedTest(shop, shares, 0.0, 28, 400))
    assert found["always valid"] < 0.05
    assert found["daily looks"] > 0.15


def test_sums_are_those_of_visitors_who_are_drawn_one_by_one() -> None:
    """A shop whose buyers all spend 10 has sums that follow from its converters."""
    shop = MadeUpShop((500, 100), 0.1, StoredAmounts(np.array([10.0])))
    sums = run_shop(shop, (0.6, 0.4), (0.0, 0.5), (400, 4), np.random.default_rng(1))
    assert np.array_equal(sums.total, 10 * sums.converters)
    assert np.array_equal(sums.squares, 100 * sums.converters)
    expected = np.array([[300, 200], [360, 240], [660, 440], [720, 480]])
    assert np.allclose(sums.units.mean(axis=0), expected, rtol=0.02)
    rates = sums.converters[:, -1].sum(axis=0) / sums.units[:, -1].sum(axis=0)
    assert rates == pytest.approx([0.1, 0.15], rel=0.02)
    assert (np.diff(sums.converters, axis=1) >= 0).all()


def test_many_buyers_are_drawn_in_parts_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "storepulse.domain.experiments.simulated_shop._AT_ONCE"
    shop = MadeUpShop((300,), 0.2, LognormalAmounts())
    runs = []
    for at_once in (7, 10**6):
        monkeypatch.setattr(module, at_once)
        runs.append(run_shop(shop, HALVES, (0, 0), (20, 3), np.random.default_rng(4)))
    assert np.allclose(runs[0].total, runs[1].total)
    assert np.allclose(runs[0].squares, runs[1].squares)


def test_the_cap_is_what_one_buyer_in_a_hundred_exceeds() -> None:
    cap = cap_of(MadeUpShop((1,), 0.1, LognormalAmounts(50, 1)), np.random.default_rng(1))
    assert cap == pytest.approx(50 * math.exp(2.326), rel=0.05)
    assert cap_of(SHOP, np.random.default_rng(1)) == math.inf


def test_a_look_is_judged_as_a_real_test_is() -> None:
    """The formulas for many looks against those of one, from the same sums."""
    shop = MadeUpShop((2_000,), 0.05, LognormalAmounts())
    test = SimulatedTest(shop, HALVES, 0.3, 10, 40)
    sums = run_shop(shop, HALVES, (0, 0.3), (40, 10), np.random.default_rng(3))
    calls = judge(test, sums).calls["daily looks"][:, -1, 0]
    for run in range(40):
        control, variant = (
            Sums(int(sums.units[run, -1, arm]), *(
                _decimal(part[run, -1, arm]) for part in (sums.total, sums.squares)
            ))
            for arm in (0, 1)
        )  # fmt: skip
        contrasted = contrast_means(control, variant)
        assert not isinstance(contrasted, str)
        p = t_p(contrasted)
        if abs(p - 0.05) > 0.001:
            assert bool(calls[run]) is (p < 0.05)


def _decimal(value: float):  # type: ignore[no-untyped-def]
    from decimal import Decimal

    return Decimal(float(value))


def test_holm_of_many_looks_is_holm_of_each() -> None:
    rng = np.random.default_rng(2)
    p_values = rng.uniform(0, 0.1, (50, 3))
    adjusted = holm(p_values)
    for row, expected in zip(adjusted, p_values, strict=True):
        corrected = statistics_holm.correct(list(expected), 0.05)
        assert row == pytest.approx([one.adjusted_p for one in corrected])


def test_nothing_is_named_before_the_guards_allow_it() -> None:
    few = SimulatedTest(MadeUpShop((80,), 0.5), HALVES, 0.9, 5, 50)
    sums = run_shop(few.shop, few.shares, (0, 0.9), (50, 5), np.random.default_rng(1))
    allowed = may_name(few, sums)
    assert not allowed[:, :3].any()
    assert allowed[:, -1].any()
    rare = SimulatedTest(MadeUpShop((2_000,), 0.0001), HALVES, 0.0, 5, 50)
    sums = run_shop(rare.shop, rare.shares, (0, 0), (50, 5), np.random.default_rng(1))
    assert not may_name(rare, sums).any()


def test_a_shop_without_visitors_on_some_days_is_no_fault() -> None:
    test = SimulatedTest(MadeUpShop((0, 0, 40), 0.1), HALVES, 0.0, 6, 20)
    assert [one.found for one in simulate(test, 1)] == [0, 0, 0]


def test_nothing_is_named_before_three_days_however_many_come() -> None:
    large = SimulatedTest(MadeUpShop((100_000,), 0.1), HALVES, 0.5, 4, 5)
    sums = run_shop(large.shop, HALVES, (0, 0.5), (5, 4), np.random.default_rng(1))
    assert may_name(large, sums).all(axis=(0, 2)).tolist() == [False, False, True, True]


def test_totals_count_up_to_the_cap() -> None:
    amounts = StoredAmounts(np.array([1.0] * 999 + [1e6]))
    shop = MadeUpShop((5_000,), 0.5, amounts)
    sums = run_shop(shop, HALVES, (0, 0), (20, 2), np.random.default_rng(1))
    assert np.array_equal(sums.total, sums.converters)


def test_who_only_buys_sooner_wins_by_all_visitors_and_not_by_mature_ones() -> None:
    """Both buy at 3 %, in one day and in three on average, within a window of a week."""
    runs, days, window, a_day = 1_500, 28, 7, 1_900
    rng = np.random.default_rng(1)
    so_far, mature = zip(*(_bought(rng, (runs, days), window, a_day, mean) for mean in (3, 1)),
                         strict=True)  # fmt: skip
    visitors = np.cumsum(np.full(days, float(a_day)))

    def wins(control: np.ndarray, variant: np.ndarray) -> float:
        z = pooled_z(control, visitors, variant, visitors)
        p_values = always_valid_p(z, 2 * visitors, round(2 * visitors[-1]), 0.05)
        return float((p_values[:, 2:] <= 0.05).any(axis=1).mean())

    assert wins(*so_far) > 0.6
    assert wins(*mature) < 0.02


def _bought(
    rng: np.random.Generator, shape: tuple[int, int], window: int, a_day: int, mean: float
) -> tuple[np.ndarray, np.ndarray]:
    """Buyers until each day, of all visitors until then: those who have bought already, and those
    who do so within their window."""
    ages = np.arange(shape[1]) + 0.5
    until = np.where(ages < window, -np.expm1(-ages / mean) / -np.expm1(-window / mean), 1.0)
    by_age = np.diff(np.concatenate([[0.0], until]))
    buyers = rng.binomial(a_day, 0.03, shape)
    seen = np.zeros(shape)
    for day in range(shape[1]):
        seen[:, day:] += rng.multinomial(buyers[:, day], by_age)[:, : shape[1] - day]
    return np.cumsum(seen, axis=1), np.cumsum(buyers, axis=1)
