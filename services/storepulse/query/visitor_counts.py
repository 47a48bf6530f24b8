"""Distinct visitors of periods, cached.

Rows of visitors are added and never changed. So days with the same number of rows have the same
rows, and a period of such days has the same distinct visitors. Entries never become stale, and an
answer whose days and distinct count come from one snapshot is consistent. Entries of a period that
is still growing soon become useless, and are evicted by newer ones.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from hashlib import sha256
from uuid import UUID

#: Most cached periods, about 200 bytes each.
PERIODS = 10_000


class VisitorCounts:
    """A cache of the distinct visitors of recently requested periods."""

    def __init__(self, periods: int = PERIODS) -> None:
        self._periods = periods
        self._known: OrderedDict[bytes, int] = OrderedDict()

    async def count_distinct(
        self,
        store_id: UUID | None,
        days: Sequence[tuple[date, int]],
        count: Callable[[], Awaitable[int]],
    ) -> int:
        """Distinct visitors of a store's days, each given with its number of visitors.

        `count` counts them in the snapshot that the days were read from. It is not called if the
        result is cached.
        """
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
