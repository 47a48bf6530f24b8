"""How many events of each second are decoded and kept: a limit per store and one for all. Pure.

A store that floods takes nothing from other stores with few events. Seconds are by Kafka's
timestamp, so the backlog at the start is limited in the same way as live events.
"""

from __future__ import annotations

from collections import Counter

OF_STORE = 100
OF_ALL = 400
SECONDS_KEPT = 120


class Allowance:
    """The events kept in each of the last seconds."""

    def __init__(self, of_store: int = OF_STORE, of_all: int = OF_ALL) -> None:
        self._of_store, self._of_all = of_store, of_all
        self._taken: dict[int, Counter[str | None]] = {}
        self._totals: Counter[int] = Counter()

    def take(self, store_id: str | None, second: int) -> bool:
        """Whether one more event of the store is kept. If so, counts it."""
        taken = self._taken.get(second)
        if taken is None:
            if len(self._taken) >= SECONDS_KEPT:
                oldest = min(self._taken)
                del self._taken[oldest], self._totals[oldest]
            taken = self._taken[second] = Counter()
        # Half of the total is reserved for stores with few events.
        of_store, is_small = taken[store_id], taken[store_id] < self._of_store // 10
        whole = self._of_all if is_small else self._of_all // 2
        if of_store >= self._of_store or self._totals[second] >= whole:
            return False
        taken[store_id] += 1
        self._totals[second] += 1
        return True
