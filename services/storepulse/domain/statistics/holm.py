"""Several variants against one control.

Source: Holm, "A simple sequentially rejective multiple test procedure" (1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Correction:
    """`level` is that of the comparison's interval, chosen so that it agrees with `rejects`."""

    adjusted_p: float
    rejects: bool
    level: float


def correct(p_values: Sequence[float | None], alpha: float) -> list[Correction]:
    """One correction for each p, in their order. A missing p counts as 1."""
    m = len(p_values)
    known = [1.0 if p is None else p for p in p_values]
    ranked = sorted(range(m), key=lambda index: known[index])
    stop = next((rank for rank, index in enumerate(ranked) if known[index] > alpha / (m - rank)), m)
    corrections: dict[int, Correction] = {}
    highest = 0.0
    for rank, index in enumerate(ranked):
        highest = max(highest, min(1.0, (m - rank) * known[index]))
        level = alpha / (m - min(rank, stop))
        corrections[index] = Correction(highest, rank < stop, level)
    return [corrections[index] for index in range(m)]
