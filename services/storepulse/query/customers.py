"""`/customers`: the export of customers, for clients that keep a copy.

Pages are ordered by (updated_at, id) and end some seconds before now. A transaction stamps its
changes with its start time, and no transaction that is still open began before that end. So no page
skips a row that is about to appear before it. A client that asks for changes since its last
`updated_at` gets every change, some rows twice.
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

#: Seconds before now at which an export ends. A transaction of the agents lasts at most 20.
HORIZON_SECONDS = 25
#: Numbered pages end at this row, because each costs as much as all before it. Cursors have no such
#: limit.
DEEPEST_ROW = 10_000
MOST_SHOWN = 100

_SQL = named_sql("query/customers")
#: A number that every JSON parser represents exactly.
_is_number = re.compile(r"[1-9][0-9]{0,14}").fullmatch


class CustomerRange(BaseModel):
    """Which customers. Unknown parameters are refused."""

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
        """Parameters of statements. Raises Rejected if neither the request nor the key names a
        store."""
        return {
            "store_id": reader.one_store(self.store_id),
            "updated_at_min": self.updated_at_min,
            "updated_at_max": self.updated_at_max,
            "horizon": HORIZON_SECONDS,
        }


class CustomerFilter(CustomerRange):
    """A page of customers: by cursor, or by number."""

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
    """The store of the customer."""

    model_config = ConfigDict(extra="forbid")

    store_id: OneStore = None


class Spent(BaseModel):
    """Orders of one currency."""

    currency: str = Field(description="ISO 4217; empty where orders named none")
    orders: int
    total_spent: Money = Field(description="Amounts less refunds")


class Customer(BaseModel):
    """A person, from what the store's events say.

    A customer that was merged into another keeps a row with `merged_into` and no figures.
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
    """Customers, the earliest change first."""

    status: Literal["success"] = "success"
    data: list[Customer]
    next_cursor: str | None = Field(description="Null on the last page")


class CustomersMeta(BaseModel):
    """Totals over all pages."""

    status: Literal["success"] = "success"
    total: int = Field(
        description=f"Rows; of those changed in a period {MOST_COUNTED} where there are more"
    )
    more: bool = Field(description="Whether there are more rows than `total` says")
    pages: int = Field(description="total / limit, rounded up")
    last_updated_at: Utc | None = Field(description="Last change that a walk brings by now")


class CustomerIdentity(BaseModel):
    """An identity of a customer, and the identity that a link attaches it to."""

    kind: str = Field(examples=["visitor"])
    value: str
    to_kind: str | None = Field(description="Null: the customer himself")
    to_value: str | None


class OverruledLink(BaseModel):
    """A link that does not count because a later one contradicts it."""

    kind: str
    value: str
    to_kind: str
    to_value: str
    told_at: Utc


class CustomerDetails(Customer):
    """A customer with its first identities and its latest conflicts."""

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
    """How many customers and pages there are, and when the last customer changed."""
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
    """A customer as it is now, with its identities and its contradicting links."""
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
