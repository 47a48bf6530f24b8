"""How long requests took, as counters: few enough to be kept for each minute and destination.

A counter's bound is a quarter above the one before it, so that a quantile of them is off by less
than that; the last one counts what took longer than any time-out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

#: Greatest seconds of each counter but the last.
BOUNDS = tuple(0.002 * 1.25**step for step in range(41))
COUNTERS = len(BOUNDS) + 1


def counter_of(seconds: float) -> int:
    """The counter of a request that took so long."""
    return bisect_left(BOUNDS, seconds)


def quantile_of(counts: Sequence[int], share: float) -> float | None:
    """Seconds within which that share of the requests was answered, to milliseconds; None where
    there are none. Between the bounds of a counter its requests are taken to lie evenly."""
    wanted = share * sum(counts)
    if not wanted:
        return None
    before = 0
    for counter, count in enumerate(counts):
        if count and before + count >= wanted:
            least = BOUNDS[counter - 1] if counter else 0.0
            most = BOUNDS[min(counter, len(BOUNDS) - 1)]
            return round(least + (most - least) * (wanted - before) / count, 3)
        before += count
    return round(BOUNDS[-1], 3)
