"""`/api/page-configs` and PUT of a page's base configuration: pages before any variant.

Requires scope `admin`. A key that is tied to a store has access to that store's pages only.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from storepulse.adapters.clock import system_clock
from storepulse.experiments.pages import STATEMENTS, PagePlace, PageRow, set_page
from storepulse.query import pages
from storepulse.query.administering import administer
from storepulse.query.app_state import CanAdminister, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.entity_tags import IfMatch, tag, tag_responses_of, version_of
from storepulse.query.errors import error_responses_of
from storepulse.query.experiment_answers import PageConfigAnswer, PageConfigList, PageShown
from storepulse.query.experiment_models import PageGiven
from storepulse.query.wire import OneStore, Text

router = APIRouter(
    route_class=CheckedRoute, tags=["experiments"], responses=error_responses_of(400, 401, 403, 503)
)


class OneStoreFilter(BaseModel):
    """Which store."""

    model_config = ConfigDict(extra="forbid")

    store_id: OneStore = None


class PageConfigFilter(OneStoreFilter):
    """Which pages."""

    page_type: Text | None = Field(None, description="Of this type only")
    limit: int = Field(50, ge=1, le=pages.MAX_LIMIT, description="Most entries of the answer")
    cursor: str | None = Field(
        None, max_length=4096, description="`next_cursor` of the page before this one"
    )


def _place_of(
    reader: CanAdminister,
    page_type: str,
    slug: str,
    query: Annotated[OneStoreFilter, Query()],
    if_match: IfMatch = None,
) -> PagePlace:
    store_id = reader.one_store(query.store_id)
    return PagePlace(store_id, page_type, slug, version_of(if_match))


#: The page of the path, and the version in If-Match.
Place = Annotated[PagePlace, Depends(_place_of)]


@router.get("/api/page-configs")
async def list_page_configs(
    request: Request, reader: CanAdminister, query: Annotated[PageConfigFilter, Query()]
) -> PageConfigList:
    """Pages of a store with their base configuration, by type and slug."""
    store_id = reader.one_store(query.store_id)
    listing = pages.listing_of("page configs", store_id)
    after = pages.place_of(listing, query.cursor, str) if query.cursor else (None, None)
    rows = await database(request).rows(
        STATEMENTS["list_pages"],
        {
            "store_id": store_id,
            "page_type": query.page_type,
            "after_type": after[0],
            "after_slug": after[1],
            "count": query.limit + 1,
        },
    )
    shown = [PageRow(**row) for row in rows[: query.limit]]
    following = None
    if len(rows) > query.limit:
        following = pages.cursor_of_place(listing, shown[-1].page_type, shown[-1].slug)
    return PageConfigList(data=list(map(PageShown.of, shown)), next_cursor=following)


@router.put(
    "/api/page-config/{page_type}/{slug}",
    responses=error_responses_of(404, 409) | tag_responses_of(),
)
async def change_page_config(
    request: Request,
    response: Response,
    reader: CanAdminister,
    place: Place,
    body: Annotated[PageGiven, Body()],
) -> PageConfigAnswer:
    """Create or replace a page's base configuration."""
    authored, now = body.authored(), system_clock()
    row = await administer(request, lambda c: set_page(c, reader.caller, place, authored, now))
    tag(response, row.version)
    return PageConfigAnswer(data=PageShown.of(row))
