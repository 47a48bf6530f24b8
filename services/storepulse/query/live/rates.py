"""Events of each second by outcome, for the last 90 seconds. Pure.

An event counts in the second of its outcome, by Kafka's clock. A duplicate counts in the second in
which it was detected. Refusals that the gateway left out count with the refusal that reports them.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal

SECONDS_KEPT = 100
SECONDS_SHOWN = 90
#: Most counters of one second; beyond that, events are counted without a store.
MOST_APART = 5_000

Outcome = Literal["accepted", "applied", "duplicate", "rejected", "dead"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "applied", "duplicate", "rejected", "dead")

_Key = tuple[str | None, str, Outcome]


class Rates:
    """Counts by second, store and stream."""

    def __init__(self) -> None:
        self._seconds: dict[int, Counter[_Key]] = {}
        #: For each second, the number of its last change; numbers increase with each change.
        self._changes: dict[int, int] = {}
        self._change = 0

    def count(
        self, at_ms: int, store_id: str | None, stream: str, outcome: Outcome, number: int = 1
    ) -> None:
        """Count events of a moment."""
        second = at_ms // 1000
        counts = self._seconds.get(second)
        if counts is None:
            counts = self._seconds[second] = Counter()
            self._forget(max(self._seconds) - SECONDS_KEPT)
            if second not in self._seconds:
                return
        if len(counts) >= MOST_APART:
            store_id = None
        counts[store_id, stream, outcome] += number
        self._change += 1
        self._changes[second] = self._change

    def changed_since(self, change: int, now: int) -> tuple[list[int], int]:
        """The seconds before `now` that changed after `change`, and the number to ask with next.

        Seconds are whole seconds since 1970.
        """
        first = now - SECONDS_SHOWN
        changed = [s for s, at in self._changes.items() if at > change and first <= s < now]
        running = [at for s, at in self._changes.items() if s >= now]
        # Seconds that are not over yet are returned by a later call.
        return sorted(changed), min([self._change, *(at - 1 for at in running)])

    def of_second(
        self, second: int, store_id: str | None, stream: str | None
    ) -> dict[Outcome, int]:
        """Counts of one second; `store_id` and `stream` None: all."""
        found = dict.fromkeys(OUTCOMES, 0)
        for (store, of_stream, outcome), number in self._seconds.get(second, Counter()).items():
            if store_id in (None, store) and stream in (None, of_stream):
                found[outcome] += number
        return found

    def _forget(self, before: int) -> None:
        for second in [s for s in self._seconds if s < before]:
            del self._seconds[second]
            self._changes.pop(second, None)
