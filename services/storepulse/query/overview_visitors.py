"""Visitors of a window and of its buckets, each distinct within its own time.

Closed days are cached like other figures of closed days, and distinct visitors of a period as long
as its days have the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain.time_zones import A_DAY
from storepulse.query.app_state import closed_figures, database, visitor_counts
from storepulse.query.closed_figures import ClosedSum
from storepulse.query.overview_buckets import Place
from storepulse.query.visitors import CLOSED_DAYS, DISTINCT
from storepulse.query.windows import Window, closed_days_of
from storepulse.query.wire import Json

_SQL = named_sql("query/overview")
_CLOSED_HOURS = ClosedSum(_SQL["closed_hours"], ("visitors_hourly",))
#: Most rows read to find returning visitors: about ten milliseconds.
MOST_ROWS = 100_000


class CountedVisitors:
    """The visitors of one store in this request's snapshot, without robots."""

    def __init__(self, request: Request, store_id: UUID) -> None:
        self._reads = database(request)
        self._closed = closed_figures(request)
        self._known = visitor_counts(request)
        self._store_id = store_id

    async def count_by_place(self, window: Window, *, by_hour: bool) -> Mapping[Place, int]:
        """Visitors of each local day, or of each hour of a local day."""
        if not by_hour:
            return {(day, None): visitors for day, visitors in await self._days(window)}
        asked = self._bounds(window)
        closed = await self._closed.parameters(self._reads, _CLOSED_HOURS, asked)
        rows = await self._reads.rows(_SQL["visitor_hours"], {**asked, **closed})
        return {(row["day"], row["hour"]): row["visitors"] for row in rows}

    async def count(self, window: Window) -> int:
        """Distinct visitors of the window, up to its cut."""
        days = await self._days(window)
        asked = self._bounds(window)
        statement = DISTINCT
        if window.cut is not None:
            assert window.end_day is not None  # noqa: S101 - a window that is cut has one
            last = window.end_day - A_DAY
            asked |= {"day": last, "cut": window.cut}
            row = await self._reads.row(_SQL["visitors_until"], asked)
            days = [(day, visitors) for day, visitors in days if day < last]
            days.append((last, row["visitors"]))
            statement = _SQL["distinct_until"]

        async def count() -> int:
            found: int = (await self._reads.row(statement, asked))["visitors"]
            return found

        return await self._known.count_distinct(self._store_id, days, count)

    async def count_returning(self, window: Window) -> int | None:
        """Visitors of the window who had come on an earlier day; None if counting takes too
        long."""
        row = await self._reads.row(
            _SQL["known_visitors"], {**self._bounds(window), "most": MOST_ROWS}
        )
        returning: int = row["returning"]
        return None if (row["days"] or 0) > MOST_ROWS else returning

    async def _days(self, window: Window) -> list[tuple[date, int]]:
        asked = self._bounds(window)
        closed = await self._closed.parameters(self._reads, CLOSED_DAYS, asked)
        rows = await self._reads.rows(_SQL["visitor_days"], {**asked, **closed})
        return [(row["day"], row["visitors"]) for row in rows]

    def _bounds(self, window: Window) -> Json:
        days: dict[str, Any] = {"first_day": window.first_day, "end_day": window.end_day}
        return {"store_id": self._store_id, **days, **closed_days_of(window)}
