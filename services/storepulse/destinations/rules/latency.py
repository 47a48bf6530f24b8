"""A histogram of request durations, small enough to be stored for each minute and destination.

Each bound is 25 % above the previous one, so the error of a quantile is less than that. The last
counter has requests that took longer than any time-out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

#: Upper bounds in seconds of all counters but the last.
BOUNDS = tuple(0.002 * 1.25**step for step in range(41))
COUNTERS = len(BOUNDS) + 1


def counter_of(seconds: float) -> int:
    """The index of the counter for a duration."""
    return bisect_left(BOUNDS, seconds)


def quantile_of(counts: Sequence[int], share: float) -> float | None:
    """Seconds within which that share of the requests was answered, to milliseconds; None without
    requests. Interpolates linearly within a counter."""
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
