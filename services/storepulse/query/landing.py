"""`/api/landing-pages/{id}/stats`: the figures of a landing page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.adapters.postgres.statement import Statement
from storepulse.query.activity import share
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.periods import ComparedPeriod, CoveredPeriod, clock_of
from storepulse.query.windows import Window
from storepulse.query.wire import Day, Json, Money, Text

router = APIRouter(
    route_class=CheckedRoute,
    tags=["landing pages"],
    responses=error_responses_of(400, 401, 403, 503),
)

PageId = Annotated[Text, Path(description="The landing page", examples=["lp-summer"])]
_COUNTS = ("views", "clicks", "purchases", "others")


class LandingFilter(ComparedPeriod):
    """A part of a landing page's figures."""

    store_id: UUID | None = Field(None, description="This store only")
    campaign_id: Text | None = Field(None, description="This campaign only")


class LandingRevenue(BaseModel):
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
    revenue: list[LandingRevenue]
    conversion: float | None = Field(description="purchases / visits; null without visits")


class LandingDay(LandingFigures):
    """Figures of one day."""

    day: Day
    complete: bool = Field(description="Whether the day is over")


class LandingComparison(LandingFigures, CoveredPeriod):
    """Figures of an earlier period."""


class LandingStats(LandingFigures):
    """Figures of the whole period and of its days; days without events are left out.

    A session that lasts past midnight is a visit on both days, and one visit of the period.
    """

    landing_page_id: str
    by_day: list[LandingDay]


class LandingAnswer(CoveredPeriod):
    """Figures and the period that they cover."""

    status: Literal["success"] = "success"
    data: LandingStats
    comparison: LandingComparison | None = Field(description="Null unless `compare` asks for it")


@router.get("/api/landing-pages/{landing_page_id}/stats")
async def get_landing_stats(
    request: Request,
    reader: CanRead,
    landing_page_id: PageId,
    query: Annotated[LandingFilter, Query()],
) -> LandingAnswer:
    """Visits, views, clicks, purchases, revenue and conversion, in total and by day."""
    reads, statements = database(request), named_sql("streams/landing/queries")
    parameters = {
        "landing_page_id": landing_page_id,
        "campaign_id": query.campaign_id,
        "store_id": reader.store(query.store_id),
        "include_bots": query.include_bots,
    }

    window, figures, comparison = await read_stats(query, reads, statements, parameters)
    data = LandingStats(landing_page_id=landing_page_id, **figures)
    return LandingAnswer(**window.fields, data=data, comparison=comparison)


async def read_stats(
    query: ComparedPeriod,
    reads: ReadSnapshot,
    statements: Mapping[str, Statement],
    parameters: Json,
) -> tuple[Window, Json, LandingComparison | None]:
    """The figures in total and by day, as fields of an answer, and those of the earlier window."""

    async def rows_of(window: Window) -> LandingRows:
        asked = {**parameters, **window.bounds}
        return LandingRows(
            events=await reads.rows(statements["events"], asked),
            visits=await reads.rows(statements["visits"], asked),
            revenue=await reads.rows(statements["revenue"], asked),
        )

    async def totals_of(window: Window) -> LandingComparison:
        return LandingComparison(**window.fields, **(await rows_of(window)).figures(None))

    window = query.in_days(await clock_of(reads, parameters["store_id"]))
    found = await rows_of(window)
    by_day = [
        LandingDay(day=day, complete=window.is_day_complete(day), **found.figures(day))
        for day in found.days
    ]
    comparison = await query.comparison(window, "hour", totals_of)
    return window, {"by_day": by_day, **found.figures(None)}, comparison


class LandingRows:
    """Rows of the statements, by day; the row of day None is the total."""

    def __init__(self, events: list[Json], visits: list[Json], revenue: list[Json]) -> None:
        self._events = {row["day"]: row for row in events}
        self._visits = {row["day"]: row["visits"] for row in visits}
        self._revenue: dict[date | None, list[LandingRevenue]] = defaultdict(list)
        for row in revenue:
            self._revenue[row["day"]].append(LandingRevenue.model_validate(row))

    @property
    def days(self) -> list[date]:
        """Days that have events, in order."""
        return sorted(day for day in {*self._events, *self._visits} if day is not None)

    def figures(self, day: date | None) -> Json:
        """Fields of LandingFigures."""
        counts = {name: (self._events.get(day) or {}).get(name) or 0 for name in _COUNTS}
        visits = self._visits.get(day, 0)
        return {
            **counts,
            "visits": visits,
            "revenue": self._revenue[day],
            "conversion": share(counts["purchases"], visits),
        }
