"""`/api/carts/sessions`: carts by session, open, abandoned and bought."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.query import pages
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.periods import PagedPeriod
from storepulse.query.wire import Money, Text, Utc

router = APIRouter(
    route_class=CheckedRoute, tags=["carts"], responses=error_responses_of(400, 401, 403, 503)
)

CartState = Literal["open", "abandoned", "recovered", "purchased", "closed"]
_LISTING = "session carts"


class SessionCartFilter(PagedPeriod):
    """Which carts: those whose last step is in the period."""

    store_id: UUID = Field(description="The store")
    state: CartState | None = Field(None, description="Carts of this state only")
    session_id: Text | None = Field(None, description="That of this session only")


class SessionCart(BaseModel):
    """The cart of a session, and its state."""

    session_id: str
    state: CartState = Field(
        description="open: it waits. abandoned: it was reported. purchased, recovered: its session"
        " bought, the latter after the cart was reported. closed: it will not be reported, because"
        " the person ordered elsewhere, it was emptied, its day passed or the store turned it off"
    )
    last_step_at: Utc = Field(description="The last add or begun checkout")
    added_at: Utc | None = Field(description="The last add")
    checkout_at: Utc | None = Field(description="The last begun checkout")
    purchased_at: Utc | None = Field(description="The session's last purchase")
    due_at: Utc | None = Field(description="When it counts as abandoned; null: it does not wait")
    visitor_id: str | None
    customer_id: str | None
    email_hash: str | None
    country: str | None
    abandoned_at: Utc | None = Field(description="When it counted as abandoned last")
    abandoned_type: str | None = Field(description="cart_abandoned or checkout_abandoned")
    abandoned_event_id: UUID | None = Field(description="Id of the event that told it")
    abandoned_value: Money | None = Field(description="What it was worth; null: not known")
    abandoned_currency: str | None


class SessionCartPage(BaseModel):
    """Carts, the one with the newest step first."""

    status: Literal["success"] = "success"
    data: list[SessionCart]
    next_cursor: str | None = Field(description="Null on the last page")


@router.get("/api/carts/sessions")
async def list_session_carts(
    request: Request, reader: CanRead, query: Annotated[SessionCartFilter, Query()]
) -> SessionCartPage:
    """Carts of a store by session, the one with the newest step first: open, abandoned and
    bought ones. Robots have no carts."""
    reads, store_id = database(request), reader.store(query.store_id)
    after = pages.position_of(_LISTING, query.cursor, 0, texts=1) if query.cursor else None
    rows = await reads.rows(
        named_sql("query/session_carts")["list_session_carts"],
        {
            "store_id": store_id,
            "state": query.state,
            "session_id": query.session_id,
            **await query.page_after(after, reads, store_id),
        },
    )
    following = None
    if len(rows) > query.limit:
        last = rows[query.limit - 1]
        position = pages.Position(last["last_step_at"], (last["session_id"],))
        following = pages.cursor_of(_LISTING, position)
    data = [SessionCart.model_validate(row) for row in rows[: query.limit]]
    return SessionCartPage(data=data, next_cursor=following)
