"""`/api/cart-tracking/…`: rows, figures, and the journey of one session or customer.

JSON names are camelCase here, as in the published contract of these paths; parameters are taken in
snake_case as well.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain.stores import normalised_domain, store_id_of_domain
from storepulse.query import pages
from storepulse.query.access import Reader
from storepulse.query.activity import share
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.periods import (
    ComparedPeriod,
    CoveredPeriod,
    LimitedPeriod,
    PagedPeriod,
    clock_of,
)
from storepulse.query.windows import Window
from storepulse.query.wire import Json, Text, Utc, to_camel

router = APIRouter(
    route_class=CheckedRoute, tags=["carts"], responses=error_responses_of(400, 401, 403, 503)
)

#: Steps of a journey: more than a person takes.
JOURNEY_STEPS = 500


class CartFilter(LimitedPeriod):
    """Which carts."""

    store_id: UUID | None = Field(None, alias="storeId", description="This store only")
    store_name: Text | None = Field(
        None, alias="storeName", description="This store only, by its domain or bare name"
    )
    session_id: Text | None = Field(None, alias="sessionId", description="This session only")
    customer_email: Text | None = Field(
        None, alias="customerEmail", description="This customer only"
    )

    @model_validator(mode="before")
    @classmethod
    def _either_spelling(cls, sent: Any) -> Any:
        asked = {name: field.alias or name for name, field in cls.model_fields.items()}
        names = {**asked, **{to_camel(name): alias for name, alias in asked.items()}}
        for renamed in ("start", "end"):
            del names[renamed]
        taken: dict[str, Any] = {}
        for name, value in dict(sent).items():
            alias = str(names.get(name, name))
            if alias in taken:
                raise PydanticCustomError("range", "stands twice", {"field": alias})
            taken[alias] = value
        return taken

    @field_validator("store_name")
    @classmethod
    def _normalised(cls, name: str | None) -> str | None:
        return None if name is None else normalised_domain(name)

    def parameters(self, reader: Reader) -> Json:
        """Parameters of the statements."""
        store_id = reader.store(self.store_id)
        # A store's rows are those of its id. Without an id a name means the store of this name, not
        # what another store has written under it.
        named = self.store_name if store_id is None else None
        return {
            "store_id": store_id,
            "named_store": named and UUID(store_id_of_domain(named)),
            "store_name": self.store_name,
            "session_id": self.session_id,
            "customer_email": self.customer_email,
            "include_bots": self.include_bots,
        }


class CartEventFilter(CartFilter, PagedPeriod):
    """Which rows; the period is that of `createdAt`."""

    product_id: Text | None = Field(None, alias="productId", description="This product only")


class CartAnalyticsFilter(CartFilter, ComparedPeriod):
    """Which figures; the period is that of the client's time, in whole days."""

    interval: Literal["day", "hour"] = Field("day", description="Step of `byTime`")


class Camel(BaseModel):
    """An answer with camelCase names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class CartEvent(Camel):
    """One addition to a cart."""

    id: str = Field(examples=["cart-event-1704067200000-a3f9k2m"])
    event_id: UUID
    store_id: UUID
    store_name: str = Field(examples=["shop.myshopify.com"])
    product_id: str | None
    product_title: str | None
    product_url: str | None
    variant_id: str | None
    customer_email: str | None
    customer_first_name: str | None
    customer_last_name: str | None
    generated_image_url: str | None
    person_image_url: str | None
    clothing_image_url: str | None
    user_agent: str | None
    ip_address: str | None
    session_id: str | None
    visitor_id: str | None
    correlation_id: str
    is_bot: bool
    occurred_at: Utc
    created_at: Utc
    updated_at: Utc


class CartPage(Camel):
    """Additions to carts, newest first."""

    status: Literal["success"] = "success"
    data: list[CartEvent]
    next_cursor: str | None = Field(description="Null on the last page")


class Figures(Camel):
    """Additions to carts, and those that name a generated image."""

    carts: int
    generated_images: int
    conversion: float | None = Field(
        None, description="generatedImages / carts: how many carts came from a generated image"
    )

    @model_validator(mode="after")
    def _derive(self) -> Figures:
        self.conversion = share(self.generated_images, self.carts)
        return self


class Totals(Figures):
    """Figures of the whole period."""

    person_images: int
    clothing_images: int


class OfStore(Figures):
    """Figures of one store."""

    store_id: UUID
    store_name: str


class OfTime(Figures):
    """Figures of one local day or one hour; those without any event are left out."""

    at: Utc = Field(description="When it begins")
    complete: bool = Field(description="Whether it is over")


class OfProduct(Figures):
    """Figures of one product."""

    product_id: str
    product_title: str | None


class Step(Camel):
    """One thing that a person did, in the shop or with a cart."""

    at: Utc
    kind: str = Field(examples=["cart_add"])
    store_id: UUID
    store_name: str | None
    session_id: str | None
    product_id: str | None
    product_title: str | None
    page_url: str | None
    generated_image_url: str | None
    person_image_url: str | None
    clothing_image_url: str | None


class CartAnalytics(Camel):
    """Figures of the days from `from` up to `to`, or of one session or customer in them."""

    totals: Totals
    by_store: list[OfStore]
    by_time: list[OfTime]
    by_product: list[OfProduct]
    journey: list[Step] | None = Field(
        description="Steps in order of time, where a session or customer was asked for"
    )


class CartComparison(Totals, CoveredPeriod):
    """Totals of an earlier period."""


class CartAnalyticsAnswer(CoveredPeriod):
    """The figures with the period that they are of."""

    status: Literal["success"] = "success"
    data: CartAnalytics
    comparison: CartComparison | None = Field(description="Null unless `compare` asks for it")


@router.get("/api/cart-tracking/events")
async def list_cart_events(
    request: Request, reader: CanRead, query: Annotated[CartEventFilter, Query()]
) -> CartPage:
    """Additions to carts, newest first."""
    after = pages.position_of("carts", query.cursor, 2) if query.cursor else None
    reads, parameters = database(request), query.parameters(reader)
    rows = await reads.rows(
        named_sql("streams/cart/queries")["rows"],
        {
            **parameters,
            "product_id": query.product_id,
            "after_store": after and after.ids[1],
            **await query.page_after(after, reads, parameters["store_id"]),
        },
    )
    data = [CartEvent.model_validate(row) for row in rows[: query.limit]]
    following = None
    if len(rows) > query.limit:
        last = data[-1]
        place = pages.Position(last.created_at, (str(last.event_id), str(last.store_id)))
        following = pages.cursor_of("carts", place)
    return CartPage(data=data, next_cursor=following)


@router.get("/api/cart-tracking/analytics")
async def get_cart_analytics(
    request: Request, reader: CanRead, query: Annotated[CartAnalyticsFilter, Query()]
) -> CartAnalyticsAnswer:
    """Carts in total, by store, by day or hour, by product; the conversion of generated images."""
    reads, statements = database(request), named_sql("streams/cart/queries")
    filters = query.parameters(reader)
    window = query.in_own_days(await clock_of(reads, filters["store_id"]))
    parameters = {
        **filters,
        **window.bounds,
        "interval": query.interval,
        "count": query.limit,
    }
    person = query.session_id is not None or query.customer_email is not None
    kind = "person_" if person else ""
    journey = None
    if person:
        steps = {**parameters, "count": JOURNEY_STEPS}
        rows = await reads.rows(statements["journey"], steps)
        journey = [Step.model_validate(row) for row in rows]
    data = CartAnalytics(
        totals=Totals.model_validate(await reads.row(statements[kind + "totals"], parameters)),
        by_store=[
            OfStore.model_validate(row)
            for row in await reads.rows(statements[kind + "by_store"], parameters)
        ],
        by_time=[
            OfTime(complete=window.is_complete(row["at"], query.interval), **row)
            for row in await reads.rows(statements[kind + "by_time"], parameters)
        ],
        by_product=[
            OfProduct.model_validate(row)
            for row in await reads.rows(statements[kind + "by_product"], parameters)
        ],
        journey=journey,
    )

    async def totals_of(earlier: Window) -> CartComparison:
        asked = {**parameters, **earlier.bounds}
        return CartComparison(**earlier.told, **await reads.row(statements[kind + "totals"], asked))

    comparison = await query.comparison(window, "hour", totals_of)
    return CartAnalyticsAnswer(**window.told, data=data, comparison=comparison)
