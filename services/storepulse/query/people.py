"""`/api/people`: all people of a store in one list, in pages, by a search, and as a file.

The search text is in the body, so that names of people are in no URL and no log.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import StreamingResponse

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.domain.errors import Rejected
from storepulse.query import pages
from storepulse.query.access import Reader
from storepulse.query.app_state import CanRead, connections, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.exports import CSV_TYPE, FILE_CONTENT, Row, csv_answer
from storepulse.query.lists import MOST_COUNTED, total_of
from storepulse.query.people_models import (
    MOST_FOUND,
    PeopleExport,
    PeopleFilter,
    PeoplePage,
    PeopleQuery,
    PeopleSearch,
    Person,
)
from storepulse.query.wire import Json, plain
from storepulse.streams.order_numbers import bare_number

router = APIRouter(
    route_class=CheckedRoute, tags=["people"], responses=error_responses_of(400, 401, 403, 503)
)
_SQL = named_sql("query/people")
_BEYOND = "\U0010ffff"
_EXPORTED_ROWS = 500
#: Columns whose order has an index, and whether the order is descending.
_ORDERED = {
    ("last_seen", False): "last_seen_least_first",
    ("last_seen", True): "last_seen_greatest_first",
    ("name", False): "name_least_first",
    ("name", True): "name_greatest_first",
}
_TIMES = ("first_seen", "last_seen")
_is_amount = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,10})?").fullmatch
#: Columns of the file, with the row's field for each.
_COLUMNS = {
    "id": "id", "name": "name", "email": "email", "telegram_id": "telegram",
    "visitor_id": "visitor", "country": "country", "first_seen": "first_seen",
    "last_seen": "last_seen", "events": "events", "messages": "messages", "images": "images",
    "orders": "orders", "spent": "spent", "currency": "currency",
}  # fmt: skip

Place = tuple[Any, str]


@router.get("/api/people")
async def list_people(
    request: Request, reader: CanRead, query: Annotated[PeopleFilter, Query()]
) -> PeoplePage:
    """Visitors of the shop, people of its bot and customers, each once, sorted by any column.

    Figures change while pages are read: a person who moves behind the cursor appears again, and one
    who moves before it is missed.
    """
    reads = database(request)
    asked = await _parameters_of(reads, reader, query)
    listing = _listing_of(query, asked["store_id"])
    after = await _place_after(reads, query, listing, asked["store_id"])
    rows = await _rows_after(reads, query, asked, after, query.limit + 1)
    counted = await reads.rows(_SQL["count_people"], {**asked, "most": MOST_COUNTED + 1})
    return PeoplePage(
        **total_of(counted),
        data=[person_of(row) for row in rows[: query.limit]],
        next_cursor=_cursor_after(query, listing, rows),
    )


@router.post("/api/people/search")
async def search_people(request: Request, reader: CanRead, query: PeopleSearch) -> PeoplePage:
    """The same for people whose name, address, id or order begins with a text."""
    reads = database(request)
    asked = await _parameters_of(reads, reader, query)
    listing = _listing_of(query, asked["store_id"])
    after = await _place_after(reads, query, listing, asked["store_id"])
    found = _in_order(query, await _find_people(reads, asked, query.search))
    rows = [row for row in found if after is None or _is_behind(query, row, after)]
    return PeoplePage(
        **total_of([{"listed": len(found)}]),
        data=[person_of(row) for row in rows[: query.limit]],
        next_cursor=_cursor_after(query, listing, rows[: query.limit + 1]),
        cut=bool(found) and found[0]["is_cut"],
    )


@router.post(
    "/api/people/export",
    response_class=StreamingResponse,
    responses={200: {"content": {CSV_TYPE: FILE_CONTENT}, "description": "The file"}},
)
async def export_people(
    request: Request, reader: CanRead, query: PeopleExport
) -> StreamingResponse:
    """All people of a list or of a search as CSV, in its order. Text that a spreadsheet could take
    for a formula is prefixed with an apostrophe."""
    reads = database(request)
    asked = await _parameters_of(reads, reader, query)
    await reads.end()
    return await csv_answer("people.csv", list(_COLUMNS), _exported(request, query, asked))


async def _exported(
    request: Request, query: PeopleExport, asked: Json
) -> AsyncIterator[Sequence[Row]]:
    """The rows of a file in pages. Each page has a snapshot of its own."""
    if query.search is not None:
        async with ReadSnapshot(connections(request)) as reads:
            found = await _find_people(reads, asked, query.search)
        yield [_cells_of(row) for row in _in_order(query, found)]
        return
    after: Place | None = None
    while True:
        async with ReadSnapshot(connections(request)) as reads:
            rows = await _rows_after(reads, query, asked, after, _EXPORTED_ROWS)
        yield [_cells_of(row) for row in rows]
        if len(rows) < _EXPORTED_ROWS:
            return
        after = _value_of(query, rows[-1]), str(rows[-1]["id"])


def _cells_of(row: Json) -> Row:
    cells = dict(row)
    if row["telegram"] is None:
        cells["messages"] = None
    cells["spent"] = plain(row["spent"]) if row["currency"] else None
    return [cells[name] for name in _COLUMNS.values()]


def person_of(row: Json) -> Person:
    """The person of a row of people."""
    return Person(**fields_of(row))


def fields_of(row: Json) -> Json:
    """Fields of Person."""
    return {
        **{name: row[name] for name in (
            "id", "kind", "name", "email", "country", "first_seen", "last_seen", "events", "images",
            "orders", "currency", "spents",
        )},
        "telegram_id": row["telegram"],
        "visitor_id": row["visitor"],
        "customer_id": row["value"] if row["kind"] == "customer" else None,
        "messages": None if row["telegram"] is None else row["messages"],
        "spent": row["spent"] if row["currency"] else None,
    }  # fmt: skip


async def _parameters_of(reads: ReadSnapshot, reader: Reader, query: PeopleQuery) -> Json:
    """Parameters of all statements about the requested people."""
    store_id = reader.one_store(query.store_id)
    start, end = await query.read_moments(reads, store_id)
    return {"store_id": store_id, "start": start, "end": end, **query.filters()}


async def _rows_after(
    reads: ReadSnapshot, query: PeopleQuery, asked: Json, after: Place | None, count: int
) -> list[Json]:
    """The next people in the requested order."""
    name = _ORDERED.get((query.column, query.is_descending))
    if name is not None:
        statement = _SQL[name]
    else:
        name = "greatest_first" if query.is_descending else "least_first"
        statement = _SQL[name].with_names(sort=query.column)
    place = {"after": after and after[0], "after_id": after and after[1], "count": count}
    return await reads.rows(statement, {**asked, **place})


async def _find_people(reads: ReadSnapshot, asked: Json, text: str) -> list[Json]:
    number = bare_number(text)
    return await reads.rows(
        _SQL["search_people"],
        {
            **asked,
            "text": text,
            "text_end": text + _BEYOND,
            "word": text.split(maxsplit=1)[0],
            "number": number,
            "number_end": number + _BEYOND,
            "most_found": MOST_FOUND,
        },
    )


def _value_of(query: PeopleQuery, row: Json) -> Any:
    return row["name_key" if query.column == "name" else query.column]


def _in_order(query: PeopleQuery, rows: list[Json]) -> list[Json]:
    return sorted(
        rows, key=lambda row: (_value_of(query, row), row["id"]), reverse=query.is_descending
    )


def _is_behind(query: PeopleQuery, row: Json, after: Place) -> bool:
    place = (_value_of(query, row), row["id"])
    asked = (after[0], UUID(after[1]))
    return place < asked if query.is_descending else place > asked


def _listing_of(query: PeopleQuery, store_id: UUID) -> str:
    return pages.listing_of(f"people {query.sort}", store_id)


def _cursor_after(query: PeopleFilter, listing: str, rows: list[Json]) -> str | None:
    """The cursor of the page after these rows, of which there is one more than fits on a page."""
    if len(rows) <= query.limit:
        return None
    last = rows[query.limit - 1]
    # The console puts cursors into its URLs, which must not contain names or e-mail addresses.
    value = "" if query.column == "name" else _value_of(query, last)
    return pages.cursor_of_place(
        listing, str(value) if isinstance(value, Decimal) else value, str(last["id"])
    )


async def _place_after(
    reads: ReadSnapshot, query: PeopleFilter, listing: str, store_id: UUID
) -> Place | None:
    """The value and the id after which a page begins; for names, the person's name now. Raises
    Rejected."""
    if query.cursor is None:
        return None
    value, row_id = _place_of(query, listing, query.cursor)
    if query.column != "name":
        return value, row_id
    rows = await reads.rows(_SQL["name_key"], {"store_id": store_id, "id": row_id})
    if not rows:
        raise Rejected("cursor", "is not a cursor that this list gave")
    return rows[0]["name_key"], row_id


def _place_of(query: PeopleFilter, listing: str, cursor: str) -> Place:
    """The value and the id in a cursor. Raises Rejected."""
    kind = str if query.column in ("name", "spent") else int
    value, row_id = pages.place_of(listing, cursor, kind, is_time=query.column in _TIMES)
    found: datetime | int | str | Decimal = value
    try:
        if query.column == "spent":
            if _is_amount(str(value)) is None:
                raise ValueError
            found = Decimal(str(value))
        return found, str(UUID(row_id))
    except ValueError:
        raise Rejected("cursor", "is not a cursor that this list gave") from None
