"""`/api/analytics/live`: events as they arrive, and the details of one of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from storepulse.adapters.http.errors import RequestRefused
from storepulse.domain.errors import Rejected, Transient
from storepulse.query.access import RECHECK, Reader
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.live.answers import LiveEventAnswer, LiveQuery
from storepulse.query.live.details import detail_of, entry_of_record
from storepulse.query.live.entries import REFUSED, place_of
from storepulse.query.live.feed import Feed
from storepulse.query.live.live_state import LiveState
from storepulse.streams.registry import STREAMS

router = APIRouter(
    route_class=CheckedRoute, tags=["live"], responses=error_responses_of(400, 401, 403, 503)
)

#: Proxies must neither cache nor buffer the stream.
_HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}


#: One message of the stream, as clients parse it.
_MESSAGE = {
    "type": "object",
    "properties": {
        "event": {"type": "string"},
        "id": {"type": "string"},
        "data": {"type": "string", "description": "JSON"},
    },
}


class LiveResponse(StreamingResponse):
    """A stream of events to one reader, who is counted until the stream has ended for any
    reason."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, leave: Callable[[], None]) -> None:
        super().__init__(feed.messages(), headers=_HEADERS)
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


def live_state(request: Request) -> LiveState:
    """The state of live views in this application."""
    state: LiveState = request.app.state.live
    return state


@router.get(
    "/api/analytics/live",
    status_code=200,
    response_class=StreamingResponse,  # errors are JSON
    responses={
        200: {
            "description": "Server-sent events, until the reader leaves: `events`, `rates`, `gap`"
            " and `end`",
            "content": {"text/event-stream": {"schema": _MESSAGE}},
        }
    },
)
async def list_live_events(
    request: Request,
    reader: CanRead,
    query: Annotated[LiveQuery, Query()],
    last_event_id: Annotated[
        str | None, Header(description="The id of the last message that the reader has")
    ] = None,
) -> LiveResponse:
    """Follow events as they arrive, and their outcomes."""
    if query.stream is not None and query.stream not in STREAMS:
        raise Rejected("stream", f"must be one of {', '.join(STREAMS)}")
    asked = query.as_filter(reader.store(query.store_id))
    hub = live_state(request).hub
    name = reader_name(reader)
    hub.join(name)
    feed = Feed(hub, asked, last_event_id, may_read_on(request.scope, reader))
    return LiveResponse(feed, lambda: hub.leave(name))


@router.get("/api/analytics/live/{live_id}", responses=error_responses_of(404))
async def get_live_event(request: Request, reader: CanRead, live_id: str) -> LiveEventAnswer:
    """One event in full: its record, the event, its row, and its session around it."""
    place = place_of(live_id)
    if place is None or not (place[0] == REFUSED or place[0] in STREAMS):
        raise Rejected("live_id", "must be an id of a live event, such as activity-2-10441")
    state = live_state(request)
    stream, partition, offset = place
    record = await state.read_record(stream, partition, offset)
    entry = None if record is None else entry_of_record(stream, partition, record)
    if record is None or entry is None or not _may_see(reader, entry.store_id):
        raise RequestRefused(404, "Kafka has no such event, or not any more", "NOT_FOUND")
    topic_id = None if stream == REFUSED else await state.topic_id(stream)
    window = state.hub.window
    return LiveEventAnswer(data=await detail_of(database(request), window, entry, record, topic_id))


def reader_name(reader: Reader) -> str:
    """The name under which a reader's open streams are counted."""
    return reader.name if reader.key is None else str(reader.key.key_id)


def may_read_on(scope: Scope, reader: Reader) -> Callable[[], Awaitable[bool]]:
    """A function that checks the reader's access again, as for a new request."""
    ask: Callable[[], Awaitable[Reader]] = scope[RECHECK]

    async def may_read() -> bool:
        try:
            now = await ask()
        except Transient:
            return True  # keys cannot be looked up now: keep the stream open
        except RequestRefused:
            return False
        return now.store_id == reader.store_id

    return may_read


def _may_see(reader: Reader, store_id: str | None) -> bool:
    return reader.store_id is None or str(reader.store_id) == store_id
