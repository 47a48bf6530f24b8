"""`/customers`: the export of customers, for those who keep a copy.

A walk goes by (updated_at, id) and ends some seconds before now: what a transaction changes has the
time of its begin, and none that is still to be seen began before that end. So no page skips a row
that is about to appear before it, and whoever asks for what changed since the last `updated_at`
gets every change, at the price of some rows twice.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain.errors import Rejected
from storepulse.query import pages
from storepulse.query.access import Reader
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.lists import MOST_COUNTED
from storepulse.query.wire import Instant, Json, Money, OneStore, Utc

router = APIRouter(
    route_class=CheckedRoute, tags=["customers"], responses=error_responses_of(400, 401, 403, 503)
)

#: Seconds before now at which an export ends. No transaction of the agents lasts longer than 20.
HORIZON_SECONDS = 25
#: Pages by number end here: each costs what all before it cost. Cursors go on.
DEEPEST_ROW = 10_000
MOST_SHOWN = 100

_SQL = named_sql("query/customers")
#: A number that every reader of JSON holds exactly.
_is_number = re.compile(r"[1-9][0-9]{0,14}").fullmatch


class CustomerRange(BaseModel):
    """Which customers. A parameter that a path does not know is refused."""

    model_config = ConfigDict(extra="forbid")

    store_id: OneStore = None
    updated_at_min: Instant | None = Field(None, description="Changed then or later")
    updated_at_max: Instant | None = Field(None, description="Changed before")
    limit: int = Field(100, ge=1, le=pages.MAX_LIMIT, description="Customers a page")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.updated_at_min, self.updated_at_max
        if low is not None and high is not None and low >= high:
            raise Rejected("updated_at_max", "is not after updated_at_min")
        return self

    def bounds(self, reader: Reader) -> Json:
        """Parameters of statements. Raises Rejected where the key does not say which store."""
        return {
            "store_id": reader.one_store(self.store_id),
            "updated_at_min": self.updated_at_min,
            "updated_at_max": self.updated_at_max,
            "horizon": HORIZON_SECONDS,
        }


class CustomerFilter(CustomerRange):
    """A page of customers: the one after a cursor, or the one of a number."""

    page: int | None = Field(
        None, ge=1, description="Number of the page, while nothing changes; a walk takes cursors"
    )
    cursor: str | None = Field(None, max_length=1024, description="From `next_cursor`")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.page is not None and self.cursor is not None:
            raise Rejected("page", "goes without cursor")
        if ((self.page or 1) - 1) * self.limit >= DEEPEST_ROW:
            raise Rejected("page", f"ends at {DEEPEST_ROW} customers; take next_cursor")
        return self


class StoreOfCustomer(BaseModel):
    """Where the customer is looked for."""

    model_config = ConfigDict(extra="forbid")

    store_id: OneStore = None


class Spent(BaseModel):
    """Orders of one currency."""

    currency: str = Field(description="ISO 4217; empty where orders named none")
    orders: int
    total_spent: Money = Field(description="Amounts less refunds")


class Customer(BaseModel):
    """A person as far as the store's events tell.

    Who was found to be somebody else keeps a row that says whom, in `merged_into`, without figures.
    """

    id: UUID = Field(description="Ours; it never changes")
    customer_id: int | str = Field(
        description="The shop's id, a number where it is one; 0 where the shop has none",
        examples=[7012345678901],
    )
    email: str | None = Field(description="Null where events told its hash alone")
    email_hash: str | None = Field(description="SHA-256 of the e-mail address in lower case")
    first_name: str | None
    last_name: str | None
    telegram_id: str | None = Field(examples=["123456789"])
    campaign_id: str | None = Field(description="Of the last event that named a campaign")
    tracking_id: str | None
    orders_count: int = Field(description="Paid orders, each once, refunded ones included")
    total_spent: Money = Field(description="Amounts less refunds, in `currency`")
    currency: str | None = Field(description="That of most of the orders; null without any")
    spent: list[Spent] = Field(description="The same for each currency")
    first_seen: Utc | None = Field(description="First event that named the customer")
    last_seen: Utc | None = Field(description="Last event that named the customer")
    updated_at: Utc = Field(description="When any of this changed last")
    merged_into: UUID | None = Field(description="Whose row has the figures; null: this one")


class CustomerPage(BaseModel):
    """Customers, the one that changed first before all others."""

    status: Literal["success"] = "success"
    data: list[Customer]
    next_cursor: str | None = Field(description="Null on the last page")


class CustomersMeta(BaseModel):
    """What a walk through all pages brings."""

    status: Literal["success"] = "success"
    total: int = Field(
        description=f"Rows; of those changed in a period {MOST_COUNTED} where there are more"
    )
    more: bool = Field(description="Whether there are more rows than `total` says")
    pages: int = Field(description="total / limit, rounded up")
    last_updated_at: Utc | None = Field(description="Last change that a walk brings by now")


class CustomerIdentity(BaseModel):
    """What belongs to a customer, and by a link to what."""

    kind: str = Field(examples=["visitor"])
    value: str
    to_kind: str | None = Field(description="Null: the customer himself")
    to_value: str | None


class OverruledLink(BaseModel):
    """A link that was told and does not count, since a later one says otherwise."""

    kind: str
    value: str
    to_kind: str
    to_value: str
    told_at: Utc


class CustomerDetails(Customer):
    """A customer with the first identities that belong to it and the last conflicts."""

    identities: list[CustomerIdentity]
    conflicts: list[OverruledLink]


class CustomerAnswer(BaseModel):
    """One customer."""

    status: Literal["success"] = "success"
    data: CustomerDetails


@router.get("/customers")
async def list_customers(
    request: Request, reader: CanRead, query: Annotated[CustomerFilter, Query()]
) -> CustomerPage:
    """Customers by (updated_at, id), up to 25 seconds before now."""
    bounds = query.bounds(reader)
    listing = pages.listing_of("customers", bounds["store_id"])
    after = pages.position_of(listing, query.cursor, 1) if query.cursor else None
    rows = await database(request).rows(
        _SQL["page"],
        {
            **bounds,
            "after": after and after.at,
            "after_id": after and after.ids[0],
            "count": query.limit + 1,
            "skipped": ((query.page or 1) - 1) * query.limit,
        },
    )
    shown = rows[: query.limit]
    following = None
    if len(rows) > query.limit:
        last = pages.Position(shown[-1]["updated_at"], (str(shown[-1]["id"]),))
        following = pages.cursor_of(listing, last)
    return CustomerPage(data=[Customer(**_fields(row)) for row in shown], next_cursor=following)


@router.get("/customers/meta")
async def get_customers_meta(
    request: Request, reader: CanRead, query: Annotated[CustomerRange, Query()]
) -> CustomersMeta:
    """How many customers there are, in how many pages, and when the last one changed."""
    reads, bounds = database(request), query.bounds(reader)
    if query.updated_at_min is None and query.updated_at_max is None:
        counted: int = (await reads.row(_SQL["total"], {"store_id": bounds["store_id"]}))["total"]
        total = counted
    else:
        counted = (await reads.row(_SQL["changed"], {**bounds, "count": MOST_COUNTED + 1}))["total"]
        total = min(counted, MOST_COUNTED)
    last: datetime | None = (await reads.row(_SQL["last_change"], bounds))["last_updated_at"]
    return CustomersMeta(
        total=total,
        more=counted > total,
        pages=-(-total // query.limit),
        last_updated_at=last,
    )


@router.get("/customers/{customer}", responses=error_responses_of(404))
async def get_customer(
    request: Request,
    reader: CanRead,
    customer: Annotated[UUID, Path(description="`id` of the customer")],
    query: Annotated[StoreOfCustomer, Query()],
) -> CustomerAnswer:
    """A customer as it is now, with what belongs to it and which links contradict."""
    reads = database(request)
    asked: Json = {"store_id": reader.one_store(query.store_id), "id": customer}
    rows = await reads.rows(_SQL["customer"], asked)
    if not rows:
        raise RequestRefused(404, "There is no such customer", "NOT_FOUND")
    asked["count"] = MOST_SHOWN
    identities = await reads.rows(_SQL["identities"], asked)
    conflicts = await reads.rows(_SQL["conflicts"], asked)
    return CustomerAnswer(
        data=CustomerDetails(
            **_fields(rows[0]),
            identities=[CustomerIdentity.model_validate(row) for row in identities],
            conflicts=[
                OverruledLink.model_validate(row | {"kind": row["kind_name"]}) for row in conflicts
            ],
        )
    )


def _fields(row: Json) -> dict[str, Any]:
    """Fields of Customer."""
    spent = row.pop("spent")
    main = next((entry for entry in spent if entry["currency"]), None)
    kind, value = row.pop("kind"), row.pop("value")
    customer_id: int | str = 0
    if kind == "customer":
        customer_id = int(value) if _is_number(value) else value
    return row | {
        "customer_id": customer_id,
        "spent": spent,
        "total_spent": main["total_spent"] if main else Decimal(0),
        "currency": main["currency"] if main else None,
    }
