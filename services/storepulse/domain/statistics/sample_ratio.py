"""Sample-ratio mismatch: visitors are not split by the weights, so some are lost.

Source: Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments" (2019);
Pearson's chi-squared test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import scipy

#: It fails in 1 % of sound tests that are checked daily for 28 days.
FAILS_BELOW = 0.001
FEWEST_EXPECTED = 5

Status = Literal["pass", "fail", "not_evaluated"]
SplitReason = Literal["expected_below_5", "units_in_zero_weight_variant"]


@dataclass(frozen=True, slots=True)
class Split:
    """Whether the split of visitors matches the weights."""

    status: Status
    chi_squared: float | None = None
    p_value: float | None = None
    reason: SplitReason | None = None


def check_split(observed: Sequence[int], weights: Sequence[int]) -> Split:
    """Visitors of each variant compared with its weight; variants without weight are excluded."""
    if any(units for units, weight in zip(observed, weights, strict=True) if weight == 0):
        return Split("fail", p_value=0.0, reason="units_in_zero_weight_variant")
    shares = [(units, weight) for units, weight in zip(observed, weights, strict=True) if weight]
    units_of_all = sum(units for units, _ in shares)
    whole = sum(weight for _, weight in shares)
    expected = [units_of_all * weight / whole for _, weight in shares]
    if not expected or min(expected) < FEWEST_EXPECTED:
        return Split("not_evaluated", reason="expected_below_5")
    terms = zip((units for units, _ in shares), expected, strict=True)
    chi_squared = sum((units - wanted) ** 2 / wanted for units, wanted in terms)
    # One variant with weight leaves nothing to compare.
    p_value = float(scipy.special.chdtrc(len(shares) - 1, chi_squared)) if len(shares) > 1 else 1.0
    return Split("fail" if p_value < FAILS_BELOW else "pass", chi_squared, p_value)
