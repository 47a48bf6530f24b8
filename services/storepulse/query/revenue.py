"""`/api/analytics/revenue`: what a store sold."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.periods import ComparedPeriod, CoveredPeriod, clock_of
from storepulse.query.windows import Window
from storepulse.query.wire import Day, Json, Money, OneStore

router = APIRouter(
    route_class=CheckedRoute, tags=["activity"], responses=error_responses_of(400, 401, 403, 503)
)


class RevenueFilter(ComparedPeriod):
    """Which sales, and a period to compare with."""

    store_id: OneStore = None


class CurrencyRevenue(BaseModel):
    """Money of one currency. Amounts of different currencies are never added."""

    currency: str = Field(description="ISO 4217; empty where nobody named one")
    sales: int = Field(description="Orders and purchases that state an amount")
    revenue: Money = Field(description="Their amounts, less refunds")
    average: Money = Field(description="revenue / sales, to four decimals")


class Sales(BaseModel):
    """Sales, from all streams that report purchases."""

    orders: int = Field(description="Orders, each once, however often it was told")
    purchases: int = Field(description="Purchases that name no order and state an amount")
    revenue: list[CurrencyRevenue]


class SalesOfDay(Sales):
    """Sales of one day."""

    day: Day
    complete: bool = Field(description="Whether the day is over")


class SalesOfPeriod(Sales, CoveredPeriod):
    """Sales of a period."""


class Revenue(SalesOfPeriod):
    """Sales of the period and of its days; days without sales are left out."""

    status: Literal["success"] = "success"
    by_day: list[SalesOfDay]
    comparison: SalesOfPeriod | None = Field(description="Null unless `compare` asks for it")


@router.get("/api/analytics/revenue")
async def get_revenue(
    request: Request, reader: CanRead, query: Annotated[RevenueFilter, Query()]
) -> Revenue:
    """Orders, purchases without an order and revenue of a store, in total and by day."""
    reads, statement = database(request), named_sql("query/revenue")["revenue"]
    store_id = reader.one_store(query.store_id)

    async def sales_of(window: Window) -> dict[date | None, Json]:
        asked = {"store_id": store_id, "include_bots": query.include_bots, **window.bounds}
        return _by_day(await reads.rows(statement, asked))

    async def totals_of(window: Window) -> SalesOfPeriod:
        return SalesOfPeriod(**window.fields, **(await sales_of(window))[None])

    window = query.in_days(await clock_of(reads, store_id))
    found = await sales_of(window)
    by_day = [
        SalesOfDay(day=day, complete=window.is_day_complete(day), **found[day])
        for day in sorted(day for day in found if day is not None)
    ]
    comparison = await query.comparison(window, "hour", totals_of)
    return Revenue(**window.fields, **found[None], by_day=by_day, comparison=comparison)


def _by_day(rows: list[Json]) -> dict[date | None, Any]:
    """Fields of Sales by day; the total is under None."""
    listed: dict[date | None, list[Json]] = defaultdict(list)
    for row in rows:
        listed[row["day"]].append(row)
    return {
        day: {
            "orders": sum(row["orders"] for row in listed[day]),
            "purchases": sum(row["purchases"] for row in listed[day]),
            "revenue": [_money(row) for row in listed[day] if row["paid"]],
        }
        for day in {*listed, None}
    }


def _money(row: Json) -> CurrencyRevenue:
    return CurrencyRevenue(
        currency=row["currency"],
        sales=row["paid"],
        revenue=row["revenue"],
        average=round(row["revenue"] / row["paid"], 4),
    )
