"""`/api/analytics/sources`, `countries` and `pages`: where sessions came from, and pages seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from storepulse.query.periods import ComparedPeriod, CoveredPeriod
from storepulse.query.ranking import RankedFilter, RankedPage, Ranking
from storepulse.query.store_days import own_days_of, parameters_of_days
from storepulse.query.windows import Window
from storepulse.query.wire import Json

router = APIRouter(
    route_class=CheckedRoute, tags=["audience"], responses=error_responses_of(400, 401, 403, 503)
)
_OF_DAYS = (
    "store_id first_day end_day include_bots search sort is_ascending after_number after_text"
    " after_id count"
)
_SQL = named_sql(
    "query/visitors",
    origins=f"{_OF_DAYS} by",
    pages=_OF_DAYS,
    session_totals="store_id first_day end_day include_bots cut",
)
_TEXTS = ("name",)

OriginSort = Literal[
    "sessions", "purchases", "conversion", "bounces", "bounce_rate", "pages_per_session", "name"
]


class CountryFilter(RankedFilter):
    """The order of countries."""

    sort: OriginSort = Field("sessions", description="Column; name: what the entries are called")


class SourceFilter(CountryFilter, ComparedPeriod):
    """What sources are grouped by, and their order."""

    by: Literal["source", "medium", "campaign"] = Field(
        "source",
        description="utm_source, else the referrer's host; utm_medium; utm_campaign",
    )


class SeenPageFilter(RankedFilter):
    """The order of pages."""

    sort: Literal["views", "entries", "exits", "name"] = Field(
        "views", description="Column; name: the page"
    )


class SessionFigures(BaseModel):
    """Figures of sessions, by the local day on which they began."""

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
    """How often pages were viewed, and how many sessions began and ended with them."""

    views: int = Field(description="Page views")
    entries: int = Field(description="Sessions whose first event with a page was there")
    exits: int = Field(description="Sessions whose last event with a page was there")


class SeenPage(PageFigures):
    """One page."""

    page: str | None = Field(
        description="As heatmaps name it; null: of page views that named no URL", examples=["/cart"]
    )


class SessionsOfPeriod(CoveredPeriod):
    """All sessions of an earlier period."""

    totals: SessionFigures


class Sources(CoveredPeriod, CountedList, RankedPage):
    """Sources of the days from `from` up to `to`. `totals` ignore `search`."""

    status: Literal["success"] = "success"
    data: list[TrafficSource]
    totals: SessionFigures
    comparison: SessionsOfPeriod | None = Field(description="Null unless `compare` asks for it")


class Countries(CoveredPeriod, CountedList, RankedPage):
    """Countries of the days from `from` up to `to`. `totals` ignore `search`."""

    status: Literal["success"] = "success"
    data: list[Country]
    totals: SessionFigures


class SeenPages(CoveredPeriod, CountedList, RankedPage):
    """Pages of the days from `from` up to `to`. `totals` ignore `search`."""

    status: Literal["success"] = "success"
    data: list[SeenPage]
    totals: PageFigures


@router.get("/api/analytics/sources")
async def list_sources(
    request: Request, reader: CanRead, query: Annotated[SourceFilter, Query()]
) -> Sources:
    """Where the sessions of a store came from."""
    found = await _ranked(request, reader, query, f"sources of {query.by}", "origins", by=query.by)
    data = [TrafficSource(source=row["value"], **_figures_of(row)) for row in found.entries]

    async def totals_of(earlier: Window) -> SessionsOfPeriod:
        asked = parameters_of_days(reader, query, earlier)
        row = await database(request).row(_SQL["session_totals"], asked)
        return SessionsOfPeriod(**earlier.fields, totals=SessionFigures(**_figures_of(row)))

    return Sources(
        **found.fields,
        data=data,
        totals=_totals_of(found.rows),
        comparison=await query.comparison(found.window, "hour", totals_of),
    )


@router.get("/api/analytics/countries")
async def list_countries(
    request: Request, reader: CanRead, query: Annotated[CountryFilter, Query()]
) -> Countries:
    """The countries of a store's sessions. There are no visitors by country."""
    found = await _ranked(request, reader, query, "countries", "origins", by="country")
    data = [Country(country=row["value"], **_figures_of(row)) for row in found.entries]
    return Countries(**found.fields, data=data, totals=_totals_of(found.rows))


@router.get("/api/analytics/pages")
async def list_pages(
    request: Request, reader: CanRead, query: Annotated[SeenPageFilter, Query()]
) -> SeenPages:
    """The pages of a store with the most views, or with which most sessions began or ended."""
    found = await _ranked(request, reader, query, "pages", "pages")
    totals = {name: found.rows[0][f"all_{name}"] for name in PageFigures.model_fields}
    data = [SeenPage.model_validate(row) for row in found.entries]
    return SeenPages(**found.fields, data=data, totals=PageFigures(**totals))


@dataclass(frozen=True, slots=True)
class _RankedRows:
    """Rows of a statement, and which of them are entries. The first row has the totals."""

    window: Window
    rows: Sequence[Json]
    entries: Sequence[Json]
    fields: Json


async def _ranked(
    request: Request,
    reader: Reader,
    query: CountryFilter | SeenPageFilter,
    listing: str,
    statement: str,
    **more: str,
) -> _RankedRows:
    """A page of a list for the requested days, with the fields that all lists have."""
    ranking = Ranking.of(query, listing, reader.one_store(query.store_id), _TEXTS)
    window = await own_days_of(request, reader, query)
    asked = {**parameters_of_days(reader, query, window), "search": query.search, **more}
    rows = await database(request).rows(_SQL[statement], {**asked, **ranking.parameters})
    fields = {**window.fields, **total_of(rows), "next_cursor": ranking.cursor_after(rows)}
    return _RankedRows(window, rows, ranking.entries_of(rows), fields)


def _totals_of(rows: Sequence[Mapping[str, Any]]) -> SessionFigures:
    return SessionFigures(**_figures_of(rows[0], "all_"))


def _figures_of(row: Mapping[str, Any], prefix: str = "") -> Json:
    """The figures of a row; with the prefix `all_`, those of the whole list."""
    sessions, pages, bounces, purchases = (
        row[prefix + name] for name in ("sessions", "pages", "bounces", "purchases")
    )
    return {
        "sessions": sessions,
        "bounces": bounces,
        "bounce_rate": share(bounces, sessions),
        "pages_per_session": share(pages, sessions),
        "purchases": purchases,
        "conversion": share(purchases, sessions),
    }
