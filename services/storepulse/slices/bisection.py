"""Finding the records that cannot be applied, in a slice that fails as a whole.

The slice is applied in parts, each for good: half of what failed, twice of what went well. So one
bad record costs 2 to 4 times log2(n) transactions, and where all are bad each costs one attempt
with that record alone.
"""

from __future__ import annotations

#: How often a record is tried alone before it is refused, where another transaction may be in the
#: way.
SINGLE_ATTEMPTS = 3
#: So many refused records in a row are written together.
MOST_REFUSED = 200


class Bisection:
    """Which part of a slice of `records` records to apply next.

    Records before `start` are applied. `refused` holds the ones after them that cannot be, with
    the reasons, by their indexes counted from `start`. The part to apply is from `start` to before
    `stop`: the refused ones, and untried ones where `has_untried`.
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
        """Whether a record of the part may be to blame where it cannot be applied."""
        return self.stop > self._untried

    @property
    def _untried(self) -> int:
        return self.start + len(self.refused)

    def accept(self) -> None:
        """The part was applied."""
        stop = self.stop
        self._size = max(1, 2 * (stop - self._untried))
        self.start, self._attempts, self.refused = stop, 0, {}

    def reject(self, reason: str, *, may_pass: bool) -> None:
        """The part could not be applied. `may_pass`: it may be another transaction's doing."""
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
