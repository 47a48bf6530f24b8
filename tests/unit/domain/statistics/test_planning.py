"""Planning: what is found with the visitors that were planned, and how long they take."""

from __future__ import annotations

import pytest

from storepulse.domain.statistics.planning import (
    days_needed,
    detectable_mean,
    detectable_share,
    planned_always,
    planned_once,
    visitors_for_mean,
    visitors_for_share,
)


@pytest.mark.parametrize("ratio", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("rate", [0.001, 0.03, 0.5])
def test_the_effect_that_was_planned_is_the_one_that_is_found(rate: float, ratio: float) -> None:
    for demand in (planned_once(0.05, 0.8, ratio), planned_always(0.05, 0.05 / 3, 0.9, ratio)):
        visitors = visitors_for_share(rate, 0.2, demand)
        assert detectable_share(rate, visitors, demand) == pytest.approx(0.2, rel=1e-9)
        visitors = visitors_for_mean(2.0, 20.0, 0.2, demand)
        assert detectable_mean(2.0, 20.0, visitors, demand) == pytest.approx(0.2, rel=1e-9)


def test_looking_always_costs_not_quite_twice_the_visitors() -> None:
    once = visitors_for_share(0.03, 0.1, planned_once(0.05, 0.8))
    always = visitors_for_share(0.03, 0.1, planned_always(0.05, 0.05, 0.8))
    assert always / once == pytest.approx(1.915, abs=0.01)


def test_several_variants_tune_by_alpha_and_are_held_to_their_share_of_it() -> None:
    """k of three variants at N*: rho from alpha itself, as in every look."""
    assert planned_always(0.05, 0.05 / 3, 0.8).critical == pytest.approx(3.418564, abs=1e-6)


def test_too_few_visitors_find_nothing() -> None:
    assert detectable_share(0.03, 2, planned_once(0.05, 0.8)) is None


@pytest.mark.parametrize(
    ("visitors", "eligible", "share", "days"),
    [(7_000, 1_000, 1.0, 7), (7_001, 1_000, 1.0, 14), (7_000, 1_000, 0.25, 28), (1, 1e6, 1.0, 7)],
)
def test_a_test_runs_whole_weeks(visitors: int, eligible: float, share: float, days: int) -> None:
    assert days_needed(visitors, eligible, share) == days
