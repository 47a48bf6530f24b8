"""Counts of deliveries, cached for an hour, computed once for concurrent requests.

Rules: an answer has the time of its figures. A request for fresh figures joins a running
computation. A failure is raised to all who wait for it, and is not cached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.pool import Pool

LONGEST_AGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DeliveryCount:
    """Deliveries of one destination and store by status. `destination` is None if it was
    removed."""

    destination_id: UUID
    destination: str | None
    store_id: UUID
    pending: int
    sent: int
    failed: int
    skipped: int


@dataclass(frozen=True, slots=True)
class DeliveryFigures:
    """All counts as of a moment, UTC."""

    as_of: datetime
    counts: Sequence[DeliveryCount]


class DeliveryStats:
    """The newest figures. `count` reads them; `clock` returns the current time."""

    def __init__(
        self, count: Callable[[], Awaitable[Sequence[DeliveryCount]]], clock: Callable[[], datetime]
    ) -> None:
        self._count = count
        self._clock = clock
        self._newest: DeliveryFigures | None = None
        self._running: asyncio.Task[DeliveryFigures] | None = None

    async def figures(self, *, refresh: bool = False) -> DeliveryFigures:
        """Figures of the last hour; with `refresh`, current ones. Raises what `count` raises."""
        newest = self._newest
        if newest is not None and not refresh and self._clock() - newest.as_of < LONGEST_AGE:
            return newest
        if self._running is None:
            self._running = asyncio.create_task(self._compute())
        # A client that disconnects must not cancel what others wait for.
        return await asyncio.shield(self._running)

    async def _compute(self) -> DeliveryFigures:
        as_of = self._clock()
        try:
            self._newest = DeliveryFigures(as_of, await self._count())
            return self._newest
        finally:
            self._running = None


async def count_deliveries(database: Pool) -> list[DeliveryCount]:
    """The figures of every destination and store, from the database."""
    rows = await database.rows(named_sql("destinations/delivery_reads")["stats"], {})
    return [DeliveryCount(**row) for row in rows]
