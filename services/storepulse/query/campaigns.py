"""`/api/campaigns/{campaign_id}/stats`: the figures of a campaign."""

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
    tags=["campaigns"],
    responses=error_responses_of(400, 401, 403, 503),
)

CampaignId = Annotated[Text, Path(description="The campaign", examples=["summer-2026"])]
_COUNTS = ("opens", "orders", "others")


class CampaignFilter(ComparedPeriod):
    """A part of a campaign's figures."""

    store_id: UUID | None = Field(None, description="This store only")


class CampaignRevenue(BaseModel):
    """Money of one currency."""

    currency: str = Field(description="ISO 4217; empty where orders named none")
    orders: int
    revenue: Money


class CampaignFigures(BaseModel):
    """Figures of a campaign."""

    people: int = Field(description="Distinct tracking ids of the period")
    opens: int = Field(description="Events WEBAPP_OPEN")
    orders: int = Field(
        description="Orders, each once, and paid events that name no order. An order counts for "
        "the campaign that its first telling with a campaign names"
    )
    others: int = Field(description="Other named events")
    revenue: list[CampaignRevenue] = Field(description="By currency, net of refunds")
    conversion: float | None = Field(description="orders / people; null without people")


class CampaignDay(CampaignFigures):
    """Figures of one day."""

    day: Day
    complete: bool = Field(description="Whether the day is over")


class CampaignComparison(CampaignFigures, CoveredPeriod):
    """Figures of an earlier period."""


class CampaignStats(CampaignFigures):
    """Figures of the whole period and of its days; days without events are left out.

    A person with events on two days counts on both days, and once in the period.
    """

    campaign_id: str
    by_day: list[CampaignDay]


class CampaignAnswer(CoveredPeriod):
    """Figures and the period that they cover."""

    status: Literal["success"] = "success"
    data: CampaignStats
    comparison: CampaignComparison | None = Field(description="Null unless `compare` asks for it")


@router.get("/api/campaigns/{campaign_id}/stats")
async def get_campaign_stats(
    request: Request,
    reader: CanRead,
    campaign_id: CampaignId,
    query: Annotated[CampaignFilter, Query()],
) -> CampaignAnswer:
    """Opens, people, orders, revenue and conversion, in total and by day."""
    reads, statements = database(request), named_sql("streams/campaign/queries")
    parameters = {
        "campaign_id": campaign_id,
        "store_id": reader.store(query.store_id),
        "include_bots": query.include_bots,
    }

    window, figures, comparison = await read_stats(query, reads, statements, parameters)
    data = CampaignStats(campaign_id=campaign_id, **figures)
    return CampaignAnswer(**window.fields, data=data, comparison=comparison)


async def read_stats(
    query: ComparedPeriod,
    reads: ReadSnapshot,
    statements: Mapping[str, Statement],
    parameters: Json,
) -> tuple[Window, Json, CampaignComparison | None]:
    """The figures in total and by day, as fields of an answer, and those of the earlier window."""

    async def rows_of(window: Window) -> CampaignRows:
        asked = {**parameters, **window.bounds}
        return CampaignRows(
            events=await reads.rows(statements["events"], asked),
            people=await reads.rows(statements["people"], asked),
            revenue=await reads.rows(statements["revenue"], asked),
        )

    async def totals_of(window: Window) -> CampaignComparison:
        return CampaignComparison(**window.fields, **(await rows_of(window)).figures(None))

    window = query.in_days(await clock_of(reads, parameters["store_id"]))
    found = await rows_of(window)
    by_day = [
        CampaignDay(day=day, complete=window.is_day_complete(day), **found.figures(day))
        for day in found.days
    ]
    comparison = await query.comparison(window, "hour", totals_of)
    return window, {"by_day": by_day, **found.figures(None)}, comparison


class CampaignRows:
    """Rows of the statements, by day; the row of day None is the total."""

    def __init__(self, events: list[Json], people: list[Json], revenue: list[Json]) -> None:
        self._events = {row["day"]: row for row in events}
        self._people = {row["day"]: row["people"] for row in people}
        self._revenue: dict[date | None, list[CampaignRevenue]] = defaultdict(list)
        for row in revenue:
            self._revenue[row["day"]].append(CampaignRevenue.model_validate(row))

    @property
    def days(self) -> list[date]:
        """Days that have events, in order."""
        return sorted(day for day in {*self._events, *self._people} if day is not None)

    def figures(self, day: date | None) -> Json:
        """Fields of CampaignFigures."""
        counts = {name: (self._events.get(day) or {}).get(name) or 0 for name in _COUNTS}
        people = self._people.get(day, 0)
        return {
            **counts,
            "people": people,
            "revenue": self._revenue[day],
            "conversion": share(counts["orders"], people),
        }
