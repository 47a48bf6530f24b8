"""`/api/analytics/products`: how often products were viewed, put into carts and bought."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.query.activity import share
from storepulse.query.app_state import CanRead, closed_figures, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.closed_figures import ClosedSum
from storepulse.query.errors import error_responses_of
from storepulse.query.lists import CountedList, total_of
from storepulse.query.periods import CoveredPeriod
from storepulse.query.ranking import RankedFilter, RankedPage, Ranking
from storepulse.query.store_days import own_days_of, parameters_of_days
from storepulse.query.windows import closed_days_of
from storepulse.query.wire import Json, Money

_SQL = named_sql("query/products")
_CLOSED_VIEWS, _CLOSED_SALES = (
    ClosedSum(_SQL[name], figures)
    for name, figures in (
        ("closed_views", ("activity_products_daily",)),
        ("closed_sales", ("order_lines", "product_sales_daily")),
    )
)
router = APIRouter(
    route_class=CheckedRoute, tags=["activity"], responses=error_responses_of(400, 401, 403, 503)
)


class ProductFilter(RankedFilter):
    """The order of products."""

    sort: Literal[
        "views", "adds", "removes", "purchases", "units", "cart_rate", "purchase_rate", "name"
    ] = Field("views", description="Column")


class ProductRevenue(BaseModel):
    """A product's revenue in one currency."""

    currency: str = Field(description="ISO 4217; empty where purchases named none")
    revenue: Money = Field(description="Pieces by their price, before discounts and refunds")


class Product(BaseModel):
    """How often a product was viewed, added, removed and bought."""

    product_id: str
    product_name: str | None
    views: int
    adds: int
    removes: int
    purchases: int = Field(
        description="Orders, each once, and purchases that name no order, that hold the product"
    )
    units: int = Field(description="Pieces bought")
    revenue: list[ProductRevenue]
    cart_rate: float | None = Field(description="adds / views; null without views")
    purchase_rate: float | None = Field(description="purchases / adds; null without adds")


class ProductTotals(BaseModel):
    """Totals of all products."""

    views: int
    adds: int
    removes: int
    units: int


class Products(CoveredPeriod, CountedList, RankedPage):
    """Products of the days from `from` up to `to`. `totals` ignore `search`."""

    status: Literal["success"] = "success"
    data: list[Product]
    totals: ProductTotals


@router.get("/api/analytics/products")
async def list_products(
    request: Request, reader: CanRead, query: Annotated[ProductFilter, Query()]
) -> Products:
    """The products of a store that were viewed, added, removed or bought most. `search` applies
    to ids and names."""
    ranking = Ranking.of(query, "products", reader.one_store(query.store_id), ("name",))
    window = await own_days_of(request, reader, query)
    reads, known = database(request), closed_figures(request)
    parameters = {**parameters_of_days(reader, query, window), **closed_days_of(window)}
    views = await known.parameters(reads, _CLOSED_VIEWS, parameters)
    sales = await known.parameters(reads, _CLOSED_SALES, parameters)
    sales["sold_end"] = sales.pop("closed_end")
    asked = {**parameters, **views, **sales, **ranking.parameters, "search": query.search}
    rows = await reads.rows(_SQL["products"], asked)
    totals = {name: rows[0][f"all_{name}"] for name in ProductTotals.model_fields}
    return Products(
        **window.fields,
        **total_of(rows),
        data=[
            Product.model_validate({**row, **_rates_of(row)}) for row in ranking.entries_of(rows)
        ],
        totals=ProductTotals(**totals),
        next_cursor=ranking.cursor_after(rows),
    )


def _rates_of(row: Json) -> Json:
    return {
        "cart_rate": share(row["adds"], row["views"]),
        "purchase_rate": share(row["purchases"], row["adds"]),
    }
