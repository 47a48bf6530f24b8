"""`/api/landing-pages`: a store's landing pages, and the figures of all of them together."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.query.activity import share
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.landing import (
    LandingComparison,
    LandingDay,
    LandingFigures,
    LandingRevenue,
    read_stats,
)
from storepulse.query.lists import total_of
from storepulse.query.periods import ComparedPeriod, CoveredPeriod, clock_of
from storepulse.query.ranked_lists import RankedList, RankedPeriod, ranking_of
from storepulse.query.wire import OneStore

router = APIRouter(
    route_class=CheckedRoute,
    tags=["landing pages"],
    responses=error_responses_of(400, 401, 403, 503),
)

LandingSort = Literal[
    "-visits", "visits", "-views", "views", "-clicks", "clicks", "-purchases", "purchases",
    "-revenue", "revenue", "-conversion", "conversion", "-landing_page_id", "landing_page_id",
]  # fmt: skip


class LandingPagesFilter(RankedPeriod):
    """Which landing pages, and their order."""

    sort: LandingSort = Field("-visits", description="Column; with a minus the greatest first")


class LandingStoreFilter(ComparedPeriod):
    """Which period of which store."""

    store_id: OneStore = None


class ListedLandingPage(LandingFigures):
    """Figures of one of a store's landing pages."""

    landing_page_id: str


class LandingPagesAnswer(CoveredPeriod, RankedList):
    """A store's landing pages with events in the period."""

    status: Literal["success"] = "success"
    data: list[ListedLandingPage]


class LandingStoreStats(LandingFigures):
    """Figures of all landing pages of a store; days without events are left out.

    A session that viewed two landing pages is one visit here, and one visit of each page.
    """

    by_day: list[LandingDay]


class LandingStoreAnswer(CoveredPeriod):
    """Figures and the period that they cover."""

    status: Literal["success"] = "success"
    data: LandingStoreStats
    comparison: LandingComparison | None = Field(description="Null unless `compare` asks for it")


@router.get("/api/landing-pages")
async def list_landing_pages(
    request: Request, reader: CanRead, query: Annotated[LandingPagesFilter, Query()]
) -> LandingPagesAnswer:
    """A store's landing pages with their figures, sorted by any of them."""
    reads, statements = database(request), named_sql("streams/landing/store_queries")
    store_id = reader.one_store(query.store_id)
    window = query.in_days(await clock_of(reads, store_id))
    asked = {"store_id": store_id, "include_bots": query.include_bots, **window.bounds}
    main = await reads.rows(statements["main_currency"], asked)
    currency = query.currency or (main[0]["currency"] if main else None)
    ranking = ranking_of(
        "landing pages", query.sort, "landing_page_id", store_id, query.cursor, currency
    )
    more = {"currency": currency, "count": query.limit + 1, **ranking.parameters}
    found = await reads.rows(ranking.choose(statements), asked | more)
    rows = found[: query.limit]
    ids = [row["landing_page_id"] for row in rows]
    revenue: dict[str, list[LandingRevenue]] = defaultdict(list)
    for row in await reads.rows(statements["revenue_of_pages"], {**asked, "ids": ids}):
        revenue[row["landing_page_id"]].append(LandingRevenue.model_validate(row))
    data = [
        ListedLandingPage.model_validate(
            {
                **row,
                "revenue": revenue[row["landing_page_id"]],
                "conversion": share(row["purchases"], row["visits"]),
            }
        )
        for row in rows
    ]
    following = ranking.cursor_after(rows[-1]) if len(found) > query.limit else None
    return LandingPagesAnswer(
        **window.fields, **total_of(found), currency=currency, next_cursor=following, data=data
    )


@router.get("/api/landing-pages/stats")
async def get_landing_stats_of_store(
    request: Request, reader: CanRead, query: Annotated[LandingStoreFilter, Query()]
) -> LandingStoreAnswer:
    """Visits, views, clicks, purchases and revenue of all of a store's landing pages."""
    reads, statements = database(request), named_sql("streams/landing/store_queries")
    parameters = {
        "store_id": reader.one_store(query.store_id),
        "include_bots": query.include_bots,
    }
    window, figures, comparison = await read_stats(query, reads, statements, parameters)
    data = LandingStoreStats(**figures)
    return LandingStoreAnswer(**window.fields, data=data, comparison=comparison)
