"""`/api/streams`: the list of streams, and the stored rows of each."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain.errors import Rejected
from storepulse.domain.times import utc_text
from storepulse.query import pages
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.periods import PagedPeriod
from storepulse.query.wire import Json, OneStore, Text, plain
from storepulse.streams.registry import STREAMS

router = APIRouter(
    route_class=CheckedRoute, tags=["streams"], responses=error_responses_of(400, 401, 403, 503)
)


class EventFilter(PagedPeriod):
    """Events of one store, or of one of its sessions."""

    store_id: OneStore = None
    session_id: Text | None = Field(None, description="This session only")


class StreamDescription(BaseModel):
    """One kind of event."""

    name: str
    types: list[str]
    own_types: bool = Field(description="Whether shops name types of their own, too")
    paths: list[str] = Field(description="Where the gateway takes its events")
    rows: bool = Field(description="Whether each event is a row that can be listed")


class StreamList(BaseModel):
    """Every stream, by name."""

    status: Literal["success"] = "success"
    data: list[StreamDescription]


class EventPage(BaseModel):
    """Rows of a stream's table, newest first: columns as stored, money as text."""

    status: Literal["success"] = "success"
    data: list[Json]
    next_cursor: str | None = Field(description="Null on the last page")


@router.get("/api/streams")
async def list_streams(reader: CanRead) -> StreamList:
    """The streams of events."""
    del reader
    return StreamList(
        data=[
            StreamDescription(
                name=stream.name,
                types=list(stream.types.all_names),
                own_types=stream.types.own_column is not None,
                paths=[endpoint.path for endpoint in stream.endpoints],
                rows=stream.rows is not None,
            )
            for stream in STREAMS.values()
        ]
    )


@router.get("/api/streams/{stream}/events")
async def list_stream_events(
    request: Request, reader: CanRead, stream: str, query: Annotated[EventFilter, Query()]
) -> EventPage:
    """Events of a store, newest first by the client's time."""
    record = STREAMS.get(stream)
    listed = [name for name, one in STREAMS.items() if one.rows is not None]
    if record is None or record.rows is None:
        raise Rejected("stream", f"must be one of {', '.join(listed)}")
    reads, store_id = database(request), reader.one_store(query.store_id)
    listing = pages.listing_of(f"events {stream}", store_id)
    after = pages.position_of(listing, query.cursor, 1) if query.cursor else None
    rows = await reads.rows(
        named_sql("query/events")["list_events"].with_names(rows=record.rows),
        {
            "store_id": store_id,
            "session_id": query.session_id,
            "include_bots": query.include_bots,
            **await query.page_after(after, reads, store_id),
        },
    )
    following = None
    if len(rows) > query.limit:
        last = rows[query.limit - 1]
        position = pages.Position(last["occurred_at"], (str(last["event_id"]),))
        following = pages.cursor_of(listing, position)
    data = [{name: json_value(value) for name, value in row.items()} for row in rows[: query.limit]]
    return EventPage(data=data, next_cursor=following)


def json_value(value: Any) -> Any:
    """A column's value in the format of answers."""
    match value:
        case datetime():
            return utc_text(value)
        case Decimal():
            return plain(value)
        case UUID() | IPv4Address() | IPv6Address():
            return str(value)
        case _:
            return value
