"""Plans of tests: sizes against independent values, days, detectable effects, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.planning import Baseline, PlanQuestion, plan, shares_of
from storepulse.domain.experiments.simulated_shop import MadeUpShop
from storepulse.domain.experiments.simulation import SimulatedTest, simulate

ORACLES = Path(__file__).parents[3] / "data" / "experiments" / "statistics.json"
ASKED = PlanQuestion(Baseline(0.03), 0.1, visitors_a_day=3_800)


def oracles() -> list[Any]:
    groups = json.loads(ORACLES.read_text())["groups"]
    return [case for case in groups["power"] if "baseline_rate" in case["input"]]


@pytest.mark.parametrize("case", oracles(), ids=lambda case: str(case["id"]))
def test_sizes_are_those_of_other_programs(case: dict[str, Any]) -> None:
    given, expected = case["input"], case["expect"]
    ratio = given["ratio_variant_to_control"]
    question = PlanQuestion(
        baseline=Baseline(given["baseline_rate"]),
        effect=given["relative_mde"],
        shares=(1 / (1 + ratio), ratio / (1 + ratio)),
        power=given["power"],
        alpha=given["alpha"],
    )
    sizes = plan(question).sizes
    assert sizes is not None
    assert sizes["fixed"].by_variant[0] == pytest.approx(expected["n_control"], abs=1.01)
    always = sizes["always_valid"]
    assert always.by_variant[0] == pytest.approx(expected["n_control_always_valid"], abs=1.01)
    assert always.critical == pytest.approx(expected["k_star"], rel=1e-9)


def test_days_are_whole_weeks_and_the_window() -> None:
    sizes = plan(ASKED).sizes
    assert sizes is not None
    assert (sizes["always_valid"].visitors, sizes["always_valid"].days) == (203_786, 56 + 3)
    assert sizes["fixed"].days == 28 + 7 + 3
    half = plan(replace(ASKED, traffic=0.5)).sizes
    assert half is not None
    assert half["always_valid"].days == 112 + 3
    assert half["always_valid"].visitors == 203_786
    unknown = plan(replace(ASKED, visitors_a_day=None)).sizes
    assert unknown is not None
    assert unknown["always_valid"].days is None


def test_a_planned_test_finds_its_effect_as_surely_as_planned() -> None:
    """The plan held against made-up tests of its size, looked at every day."""
    for method, place, surely in (("always_valid", 2, 0.85), ("fixed", 1, 0.80)):
        sizes = plan(ASKED).sizes
        assert sizes is not None
        days = sizes[method].visitors / 3_800  # type: ignore[index]
        shop = MadeUpShop((sizes[method].visitors / round(days),), 0.03)  # type: ignore[index]
        found = simulate(SimulatedTest(shop, (0.5, 0.5), 0.1, round(days), 2_000), 1)[place]
        assert found.better == pytest.approx(surely, abs=0.03)


def test_the_detectable_effect_is_the_one_whose_size_the_days_have() -> None:
    found = plan(replace(ASKED, effect=None, days=31)).detectable
    assert found is not None
    effect = found["always_valid"]
    assert effect is not None
    sizes = plan(replace(ASKED, effect=effect)).sizes
    assert sizes is not None
    assert sizes["always_valid"].visitors == pytest.approx(28 * 3_800, abs=2)
    revenue = replace(ASKED, baseline=Baseline(2, 20), effect=None, days=31)
    of_revenue = plan(revenue).detectable
    assert of_revenue is not None
    assert of_revenue["fixed"] is not None
    sizes = plan(replace(revenue, effect=of_revenue["fixed"])).sizes
    assert sizes is not None
    assert sizes["fixed"].visitors == pytest.approx(28 * 3_800, abs=2)


def test_days_that_are_over_before_a_window_closes_find_nothing() -> None:
    few = plan(replace(ASKED, effect=None, days=3))
    assert few.detectable == {"always_valid": None, "fixed": None}


def test_more_variants_need_more_of_each_and_the_smallest_decides() -> None:
    sizes = [
        plan(replace(ASKED, shares=shares)).sizes
        for shares in ((0.5, 0.5), (0.25,) * 4, (0.5, 0.3, 0.2))
    ]
    two, four, unequal = (one["always_valid"] for one in sizes if one is not None)
    assert len(four.by_variant) == 4
    assert four.by_variant[0] > two.by_variant[0]
    # The smallest variant has what a plan of it alone asks for, at a level that two share.
    alone = plan(replace(ASKED, shares=(5 / 7, 2 / 7), alpha=0.05)).sizes
    assert alone is not None
    assert unequal.by_variant[2] > alone["always_valid"].by_variant[1]
    assert unequal.by_variant[1] == pytest.approx(1.5 * unequal.by_variant[2], rel=1e-4)


def test_n_star_is_the_pair_of_control_and_one_variant() -> None:
    four = plan(replace(ASKED, shares=(0.25,) * 4))
    assert four.sizes is not None
    assert four.n_star == 2 * four.sizes["always_valid"].by_variant[0]
    by_days = plan(replace(ASKED, shares=(0.25,) * 4, effect=None, days=10))
    assert by_days.n_star == 19_000


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Baseline(0), "baseline"),
        (lambda: Baseline(1), "baseline"),
        (lambda: Baseline(-2, 1), "baseline"),
        (lambda: Baseline(2, 0), "baseline"),
        (lambda: replace(ASKED, effect=None), "effect"),
        (lambda: replace(ASKED, effect=0), "effect"),
        (lambda: replace(ASKED, effect=-1), "effect"),
        (lambda: replace(ASKED, effect=40), "effect"),
        (lambda: plan(replace(ASKED, effect=1e-9)), "effect"),
        (lambda: replace(ASKED, days=7, visitors_a_day=None), "visitors_per_day"),
        (lambda: shares_of("50"), "split"),
        (lambda: shares_of("50/0"), "split"),
        (lambda: shares_of("a/b"), "split"),
        (lambda: shares_of("nan/1"), "split"),
        (lambda: shares_of("/".join(["1"] * 11)), "split"),
    ],
)
def test_what_cannot_be_planned_is_refused(make: Any, field: str) -> None:
    with pytest.raises(Rejected) as refused:
        make()
    assert refused.value.field == field


def test_an_effect_that_leads_nowhere_says_from_where() -> None:
    with pytest.raises(
        Rejected, match=r"from a rate of 0\.9 to 1\.08, which is not between 0 and 1"
    ):
        replace(ASKED, baseline=Baseline(0.9), effect=0.2)
    with pytest.raises(Rejected, match="from a mean of 2 to -1, which is not above 0"):
        replace(ASKED, baseline=Baseline(2, 20), effect=-1.5)
