"""Beliefs against adaptive quadrature, and at sizes that leave floats little room."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from scipy import special
from scipy.integrate import quad

from storepulse.domain.statistics.bayes import believe_means, believe_shares, believed_share
from storepulse.domain.statistics.proportions import Share


def _pairs() -> list[tuple[Share, Share]]:
    chance = random.Random(8)
    pairs = []
    for _ in range(20):
        arms = []
        for _ in range(2):
            n = int(10 ** chance.uniform(0, 5))
            arms.append(Share(int(n * chance.choice([0, 0.01, 0.05, 0.5, 0.95, 1])), n))
        pairs.append((arms[0], arms[1]))
    return pairs


@pytest.mark.parametrize(("a", "b"), _pairs(), ids=str)
def test_probabilities_are_those_of_adaptive_quadrature(a: Share, b: Share) -> None:
    of_a, of_b = (1 + a.x, 1 + a.n - a.x), (1 + b.x, 1 + b.n - b.x)
    belief = believe_shares(a, b)

    def density(place: float) -> float:
        logs = special.xlogy(of_b[0] - 1, place) + special.xlog1py(of_b[1] - 1, -place)
        return math.exp(logs - special.betaln(*of_b)) * float(special.betainc(*of_a, place))

    means = [of[0] / sum(of) for of in (of_a, of_b)]
    spreads = [math.sqrt(m * (1 - m) / sum(of)) for m, of in zip(means, (of_a, of_b), strict=True)]
    cuts = sorted(
        cut
        for m, sd in zip(means, spreads, strict=True)
        for cut in (m - 6 * sd, m - sd, m + sd, m + 6 * sd)
        if 0 < cut < 1
    )
    edges = [0.0, *cuts, 1.0]
    wanted = sum(quad(density, low, high, epsabs=1e-13)[0] for low, high in pairwise(edges))
    assert belief.beats_control == pytest.approx(wanted, abs=1e-8)
    # E(B - A) is the loss of keeping control minus that of choosing the variant.
    assert belief.loss_if_kept - belief.loss_if_chosen == pytest.approx(
        means[1] - means[0], abs=1e-12
    )
    assert belief.lift is not None
    assert belief.lift.low < belief.lift.high


def test_swapping_the_arms_swaps_the_belief() -> None:
    a, b = Share(31, 900), Share(45, 1_200)
    one, other = believe_shares(a, b), believe_shares(b, a)
    assert one.beats_control == pytest.approx(1 - other.beats_control, abs=1e-12)
    assert one.loss_if_kept == pytest.approx(other.loss_if_chosen, rel=1e-10)
    assert one.lift is not None
    assert other.lift is not None
    assert (1 + one.lift.low) * (1 + other.lift.high) == pytest.approx(1, rel=1e-8)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (Share(0, 50_000_000), Share(50_000_000, 50_000_000)),
        (Share(25_000_000, 50_000_000), Share(1, 1)),
        (Share(0, 0), Share(3, 1_000_000_000)),
        (Share(1_000_000, 50_000_000), Share(1_010_000, 50_000_000)),
    ],
    ids=str,
)
def test_no_size_is_too_large(a: Share, b: Share) -> None:
    belief = believe_shares(a, b)
    assert belief.lift is not None
    figures = (
        belief.beats_control,
        belief.loss_if_chosen,
        belief.loss_if_kept,
        belief.lift.low,
        belief.lift.high,
        believed_share(a).low,
        believed_share(b).high,
    )
    assert all(math.isfinite(figure) for figure in figures)
    assert 0 <= belief.beats_control <= 1


@pytest.mark.parametrize("u", [-60.0, -38.0, 0.0, 38.0, 1e9])
def test_a_difference_of_many_errors_costs_nothing_one_way(u: float) -> None:
    belief = believe_means(u, 1.0)
    assert belief.loss_if_chosen >= 0
    assert belief.loss_if_kept >= 0
    assert max(belief.loss_if_chosen, belief.loss_if_kept) == pytest.approx(abs(u) or 0.39894228)
