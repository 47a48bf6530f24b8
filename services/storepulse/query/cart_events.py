"""`/api/cart-tracking/events` and `/export`: additions to carts, in pages and as files.

An index gives the order by time. Other orders are sorted per request, up to a maximum number of
rows. An export is read in pages, each in a transaction of its own, so that a slow reader holds none
open. Rows added meanwhile are newer than those still to be read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import StreamingResponse

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.domain.errors import Rejected
from storepulse.query import pages
from storepulse.query.app_state import CanRead, connections, database
from storepulse.query.cart_filters import CartFilter, CartScope
from storepulse.query.cart_models import CartEvent, CartPage
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.exports import (
    CSV_TYPE,
    FILE_CONTENT,
    MOST_SHEET_ROWS,
    XLSX_TYPE,
    Row,
    csv_answer,
    xlsx_answer,
)
from storepulse.query.lists import MOST_COUNTED, total_of
from storepulse.query.periods import PagedPeriod
from storepulse.query.ranking import Order, Ranking
from storepulse.query.wire import Json, Text

_SQL = named_sql("query/cart_events")
#: Most additions that are sorted in an order other than by time.
MOST_SORTED = 50_000
#: Rows per read of an export.
EXPORTED_ROWS = 1_000
_COLUMNS = {name: field.alias or name for name, field in CartEvent.model_fields.items()}

router = APIRouter(
    route_class=CheckedRoute, tags=["carts"], responses=error_responses_of(400, 401, 403, 503)
)

Image = Literal["generated", "person", "clothing", "none"]
_PRODUCT = Field(None, alias="productId", description="This product only")
_IMAGE = Field(None, description="Additions that name such an image; none: that name no image")


class CartEventFilter(CartFilter, PagedPeriod):
    """Filters and order of rows; the period is that of `createdAt`."""

    product_id: Text | None = _PRODUCT
    image: Image | None = _IMAGE
    sort: Literal["created_at", "store", "product", "variant", "customer", "image"] = Field(
        "created_at",
        description=f"Column; others than created_at where at most {MOST_SORTED} additions are "
        "asked for. Those without the value come last",
    )
    order: Order | None = Field(
        None, description="Least or greatest first; default: the newest, of others the first letter"
    )


class CartExportFilter(CartScope):
    """Filters and format of an export; the period is that of `createdAt`."""

    product_id: Text | None = _PRODUCT
    image: Image | None = _IMAGE
    format: Literal["csv", "xlsx"] = Field("csv", description="Kind of file")


@router.get("/api/cart-tracking/events")
async def list_cart_events(
    request: Request, reader: CanRead, query: Annotated[CartEventFilter, Query()]
) -> CartPage:
    """Additions to carts, newest first by default."""
    reads, asked = database(request), query.parameters(reader)
    start, end = await query.read_moments(reads, asked["store_id"])
    asked |= {"product_id": query.product_id, "image": query.image, "start": start, "end": end}
    if query.sort == "created_at":
        rows, following = await _rows_by_time(reads, query, asked)
    else:
        rows, following = await _rows_by_value(reads, query, asked)
    counted = await reads.rows(_SQL["count_rows"], {**asked, "most": MOST_COUNTED + 1})
    return CartPage(
        **total_of(counted),
        data=[CartEvent.model_validate(row) for row in rows],
        next_cursor=following,
    )


async def _rows_by_time(
    reads: ReadSnapshot, query: CartEventFilter, asked: Json
) -> tuple[list[Json], str | None]:
    """A page by time, and the cursor of the next one."""
    is_ascending = query.order == "asc"
    listing = pages.listing_of("oldest carts" if is_ascending else "carts", asked["store_id"])
    after = pages.position_of(listing, query.cursor, 2) if query.cursor else None
    rows = await reads.rows(
        _SQL["oldest_rows" if is_ascending else "newest_rows"],
        {**asked, **_place_after(after), "count": query.limit + 1},
    )
    following = None
    if len(rows) > query.limit:
        following = pages.cursor_of(listing, _position_of(rows[query.limit - 1]))
    return rows[: query.limit], following


async def _rows_by_value(
    reads: ReadSnapshot, query: CartEventFilter, asked: Json
) -> tuple[list[Json], str | None]:
    """A page by the values of a column. Raises Rejected if there are too many rows."""
    ranking = Ranking.of(query, "carts", asked["store_id"], (query.sort,))
    rows = await reads.rows(
        _SQL["sorted_rows"], {**asked, **ranking.parameters, "most": MOST_SORTED}
    )
    if rows[0]["searched"] > MOST_SORTED:
        reason = f"other than created_at is for {MOST_SORTED} additions at most: shorten the period"
        raise Rejected("sort", reason)
    return ranking.entries_of(rows), ranking.cursor_after(rows)


@router.get(
    "/api/cart-tracking/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": dict.fromkeys((CSV_TYPE, XLSX_TYPE), FILE_CONTENT),
            "description": "The file",
        }
    },
)
async def export_cart_events(
    request: Request, reader: CanRead, query: Annotated[CartExportFilter, Query()]
) -> StreamingResponse:
    """Additions to carts as a file for spreadsheets, newest first. In CSV, text that a
    spreadsheet could take for a formula is prefixed with an apostrophe."""
    reads, asked = database(request), query.parameters(reader)
    start, end = await query.read_moments(reads, asked["store_id"])
    asked |= {"product_id": query.product_id, "image": query.image, "start": start, "end": end}
    if query.format == "xlsx":
        counted = await reads.row(_SQL["count_rows"], {**asked, "most": MOST_SHEET_ROWS + 1})
        if counted["listed"] > MOST_SHEET_ROWS:
            reason = f"xlsx is for {MOST_SHEET_ROWS} rows at most: take csv, or a shorter period"
            raise Rejected("format", reason)
    await reads.end()
    answer_of = xlsx_answer if query.format == "xlsx" else csv_answer
    columns = list(_COLUMNS.values())
    return await answer_of(f"carts.{query.format}", columns, _exported(request, asked))


async def _exported(request: Request, asked: Json) -> AsyncIterator[Sequence[Row]]:
    """The rows of an export in pages, newest first."""
    after: pages.Position | None = None
    while True:
        async with ReadSnapshot(connections(request)) as reads:
            rows = await reads.rows(
                _SQL["newest_rows"], {**asked, **_place_after(after), "count": EXPORTED_ROWS}
            )
        yield [[row[name] for name in _COLUMNS] for row in rows]
        if len(rows) < EXPORTED_ROWS:
            return
        after = _position_of(rows[-1])


def _place_after(after: pages.Position | None) -> dict[str, Any]:
    """Parameters of the statements by time."""
    at = after and after.at
    return {
        "before": at,
        "after": at,
        "after_id": after and after.ids[0],
        "after_store": after and after.ids[1],
    }


def _position_of(row: Json) -> pages.Position:
    return pages.Position(row["created_at"], (str(row["event_id"]), str(row["store_id"])))
