"""`/api/analytics/visitors`: how many people visited a store."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.query.app_state import CanRead, closed_figures, database, visitor_counts
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.closed_figures import ClosedSum
from storepulse.query.errors import error_responses_of
from storepulse.query.periods import ComparedPeriod, CoveredPeriod, clock_of
from storepulse.query.store_days import StorePeriod
from storepulse.query.windows import Window, closed_days_of
from storepulse.query.wire import Day

router = APIRouter(
    route_class=CheckedRoute, tags=["audience"], responses=error_responses_of(400, 401, 403, 503)
)
_SQL = named_sql(
    "query/visitors",
    days="store_id first_day end_day include_bots days visitors closed_end",
    distinct_visitors="store_id first_day end_day",
)
CLOSED_DAYS = ClosedSum(_SQL["closed_days"], ("visitors_daily",))
DISTINCT = _SQL["distinct_visitors"]


class VisitorFilter(StorePeriod, ComparedPeriod):
    """Which visitors. Crawlers never count as visitors; `include_bots` adds their sessions and
    views."""


class VisitorFigures(BaseModel):
    """Figures of one or more days."""

    visitors: int = Field(
        description="Distinct visitors of shop and landing pages, without robots: by visitor_id, "
        "else by session"
    )
    sessions: int = Field(description="Sessions that began")
    views: int = Field(description="Page views")


class VisitorDay(VisitorFigures):
    """A day with any counts."""

    day: Day
    complete: bool = Field(description="Whether the day is over")


class VisitorsOfPeriod(CoveredPeriod):
    """Visitors of a period, each counted once: fewer than the sum of the days."""

    totals: VisitorFigures


class Visitors(VisitorsOfPeriod):
    """Visitors of the days from `from` up to `to`."""

    status: Literal["success"] = "success"
    series: list[VisitorDay]
    comparison: VisitorsOfPeriod | None = Field(description="Null unless `compare` asks for it")


@router.get("/api/analytics/visitors")
async def get_visitors(
    request: Request, reader: CanRead, query: Annotated[VisitorFilter, Query()]
) -> Visitors:
    """Distinct visitors of a store, with its sessions and page views."""
    reads, known = database(request), visitor_counts(request)
    store_id = reader.one_store(query.store_id)

    async def visitors_of(window: Window) -> Visitors:
        period = {
            "store_id": store_id,
            "first_day": window.bounds["first_day"],
            "end_day": window.bounds["end_day"],
        }

        async def count() -> int:
            row = await reads.row(DISTINCT, period)
            found: int = row["visitors"]
            return found

        closed = await closed_figures(request).parameters(
            reads, CLOSED_DAYS, {**period, **closed_days_of(window)}
        )
        asked = {**period, **closed, "include_bots": query.include_bots}
        days = await reads.rows(_SQL["days"], asked)
        visited = [(row["day"], row["visitors"]) for row in days]
        return Visitors(
            **window.fields,
            totals=VisitorFigures(
                visitors=await known.count_distinct(store_id, visited, count),
                sessions=sum(row["sessions"] for row in days),
                views=sum(row["views"] for row in days),
            ),
            series=[VisitorDay(**row, complete=window.is_day_complete(row["day"])) for row in days],
            comparison=None,
        )

    window = query.in_own_days(await clock_of(reads, store_id))
    found = await visitors_of(window)
    earlier = await query.comparison(window, "day", visitors_of)
    if earlier is not None:
        found.comparison = VisitorsOfPeriod.model_validate(dict(earlier))
    return found
