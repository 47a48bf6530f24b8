"""Distinct visitors of periods, remembered for as long as they are right.

Rows of visitors are added and never changed: days that have as many rows as they had have the same
rows, and a period of such days has the same distinct visitors. So nothing here grows old, and an
answer whose days and distinct figure come from one snapshot agrees with itself. What is remembered
of a period that goes on is soon of no use, and gives way to what is asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from hashlib import sha256
from uuid import UUID

#: Periods that are remembered, some 200 bytes each.
PERIODS = 10_000


class VisitorCounts:
    """Distinct visitors of the periods that were asked for last."""

    def __init__(self, periods: int = PERIODS) -> None:
        self._periods = periods
        self._known: OrderedDict[bytes, int] = OrderedDict()

    async def count_distinct(
        self,
        store_id: UUID | None,
        days: Sequence[tuple[date, int]],
        count: Callable[[], Awaitable[int]],
    ) -> int:
        """Distinct visitors of a store's days, each given with how many it had. `count` counts
        them, in the snapshot from which the days are; it is not asked for what is known."""
        visited = [(day, visitors) for day, visitors in days if visitors]
        if len(visited) < 2:
            return sum(visitors for _, visitors in visited)
        key = sha256(repr((store_id, visited)).encode()).digest()
        found = self._known.get(key)
        if found is None:
            found = await count()
        self._known[key] = found
        self._known.move_to_end(key)
        if len(self._known) > self._periods:
            self._known.popitem(last=False)
        return found
