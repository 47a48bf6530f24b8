"""`/api/orders…`: orders, and which of the orders reported by the shop the tracker saw too."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.adapters.postgres.statement import Statement
from storepulse.query import pages
from storepulse.query.activity import share
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.periods import CoveredPeriod, PagedPeriod, clock_of
from storepulse.query.windows import Window
from storepulse.query.wire import Day, Json, Money, OneStore, Text, Utc

router = APIRouter(
    route_class=CheckedRoute, tags=["orders"], responses=error_responses_of(400, 401, 403, 503)
)

Status = Literal["created", "paid", "refunded", "cancelled"]
_QUERIES = "streams/order/queries"


class ReconciliationFilter(PagedPeriod):
    """Which orders reported by the shop."""

    store_id: OneStore = None
    channel: Text | None = Field(
        None,
        description="Orders of this channel only: where a tracker runs, mostly `web`",
        examples=["web"],
    )


class OrderFilter(ReconciliationFilter):
    """Which orders."""

    status: Status | None = Field(None, description="Orders of this status only")
    seen: bool | None = Field(
        None, description="Only orders of which a browser told, or of which none did"
    )


class ToldOrder(BaseModel):
    """One order, from any source."""

    order_id: str = Field(description="The shop's number, without # and gid")
    order_name: str | None = Field(description="The number that the customer sees")
    counted_at: Utc = Field(
        description="When it was placed: the earliest time that anybody's word on it is of"
    )
    status: Status
    amount: Money | None = Field(description="Total, before refunds")
    currency: str | None
    refunded: Money
    channel: str | None
    customer_id: str | None
    session_id: str | None
    visitor_id: str | None
    landing_page_id: str | None
    campaign_id: str | None
    told_at: Utc | None = Field(
        description="The same by the shop's words alone; null: it told of none. Not when they came"
    )
    seen_at: Utc | None = Field(description="The same by browsers' words alone; null: none came")
    is_bot: bool


class OrderPage(BaseModel):
    """Orders, newest first."""

    status: Literal["success"] = "success"
    data: list[ToldOrder]
    next_cursor: str | None = Field(description="Null on the last page")


class SeenOrders(BaseModel):
    """Orders that the shop reported, and how many of them the tracker saw."""

    orders: int = Field(description="Paid and refunded orders that the shop told of")
    seen: int = Field(description="Those of them that a browser told of too")
    unseen: int = Field(description="The gap: those that no browser told of")
    seen_share: float | None = Field(description="seen / orders; null without orders")


class SeenOrdersOfDay(SeenOrders):
    """The same of one day."""

    day: Day
    complete: bool = Field(description="Whether the day is over")


class UnseenRevenue(BaseModel):
    """Revenue of one currency from orders that no browser reported."""

    currency: str = Field(description="ISO 4217; empty where nobody named one")
    sales: int = Field(description="Those of the gap that state an amount")
    revenue: Money = Field(description="Their amounts, less refunds")


class Reconciliation(SeenOrders, CoveredPeriod):
    """Orders by shop and by tracker, and those that the tracker missed; days without orders are
    left out."""

    status: Literal["success"] = "success"
    by_day: list[SeenOrdersOfDay]
    unseen_revenue: list[UnseenRevenue]
    unseen_orders: list[ToldOrder] = Field(
        description="Those that no browser told of, newest first"
    )
    next_cursor: str | None = Field(description="Of unseen_orders; null on the last page")


@router.get("/api/orders")
async def list_orders(
    request: Request, reader: CanRead, query: Annotated[OrderFilter, Query()]
) -> OrderPage:
    """Orders of a store, newest first, from any source."""
    reads, store_id = database(request), reader.one_store(query.store_id)
    window = query.in_days(await clock_of(reads, store_id))
    filters = {"told": False, "seen": query.seen, "status": query.status}
    statement = named_sql(_QUERIES)["list_orders"]
    data, cursor = await _page_of(reads, statement, query, window, filters | {"store_id": store_id})
    return OrderPage(data=data, next_cursor=cursor)


@router.get("/api/orders/reconciliation")
async def get_reconciliation(
    request: Request, reader: CanRead, query: Annotated[ReconciliationFilter, Query()]
) -> Reconciliation:
    """Orders that the shop reported, those that the tracker saw too, and those that it missed."""
    reads, store_id = database(request), reader.one_store(query.store_id)
    window = query.in_days(await clock_of(reads, store_id))
    statements = named_sql(_QUERIES)
    asked = {
        "store_id": store_id,
        "channel": query.channel,
        "include_bots": query.include_bots,
        **window.bounds,
    }
    found = {row["day"]: row for row in await reads.rows(statements["reconciliation"], asked)}
    revenue = await reads.rows(statements["unseen_revenue"], asked)
    orders, cursor = await _page_of(
        reads, statements["list_unseen"], query, window, {"store_id": store_id}
    )
    days = sorted(day for day in found if day is not None)
    return Reconciliation(
        **window.fields,
        **_seen_of(found, None),
        by_day=[
            SeenOrdersOfDay(day=day, complete=window.is_day_complete(day), **_seen_of(found, day))
            for day in days
        ],
        unseen_revenue=[UnseenRevenue.model_validate(row) for row in revenue],
        unseen_orders=orders,
        next_cursor=cursor,
    )


def _seen_of(found: dict[date | None, Json], day: date | None) -> Json:
    """Fields of SeenOrders."""
    row = found.get(day) or {"orders": 0, "seen": 0}
    orders, seen = row["orders"], row["seen"]
    return {
        "orders": orders,
        "seen": seen,
        "unseen": orders - seen,
        "seen_share": share(seen, orders),
    }


async def _page_of(
    reads: ReadSnapshot,
    statement: Statement,
    query: ReconciliationFilter,
    window: Window,
    filters: Json,
) -> tuple[list[ToldOrder], str | None]:
    """One page of orders, and the cursor of the next one."""
    listing = pages.listing_of("orders", filters["store_id"])
    after = None
    if query.cursor:
        after = pages.position_of(listing, query.cursor, 0, texts=1)
    rows = await reads.rows(
        statement,
        {
            **filters,
            "start": window.start,
            "end": window.end,
            "channel": query.channel,
            "include_bots": query.include_bots,
            "before": after and after.at,
            "after_word": after and after.ids[0],
            "count": query.limit + 1,
        },
    )
    following = None
    if len(rows) > query.limit:
        last = rows[query.limit - 1]
        following = pages.cursor_of(
            listing, pages.Position(last["counted_at"], (last["first_word"],))
        )
    return [ToldOrder.model_validate(row) for row in rows[: query.limit]], following
