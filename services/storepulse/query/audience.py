"""`/api/analytics/sources`, `countries` and `pages`: where visits came from, and what they saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.query.access import Reader
from storepulse.query.activity import share
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.lists import CountedList, total_of
from storepulse.query.periods import CoveredPeriod
from storepulse.query.store_days import TopOfStore, own_days_of, parameters_of_days
from storepulse.query.windows import Window
from storepulse.query.wire import Json

router = APIRouter(
    route_class=CheckedRoute, tags=["audience"], responses=error_responses_of(400, 401, 403, 503)
)
_OF_DAYS = "store_id first_day end_day include_bots sort count"
_SQL = named_sql("query/visitors", origins=f"{_OF_DAYS} by", pages=_OF_DAYS)

OriginSort = Literal["sessions", "purchases", "conversion", "bounce_rate", "pages_per_session"]


class CountryFilter(TopOfStore):
    """Which countries come first."""

    sort: OriginSort = Field("sessions", description="Order, the greatest first")


class SourceFilter(CountryFilter):
    """By what visits are told apart, and which come first."""

    by: Literal["source", "medium", "campaign"] = Field(
        "source",
        description="utm_source, else the referrer's host; utm_medium; utm_campaign",
    )


class SeenPageFilter(TopOfStore):
    """Which pages come first."""

    sort: Literal["views", "entries", "exits"] = Field("views", description="Order")


class SessionFigures(BaseModel):
    """What became of sessions, on the local days on which they began."""

    sessions: int
    bounces: int = Field(
        description="Sessions of at most one page view that added nothing to a cart, began no "
        "checkout and bought nothing"
    )
    bounce_rate: float | None = Field(description="Share of the sessions; null without any")
    pages_per_session: float | None = Field(description="Page views each; null without any")
    purchases: int = Field(description="Sessions with a purchase")
    conversion: float | None = Field(description="Share of the sessions; null without any")


class TrafficSource(SessionFigures):
    """Sessions that came from one place."""

    source: str | None = Field(
        description="The value of what `by` names; null: none, as of a direct visit",
        examples=["google.com"],
    )


class Country(SessionFigures):
    """Sessions of one country."""

    country: str | None = Field(description="ISO 3166 code; null: unknown", examples=["DE"])


class PageFigures(BaseModel):
    """How often pages were seen, and how many sessions began and ended with them."""

    views: int = Field(description="Page views")
    entries: int = Field(description="Sessions whose first event with a page was there")
    exits: int = Field(description="Sessions whose last event with a page was there")


class SeenPage(PageFigures):
    """One page."""

    page: str | None = Field(
        description="As heatmaps name it; null: of page views that named no URL", examples=["/cart"]
    )


class Sources(CoveredPeriod, CountedList):
    """Sources of the days from `from` up to `to`. `totals` are of the whole list."""

    status: Literal["success"] = "success"
    data: list[TrafficSource]
    totals: SessionFigures


class Countries(CoveredPeriod, CountedList):
    """Countries of the days from `from` up to `to`. `totals` are of the whole list."""

    status: Literal["success"] = "success"
    data: list[Country]
    totals: SessionFigures


class SeenPages(CoveredPeriod, CountedList):
    """Pages of the days from `from` up to `to`. `totals` are of the whole list."""

    status: Literal["success"] = "success"
    data: list[SeenPage]
    totals: PageFigures


@router.get("/api/analytics/sources")
async def list_sources(
    request: Request, reader: CanRead, query: Annotated[SourceFilter, Query()]
) -> Sources:
    """Where the sessions of a store came from."""
    window, rows = await _ranked_rows(request, reader, query, "origins", by=query.by)
    data = [TrafficSource(source=row["value"], **_figures_of(row)) for row in rows]
    return Sources(**window.fields, **total_of(rows), data=data, totals=_totals_of(rows))


@router.get("/api/analytics/countries")
async def list_countries(
    request: Request, reader: CanRead, query: Annotated[CountryFilter, Query()]
) -> Countries:
    """The countries of a store's sessions. Visitors are not kept by country."""
    window, rows = await _ranked_rows(request, reader, query, "origins", by="country")
    data = [Country(country=row["value"], **_figures_of(row)) for row in rows]
    return Countries(**window.fields, **total_of(rows), data=data, totals=_totals_of(rows))


@router.get("/api/analytics/pages")
async def list_pages(
    request: Request, reader: CanRead, query: Annotated[SeenPageFilter, Query()]
) -> SeenPages:
    """The pages of a store that were seen most, or that most sessions began or ended with."""
    window, rows = await _ranked_rows(request, reader, query, "pages")
    first = rows[0] if rows else {}
    totals = {name: first.get(f"all_{name}", 0) for name in PageFigures.model_fields}
    return SeenPages(
        **window.fields,
        **total_of(rows),
        data=[SeenPage.model_validate(row) for row in rows],
        totals=PageFigures(**totals),
    )


async def _ranked_rows(
    request: Request,
    reader: Reader,
    query: CountryFilter | SeenPageFilter,
    statement: str,
    **more: str,
) -> tuple[Window, list[Json]]:
    """The days that are asked for, and the first rows of a statement about them."""
    window = await own_days_of(request, reader, query)
    asked = parameters_of_days(reader, query, window)
    ranking = {"sort": query.sort, "count": query.limit, **more}
    return window, await database(request).rows(_SQL[statement], {**asked, **ranking})


def _totals_of(rows: Sequence[Mapping[str, Any]]) -> SessionFigures:
    return SessionFigures(**_figures_of(rows[0] if rows else {}, "all_"))


def _figures_of(row: Mapping[str, Any], prefix: str = "") -> Json:
    """The figures of a row; of all its list by the prefix `all_`."""
    sessions, pages, bounces, purchases = (
        row.get(prefix + name, 0) for name in ("sessions", "pages", "bounces", "purchases")
    )
    return {
        "sessions": sessions,
        "bounces": bounces,
        "bounce_rate": share(bounces, sessions),
        "pages_per_session": share(pages, sessions),
        "purchases": purchases,
        "conversion": share(purchases, sessions),
    }
