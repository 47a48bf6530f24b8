"""Results read every day, all of the way from rollups: few winners without a difference, and a
large difference is found."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.experiment_rollups import at, binary_rollups, phase

from storepulse.domain.experiments.results import results_of

DAYS = 28
NAMES = ("control", "b", "c", "d")


def _share_with_a_winner(runs: int, shares: tuple[float, float, float, float]) -> float:
    """Of runs where some day's reading found a difference of some variant."""
    chance = np.random.default_rng(17)
    its_phase = phase(weights=(2_500,) * 4)
    found = 0
    for _ in range(runs):
        drawn = chance.binomial(400, shares, (DAYS, 4))
        daily = [{name: (int(x), 400) for name, x in zip(NAMES, row, strict=True)} for row in drawn]
        results = results_of(its_phase, binary_rollups(daily), at(DAYS + 4))
        variants = results.metrics[0].variants
        found += any(each.first_conclusive_day is not None for each in variants)
    return found / runs


@pytest.mark.parametrize(
    "runs", [60, pytest.param(600, marks=[pytest.mark.long, pytest.mark.timeout(900)])]
)
def test_three_variants_like_control_seldom_win(runs: int) -> None:
    assert _share_with_a_winner(runs, (0.03, 0.03, 0.03, 0.03)) <= 0.05


def test_a_large_difference_is_found() -> None:
    assert _share_with_a_winner(8, (0.03, 0.03, 0.05, 0.03)) >= 0.9
