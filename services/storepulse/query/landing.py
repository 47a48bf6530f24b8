"""`/api/landing-pages/{id}/stats`: what a landing page brought."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.query.activity import share
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.periods import CoveredPeriod, Period
from storepulse.query.wire import Day, Money, Text

router = APIRouter(
    route_class=CheckedRoute,
    tags=["landing pages"],
    responses=error_responses_of(400, 401, 403, 503),
)

PageId = Annotated[Text, Path(description="The landing page", examples=["lp-summer"])]
_COUNTS = ("views", "clicks", "purchases", "others")


class LandingFilter(Period):
    """Which part of a landing page's figures."""

    store_id: UUID | None = Field(None, description="This store only")
    campaign_id: Text | None = Field(None, description="This campaign only")


class Revenue(BaseModel):
    """Money of one currency."""

    currency: str = Field(description="ISO 4217; empty where purchases named none")
    purchases: int
    revenue: Money


class LandingFigures(BaseModel):
    """Figures of a landing page."""

    visits: int = Field(description="Distinct sessions of the period, whichever store they name")
    views: int
    clicks: int = Field(description="Clicks on a call to action (AddToCart)")
    purchases: int = Field(description="Orders, each once, and purchases that name no order")
    others: int = Field(description="Custom events and web vitals")
    revenue: list[Revenue]
    conversion: float | None = Field(description="purchases / visits; null without visits")


class LandingDay(LandingFigures):
    """Figures of one day of the store."""

    day: Day


class LandingStats(LandingFigures):
    """Figures of the whole period, and of its days; days without any event are left out.

    A session that lasts over midnight is a visit of both days and one visit of the period.
    """

    landing_page_id: str
    by_day: list[LandingDay]


class LandingAnswer(CoveredPeriod):
    """The figures with the period that they are of."""

    status: Literal["success"] = "success"
    data: LandingStats


@router.get("/api/landing-pages/{landing_page_id}/stats")
async def get_landing_stats(
    request: Request,
    reader: CanRead,
    landing_page_id: PageId,
    query: Annotated[LandingFilter, Query()],
) -> LandingAnswer:
    """Visits, views, clicks, purchases, revenue and conversion, in total and by day."""
    window = query.in_whole("day")
    reads, statements = database(request), named_sql("streams/landing/queries")
    parameters = {
        "landing_page_id": landing_page_id,
        "campaign_id": query.campaign_id,
        "store_id": reader.store(query.store_id),
        "include_bots": query.include_bots,
        **window.bounds,
    }
    events = {row["day"]: row for row in await reads.rows(statements["events"], parameters)}
    visits = {
        row["day"]: row["visits"] for row in await reads.rows(statements["visits"], parameters)
    }
    revenue: dict[date | None, list[Revenue]] = defaultdict(list)
    for row in await reads.rows(statements["revenue"], parameters):
        revenue[row["day"]].append(Revenue.model_validate(row))

    def figures(day: date | None) -> dict[str, Any]:
        counts = {name: (events.get(day) or {}).get(name) or 0 for name in _COUNTS}
        sessions = visits.get(day, 0)
        return {
            **counts,
            "visits": sessions,
            "revenue": revenue[day],
            "conversion": share(counts["purchases"], sessions),
        }

    days = sorted(day for day in {*events, *visits} if day is not None)
    data = LandingStats(
        landing_page_id=landing_page_id,
        by_day=[LandingDay(day=day, **figures(day)) for day in days],
        **figures(None),
    )
    return LandingAnswer(start=window.start, end=window.end, data=data)
