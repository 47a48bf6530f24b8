"""`/api/analytics/searches`: what visitors searched for."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain.search_terms import term_of
from storepulse.query.app_state import CanRead, closed_figures, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.closed_figures import ClosedSum
from storepulse.query.errors import error_responses_of
from storepulse.query.lists import CountedList, total_of
from storepulse.query.periods import CoveredPeriod
from storepulse.query.ranking import RankedFilter, RankedPage, Ranking
from storepulse.query.store_days import own_days_of, parameters_of_days
from storepulse.query.windows import closed_days_of

_SQL = named_sql("query/searches")
_CLOSED_SEARCHES = ClosedSum(_SQL["closed_searches"], ("activity_searches_daily",))
#: Sessions are counted from the events themselves, up to this many searches in a period.
MOST_SEARCHES = 50_000

router = APIRouter(
    route_class=CheckedRoute, tags=["activity"], responses=error_responses_of(400, 401, 403, 503)
)


class SearchFilter(RankedFilter):
    """The order of searches."""

    sort: Literal["searches", "name"] = Field("searches", description="Column; name: the term")


class Search(BaseModel):
    """A search term, trimmed and in lower case."""

    term: str
    searches: int


class SearchTotals(BaseModel):
    """Totals of all searches."""

    searches: int
    sessions: int | None = Field(
        description="Distinct session ids with a search, of the events that are kept; null where "
        f"the period has more than {MOST_SEARCHES} searches"
    )


class Searches(CoveredPeriod, CountedList, RankedPage):
    """Searches of the days from `from` up to `to`. `totals` ignore `search`."""

    status: Literal["success"] = "success"
    data: list[Search]
    totals: SearchTotals


@router.get("/api/analytics/searches")
async def list_searches(
    request: Request, reader: CanRead, query: Annotated[SearchFilter, Query()]
) -> Searches:
    """What visitors of a store searched for most."""
    ranking = Ranking.of(query, "searches", reader.one_store(query.store_id), ("name",))
    window = await own_days_of(request, reader, query)
    reads = database(request)
    parameters = {**parameters_of_days(reader, query, window), **closed_days_of(window)}
    closed = await closed_figures(request).parameters(reads, _CLOSED_SEARCHES, parameters)
    search = None if query.search is None else term_of(query.search)
    rows = await reads.rows(
        _SQL["searches"], {**parameters, **closed, **ranking.parameters, "search": search}
    )
    totals = SearchTotals(searches=rows[0]["all_searches"], sessions=None)
    if totals.searches <= MOST_SEARCHES:
        asked = {**parameters, "most": MOST_SEARCHES}
        totals.sessions = (await reads.row(_SQL["searching_sessions"], asked))["sessions"]
    return Searches(
        **window.fields,
        **total_of(rows),
        data=[Search.model_validate(row) for row in ranking.entries_of(rows)],
        totals=totals,
        next_cursor=ranking.cursor_after(rows),
    )
