"""How many events are decoded and kept of each second: so many of each store, so many of all. Pure.

What one store sends in a flood costs others nothing of theirs, as long as they are few. A second is
the one in which Kafka got the event, so that what came before somebody began to look is judged like
what comes now.
"""

from __future__ import annotations

from collections import Counter

OF_STORE = 100
OF_ALL = 400
SECONDS_KEPT = 120


class Allowance:
    """The room of each of the last seconds."""

    def __init__(self, of_store: int = OF_STORE, of_all: int = OF_ALL) -> None:
        self._of_store, self._of_all = of_store, of_all
        self._taken: dict[int, Counter[str | None]] = {}
        self._totals: Counter[int] = Counter()

    def take(self, store_id: str | None, second: int) -> bool:
        """Whether one more event of the store is kept."""
        taken = self._taken.get(second)
        if taken is None:
            if len(self._taken) >= SECONDS_KEPT:
                oldest = min(self._taken)
                del self._taken[oldest], self._totals[oldest]
            taken = self._taken[second] = Counter()
        # Half of the whole is for stores that have had little.
        of_store, is_small = taken[store_id], taken[store_id] < self._of_store // 10
        whole = self._of_all if is_small else self._of_all // 2
        if of_store >= self._of_store or self._totals[second] >= whole:
            return False
        taken[store_id] += 1
        self._totals[second] += 1
        return True
