"""Lost exposures are seen, a sound split passes, and weights are the phase's own."""

from __future__ import annotations

import numpy as np
import pytest

from storepulse.domain.statistics.sample_ratio import Split, check_split


@pytest.mark.parametrize("seed", range(5))
def test_two_percent_of_one_variants_exposures_lost_is_seen(seed: int) -> None:
    """Of 200,000 visitors: 4.5 standard errors, where 3.3 are wanted. So 9 times in 10."""
    chance = np.random.default_rng(seed)
    control = chance.binomial(200_000, 0.5, 300)
    kept = chance.binomial(200_000 - control, 0.98)
    splits = [
        check_split([int(a), int(b)], [5_000, 5_000]) for a, b in zip(control, kept, strict=True)
    ]
    seen = sum(split.status == "fail" for split in splits)
    assert seen >= 0.8 * len(splits)
    assert check_split([100_000, 98_000], [5_000, 5_000]).status == "fail"


def test_a_sound_split_fails_one_time_in_a_thousand() -> None:
    chance = np.random.default_rng(11)
    draws = chance.multinomial(20_000, [0.5, 0.3, 0.2], 4_000)
    failed = sum(check_split([int(n) for n in row], [5, 3, 2]).status == "fail" for row in draws)
    assert failed <= 12


def test_only_weights_matter_not_their_sum() -> None:
    assert check_split([300, 100], [3, 1]) == check_split([300, 100], [7_500, 2_500])


def test_one_variant_alone_has_nothing_to_compare() -> None:
    assert check_split([1_000], [10_000]) == Split("pass", 0.0, 1.0)
    assert check_split([], []).status == "not_evaluated"
