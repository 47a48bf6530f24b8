"""Search for the records that cannot be applied, in a slice that fails as a whole.

The slice is applied in parts, each in its own transaction. A part that fails is halved; after a
part that succeeds, the size doubles. One bad record costs 2 to 4 times log2(n) transactions. If all
records are bad, each costs one attempt on its own.
"""

from __future__ import annotations

#: Attempts with a single record before it is refused, if another transaction may be the cause.
SINGLE_ATTEMPTS = 3
#: The maximum number of consecutive refused records that are written together.
MOST_REFUSED = 200


class Bisection:
    """Chooses which part of a slice of `records` records to apply next.

    Records before `start` are applied. `refused` maps the refused records that follow, by their
    index counted from `start`, to reasons. The part to apply is `[start, stop)`: the refused
    records, then untried ones if `has_untried`.
    """

    def __init__(self, records: int) -> None:
        self._records = records
        self._size = records // 2
        self._attempts = 0
        self.start = 0
        self.refused: dict[int, str] = {}
        self.refused_count = 0
        self.last_reason = ""

    @property
    def is_done(self) -> bool:
        return self.start >= self._records

    @property
    def stop(self) -> int:
        """The index after the part."""
        if len(self.refused) >= MOST_REFUSED:
            return self._untried
        return min(self._records, self._untried + max(1, self._size))

    @property
    def has_untried(self) -> bool:
        """Whether an untried record may be the cause if the part cannot be applied."""
        return self.stop > self._untried

    @property
    def _untried(self) -> int:
        return self.start + len(self.refused)

    def accept(self) -> None:
        """Note that the part was applied."""
        stop = self.stop
        self._size = max(1, 2 * (stop - self._untried))
        self.start, self._attempts, self.refused = stop, 0, {}

    def reject(self, reason: str, *, may_pass: bool) -> None:
        """Note that the part failed. `may_pass`: another transaction may be the cause."""
        size = self.stop - self._untried
        if size > 1:
            self._size = size // 2
            return
        self._attempts += 1
        if may_pass and self._attempts < SINGLE_ATTEMPTS:
            return
        self.refused[len(self.refused)] = self.last_reason = reason
        self.refused_count += 1
        self._attempts = 0
