"""`/api/campaigns`: a store's campaigns, and the figures of all of them together."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.query.activity import share
from storepulse.query.app_state import CanRead, database
from storepulse.query.campaigns import (
    CampaignComparison,
    CampaignDay,
    CampaignFigures,
    CampaignRevenue,
    read_stats,
)
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.lists import total_of
from storepulse.query.periods import ComparedPeriod, CoveredPeriod, clock_of
from storepulse.query.ranked_lists import RankedList, RankedPeriod, ranking_of
from storepulse.query.wire import OneStore

router = APIRouter(
    route_class=CheckedRoute,
    tags=["campaigns"],
    responses=error_responses_of(400, 401, 403, 503),
)

CampaignSort = Literal[
    "-people", "people", "-opens", "opens", "-orders", "orders", "-revenue", "revenue",
    "-conversion", "conversion", "-campaign_id", "campaign_id",
]  # fmt: skip


class CampaignsFilter(RankedPeriod):
    """Which campaigns, and their order."""

    sort: CampaignSort = Field("-people", description="Column; with a minus the greatest first")


class CampaignStoreFilter(ComparedPeriod):
    """Which period of which store."""

    store_id: OneStore = None


class ListedCampaign(CampaignFigures):
    """Figures of one of a store's campaigns."""

    campaign_id: str


class CampaignsAnswer(CoveredPeriod, RankedList):
    """A store's campaigns with events in the period."""

    status: Literal["success"] = "success"
    data: list[ListedCampaign]


class CampaignStoreStats(CampaignFigures):
    """Figures of all campaigns of a store; days without events are left out.

    A person who came through two campaigns counts once here, and once for each campaign.
    """

    by_day: list[CampaignDay]


class CampaignStoreAnswer(CoveredPeriod):
    """Figures and the period that they cover."""

    status: Literal["success"] = "success"
    data: CampaignStoreStats
    comparison: CampaignComparison | None = Field(description="Null unless `compare` asks for it")


@router.get("/api/campaigns")
async def list_campaigns(
    request: Request, reader: CanRead, query: Annotated[CampaignsFilter, Query()]
) -> CampaignsAnswer:
    """A store's campaigns with their figures, sorted by any of them."""
    reads, statements = database(request), named_sql("streams/campaign/store_queries")
    store_id = reader.one_store(query.store_id)
    window = query.in_days(await clock_of(reads, store_id))
    asked = {"store_id": store_id, "include_bots": query.include_bots, **window.bounds}
    main = await reads.rows(statements["main_currency"], asked)
    currency = query.currency or (main[0]["currency"] if main else None)
    ranking = ranking_of("campaigns", query.sort, "campaign_id", store_id, query.cursor, currency)
    more = {"currency": currency, "count": query.limit + 1, **ranking.parameters}
    found = await reads.rows(ranking.choose(statements), asked | more)
    rows = found[: query.limit]
    ids = [row["campaign_id"] for row in rows]
    revenue: dict[str, list[CampaignRevenue]] = defaultdict(list)
    for row in await reads.rows(statements["revenue_of_campaigns"], {**asked, "ids": ids}):
        revenue[row["campaign_id"]].append(CampaignRevenue.model_validate(row))
    data = [
        ListedCampaign.model_validate(
            {
                **row,
                "revenue": revenue[row["campaign_id"]],
                "conversion": share(row["orders"], row["people"]),
            }
        )
        for row in rows
    ]
    following = ranking.cursor_after(rows[-1]) if len(found) > query.limit else None
    return CampaignsAnswer(
        **window.fields, **total_of(found), currency=currency, next_cursor=following, data=data
    )


@router.get("/api/campaigns/stats")
async def get_campaign_stats_of_store(
    request: Request, reader: CanRead, query: Annotated[CampaignStoreFilter, Query()]
) -> CampaignStoreAnswer:
    """People, opens, orders and revenue of all of a store's campaigns."""
    reads, statements = database(request), named_sql("streams/campaign/store_queries")
    parameters = {
        "store_id": reader.one_store(query.store_id),
        "include_bots": query.include_bots,
    }
    window, figures, comparison = await read_stats(query, reads, statements, parameters)
    data = CampaignStoreStats(**figures)
    return CampaignStoreAnswer(**window.fields, data=data, comparison=comparison)
