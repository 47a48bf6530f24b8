"""`/api/cart-tracking/…`: figures, and the journey of one session or customer.

JSON names are camelCase, as in the published contract of these paths; parameters may also be in
snake_case.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.query.app_state import CanRead, closed_figures, database
from storepulse.query.cart_filters import CartFilter
from storepulse.query.cart_models import (
    MOST_LOOKED_AT,
    NO_CARTS,
    NO_IMAGES,
    CartAnalytics,
    CartAnalyticsAnswer,
    CartComparison,
    Figures,
    GeneratedImages,
    ImageFigures,
    ImagesOfProduct,
    ImagesOfStore,
    ImagesOfTime,
    OfProduct,
    OfStore,
    OfTime,
    Step,
    Totals,
)
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.closed_figures import ClosedSum
from storepulse.query.errors import error_responses_of
from storepulse.query.periods import (
    ComparedPeriod,
    clock_of,
)
from storepulse.query.windows import Window, closed_days_of, weeks_of
from storepulse.query.wire import Json

Rest = TypeVar("Rest", Figures, ImageFigures)

router = APIRouter(
    route_class=CheckedRoute, tags=["carts"], responses=error_responses_of(400, 401, 403, 503)
)

_SQL = named_sql("streams/cart/queries")
_CLOSED = {
    "by_product": ClosedSum(_SQL["closed_by_product"], ("cart_products_daily",)),
    "images_by_store": ClosedSum(_SQL["closed_images_by_store"], ("images",)),
    "images_by_time": ClosedSum(_SQL["closed_images_by_time"], ("images",)),
    "images_by_product": ClosedSum(_SQL["closed_images_by_product"], ("images",)),
}
#: Reasons for figures of images that are null.
NOT_BY_PERSON = "Images are known by their store, not by session or customer"
NONE_TOLD = "No activity named image_generated told of an image in this period"
#: Most steps of a journey, more than a person takes.
JOURNEY_STEPS = 500


class CartAnalyticsFilter(CartFilter, ComparedPeriod):
    """Which figures; the period is by the client's time, in whole days."""

    interval: Literal["day", "hour"] = Field("day", description="Step of `byTime`")

    @property
    def is_of_person(self) -> bool:
        """Whether the request is about one session or customer."""
        return self.session_id is not None or self.customer_email is not None


@router.get("/api/cart-tracking/analytics")
async def get_cart_analytics(
    request: Request, reader: CanRead, query: Annotated[CartAnalyticsFilter, Query()]
) -> CartAnalyticsAnswer:
    """Carts in total, by store, by day or hour, by product; which generated images became carts."""
    reads = database(request)
    filters = query.parameters(reader)
    window = query.in_own_days(await clock_of(reads, filters["store_id"], query.store_name))
    closed = closed_days_of(window)
    parameters = {
        **filters,
        **window.bounds,
        **closed,
        **weeks_of(replace(window, first_day=closed["first_day"], end_day=closed["closed_end"])),
        "interval": query.interval,
        "count": query.limit,
    }

    async def with_closed(name: str, more: Json) -> list[Json]:
        given = {**parameters, **more}
        closed = await closed_figures(request).parameters(reads, _CLOSED[name], given)
        return await reads.rows(_SQL[name], {**given, **closed})

    kind = "person_" if query.is_of_person else ""
    stores = await reads.rows(_SQL[kind + "by_store"], parameters)
    if query.is_of_person:
        journey = await _read_journey(reads, parameters)
        products = await reads.rows(_SQL["person_by_product"], parameters)
    else:
        journey = None
        products = await with_closed("by_product", {})

    async def totals_of(of: Window) -> Json:
        return await _read_totals(
            reads, {**parameters, **of.bounds}, is_of_person=query.is_of_person
        )

    data = CartAnalytics(
        totals=Totals(**await totals_of(window)),
        by_store=[OfStore.model_validate(row) for row in _listing(stores, "store_id")],
        other_stores=_others(stores, "store_id", Figures, NO_CARTS),
        by_time=[
            OfTime.model_validate(_step_of(window, row))
            for row in await reads.rows(_SQL[kind + "by_time"], parameters)
        ],
        by_product=[OfProduct.model_validate(row) for row in _listing(products, "product_id")],
        other_products=_others(products, "product_id", Figures, NO_CARTS),
        images=await _images(query, window, parameters["store_id"], with_closed),
        journey=journey,
    )

    async def comparison_of(earlier: Window) -> CartComparison:
        images = ImageFigures(images_generated=None, images_in_carts=None)
        if not query.is_of_person:
            more = {**earlier.bounds, **closed_days_of(earlier), "interval": "hour"}
            hours = await with_closed("images_by_time", more)
            images = _images_until(earlier.cut, hours)
        return CartComparison(**earlier.fields, **await totals_of(earlier), images=images)

    comparison = await query.comparison(window, "hour", comparison_of)
    return CartAnalyticsAnswer(**window.fields, data=data, comparison=comparison)


async def _read_totals(reads: ReadSnapshot, asked: Json, *, is_of_person: bool) -> Json:
    """Totals, with the number of sessions if it can be counted in time."""
    found = await reads.row(_SQL["person_totals" if is_of_person else "totals"], asked)
    if asked["store_id"] is None or found["carts"] > MOST_LOOKED_AT or is_of_person:
        return found
    asked = {**asked, "most": MOST_LOOKED_AT}
    return {**found, **await reads.row(_SQL["distinct_sessions"], asked)}


async def _read_journey(reads: ReadSnapshot, parameters: Json) -> list[Step]:
    rows = await reads.rows(_SQL["journey"], {**parameters, "count": JOURNEY_STEPS})
    return [Step.model_validate(row) for row in rows]


async def _images(
    query: CartAnalyticsFilter,
    window: Window,
    store_id: UUID | None,
    read: Callable[[str, Json], Awaitable[list[Json]]],
) -> GeneratedImages:
    """Figures of images; null, with the reason, if nothing is known about them."""
    if query.is_of_person:
        return GeneratedImages(images_generated=None, images_in_carts=None, reason=NOT_BY_PERSON)
    steps = await read("images_by_time", {})
    # Each statement scans the images of the period, so skip those whose result is known already.
    totals = {
        name: sum(row[name] for row in steps) for name in ("images_generated", "images_in_carts")
    }
    if not totals["images_generated"]:
        return GeneratedImages(images_generated=None, images_in_carts=None, reason=NONE_TOLD)
    stores = [{"store_id": store_id, **totals}]
    if store_id is None:
        stores = await read("images_by_store", {})
    products = await read("images_by_product", {})
    return GeneratedImages(
        **totals,
        by_store=[ImagesOfStore.model_validate(row) for row in _listing(stores, "store_id")],
        other_stores=_others(stores, "store_id", ImageFigures, NO_IMAGES),
        by_time=[ImagesOfTime.model_validate(_step_of(window, row)) for row in steps],
        by_product=[
            ImagesOfProduct.model_validate(row) for row in _listing(products, "product_id")
        ],
        other_products=_others(products, "product_id", ImageFigures, NO_IMAGES),
    )


def _images_until(cut: datetime | None, hours: list[Json]) -> ImageFigures:
    """Figures of the hours before the cut; null if no image was reported in them."""
    told = [row for row in hours if cut is None or row["hour"] < cut]
    if not told:
        return ImageFigures(images_generated=None, images_in_carts=None)
    return ImageFigures(
        images_generated=sum(row["images_generated"] for row in told),
        images_in_carts=sum(row["images_in_carts"] for row in told),
    )


def _listing(rows: list[Json], key: str) -> list[Json]:
    return [row for row in rows if row[key] is not None]


def _others(rows: list[Json], key: str, kind: type[Rest], none: Rest) -> Rest:
    """The sum of the entries that are not listed: the row without a key."""
    return next((kind.model_validate(row) for row in rows if row[key] is None), none)


def _step_of(window: Window, row: Json) -> Json:
    """A row of one day or hour, with its start and whether it is over."""
    day, hour = row["day"], row["hour"]
    if day is not None:
        at, complete = window.calendar.start_of(day), window.is_day_complete(day)
    else:
        at, complete = hour, window.is_complete(hour, "hour")
    return {**row, "at": at, "complete": complete}
