"""`/api/heatmap/{store_id}`: where visitors of a page clicked, hovered and scrolled to."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, field_validator

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.domain.errors import Rejected
from storepulse.domain.folding import OTHER
from storepulse.domain.pages import normalised_path, page_of, rewritten
from storepulse.query.activity import share
from storepulse.query.app_state import CanRead, closed_figures, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.closed_figures import ClosedSum
from storepulse.query.errors import error_responses_of
from storepulse.query.lists import CountedList, total_of
from storepulse.query.periods import CoveredPeriod, LimitedPeriod, clock_of
from storepulse.query.windows import closed_days_of, parts_of
from storepulse.query.wire import Json, Text
from storepulse.streams.beacon import url as checked_url
from storepulse.streams.heatmap.grid import COLUMNS, COORDINATE, ROW_PX

router = APIRouter(
    route_class=CheckedRoute, tags=["heatmaps"], responses=error_responses_of(400, 401, 403, 503)
)

#: Parts of the page for scroll reach.
PARTS = 20
#: The number of cells that one kind can have on a page of the default maximum height. Cells with
#: the fewest events are left out only if pages may be taller or no kind is given.
MAX_CELLS = COLUMNS * (COORDINATE // ROW_PX + 1)

_SQL = named_sql("streams/heatmap/queries")
_CLOSED = {
    "cells": ClosedSum(_SQL["closed_cells"], ("heatmap",)),
    "scroll": ClosedSum(_SQL["closed_scroll"], ("heatmap", "heatmap_views")),
    "elements": ClosedSum(_SQL["closed_elements"], ("heatmap",)),
}

StoreId = Annotated[UUID, Path(description="The store")]


class PageAsked(BaseModel):
    """Which page of a store."""

    model_config = ConfigDict(extra="forbid")

    page: Text = Field(
        description="Path of the page, or a URL, which is looked up as its events count today",
        examples=["/products/mug"],
    )

    @field_validator("page")
    @classmethod
    def _path_or_url(cls, page: str) -> str:
        if not _is_name(page):
            try:
                checked_url("page", page)
            except Rejected:
                raise ValueError("is not a path or URL") from None
        return page


class HeatmapFilter(PageAsked, LimitedPeriod):
    """Which part of a store's heatmaps; `limit` bounds the elements."""

    kind: Literal["click", "scroll", "hover"] | None = Field(None, description="Cells of this kind")
    device: Literal["mobile", "tablet", "desktop", "unknown"] | None = Field(
        None, description="This class of device only"
    )


def _is_name(page: str) -> bool:
    return page.startswith("/") or page == OTHER


def names_of(page: str, patterns: tuple[str, ...]) -> list[str]:
    """The names under which to look up a page; the first that exists counts.

    `patterns`: the store's. For a URL, the page that its events count under today comes first; for
    a path, the page of that very name, which may be older than the pattern.
    """
    path = (
        normalised_path(re.split("[?#]", page, maxsplit=1)[0]) if _is_name(page) else page_of(page)
    )
    names = [path, rewritten(path, patterns)]
    return names if _is_name(page) else names[::-1]


def page_today(page: str, patterns: tuple[str, ...]) -> str:
    """The page that events of a path or URL count under today."""
    return rewritten(names_of(page, ())[0], patterns)


class Cell(BaseModel):
    """Events of one cell of the grid."""

    kind: str = Field(examples=["click"])
    col: int = Field(description="Of 128 columns across the viewport's width")
    row: int = Field(description="Of 16 CSS pixels from the top of the page")
    events: int
    dwell_ms: int


class Grid(BaseModel):
    """The grid of the cells."""

    columns: int = COLUMNS
    row_px: int = ROW_PX


class Reach(BaseModel):
    """Views whose furthest scroll reached at least this part of the page."""

    percent: int = Field(examples=[50])
    views: int
    share: float | None = Field(description="Of all views that were scrolled; null without any")


class Element(BaseModel):
    """What happened on the elements of one selector."""

    selector: str = Field(description="Empty where the client named none")
    clicks: int
    rage_clicks: int
    dead_clicks: int
    hovers: int
    dwell_ms: int


#: The totals that are in the elements' rows.
_TOTALS = ("clicks", "rage_clicks", "dead_clicks", "hovers")


class PointerTotals(BaseModel):
    """Totals of the page."""

    clicks: int
    rage_clicks: int
    dead_clicks: int
    hovers: int
    scrolls: int = Field(description="Scroll events; a view may have several")
    views: int = Field(description="Views that were scrolled")


class Heatmap(BaseModel):
    """The heatmap of one page."""

    page: str
    grid: Grid
    totals: PointerTotals
    cells: list[Cell] = Field(description="Most events first")
    cells_truncated: bool = Field(description="Whether cells with the fewest events are left out")
    scroll_reach: list[Reach] = Field(description="0, 5, … 100 percent of the page")
    elements: list[Element] = Field(description="Most clicks first")


class HeatmapAnswer(CoveredPeriod):
    """A heatmap and the period that it covers."""

    status: Literal["success"] = "success"
    data: Heatmap


class PageEvents(BaseModel):
    """A page that has a heatmap."""

    page: str
    pointer_events: int
    scroll_events: int


class PagesAnswer(CoveredPeriod, CountedList):
    """Pages, most events first."""

    status: Literal["success"] = "success"
    data: list[PageEvents]


@router.get("/api/heatmap/{store_id}")
async def get_heatmap(
    request: Request, reader: CanRead, store_id: StoreId, query: Annotated[HeatmapFilter, Query()]
) -> HeatmapAnswer:
    """Grid cells, scroll reach, top elements, rage and dead clicks of a page."""
    return await read_heatmap(request, reader.store(store_id), query)


async def patterns_of(reads: ReadSnapshot, of_store: UUID | None) -> tuple[str, ...]:
    """The patterns that a store's pages are counted under, in their order."""
    rows = await reads.rows(_SQL["page_patterns"], {"store_id": of_store})
    return tuple(row["pattern"] for row in rows)


async def read_heatmap(
    request: Request, of_store: UUID | None, query: HeatmapFilter
) -> HeatmapAnswer:
    """The heatmap of a page of a store, for any caller."""
    reads = database(request)
    window = query.in_hours(await clock_of(reads, of_store))
    store = {"store_id": of_store}
    names = names_of(query.page, await patterns_of(reads, of_store))
    found = await reads.rows(_SQL["named_pages"], store | {"names": names})
    page_ids = {row["page"]: row["page_id"] for row in found}
    page = next((name for name in names if name in page_ids), names[0])
    parameters: Json = {
        # No page has this id: a page without visits has an empty heatmap.
        "page_id": page_ids.get(page, 0),
        "kind": query.kind,
        "device": query.device,
        "include_bots": query.include_bots,
        "count": query.limit,
        "cells": MAX_CELLS + 1,
        **window.bounds,
        **closed_days_of(window),
        "store_id": of_store,
    }
    known = closed_figures(request)
    cells, scroll, elements = [
        await reads.rows(
            _SQL[name],
            {**parameters, **await known.parameters(reads, _CLOSED[name], parameters)},
        )
        for name in ("cells", "scroll", "elements")
    ]
    totals = {name: elements[0][f"all_{name}"] if elements else 0 for name in _TOTALS}
    reach = scroll_reach({row["reach"]: row["views"] for row in scroll})
    scrolls = sum(row["events"] for row in scroll)
    data = Heatmap(
        page=page,
        grid=Grid(),
        totals=PointerTotals(**totals, scrolls=scrolls, views=reach[0].views),
        cells=[Cell.model_validate(row) for row in cells[:MAX_CELLS]],
        cells_truncated=len(cells) > MAX_CELLS,
        scroll_reach=reach,
        elements=[Element.model_validate(row) for row in elements],
    )
    return HeatmapAnswer(**window.fields, data=data)


@router.get("/api/heatmap/{store_id}/pages")
async def list_heatmap_pages(
    request: Request, reader: CanRead, store_id: StoreId, query: Annotated[LimitedPeriod, Query()]
) -> PagesAnswer:
    """The pages of a store that have a heatmap."""
    reads, store = database(request), reader.store(store_id)
    window = query.in_hours(await clock_of(reads, store))
    rows = await reads.rows(
        _SQL["pages"],
        {
            "store_id": store,
            "include_bots": query.include_bots,
            "count": query.limit,
            **parts_of(window),
        },
    )
    data = [PageEvents.model_validate(row) for row in rows]
    return PagesAnswer(**window.fields, **total_of(rows), data=data)


def scroll_reach(furthest: dict[int, int]) -> list[Reach]:
    """The views that reached each twentieth of the page, from views by the furthest one they
    reached."""
    total = sum(furthest.values())
    reached = [
        sum(views for reach, views in furthest.items() if reach >= part)
        for part in range(PARTS + 1)
    ]
    return [
        Reach(percent=part * 100 // PARTS, views=views, share=share(views, total))
        for part, views in enumerate(reached)
    ]
