"""`/api/delivery/…`: how much was sent where, and what became of single deliveries.

Reads want a key with scope `read`, sending again one with `ops`. A key that is tied to a store sees
the deliveries of that store.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from storepulse.adapters.clock import system_clock
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.writing_pool import Connection
from storepulse.dead_letters.requeue import resend
from storepulse.destinations.delivery_reads import batches_of
from storepulse.domain.errors import Rejected
from storepulse.domain.identity import is_uuid
from storepulse.query import pages
from storepulse.query.access import Reader
from storepulse.query.app_state import CanOperate, CanRead, database, delivery_stats, writes
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.wire import Instant, Json, Text, Utc

router = APIRouter(
    route_class=CheckedRoute, tags=["delivery"], responses=error_responses_of(400, 401, 403, 503)
)
#: Destinations that one event may have gone to.
MOST_OF_EVENT = 500
Status = Literal["pending", "sent", "failed"]


class StatsFilter(BaseModel):
    """Which figures."""

    model_config = ConfigDict(extra="forbid")

    store_id: UUID | None = Field(None, description="This store only")
    destination: Text | None = Field(None, description="This one only: its name or id")
    refresh: bool = Field(False, description="Count now; otherwise figures may be an hour old")


class Counts(BaseModel):
    """Deliveries by status."""

    pending: int = 0
    sent: int = 0
    failed: int = 0


class OfDestination(Counts):
    """Deliveries of one destination and store."""

    destination_id: UUID
    destination: str | None = Field(description="Its name; null: it was removed")
    store_id: UUID


class Stats(BaseModel):
    """Deliveries in total, and of each destination and store."""

    totals: Counts
    by_destination: list[OfDestination]


class StatsAnswer(BaseModel):
    """Figures with the moment that they are of."""

    status: Literal["success"] = "success"
    as_of: Utc
    data: Stats


class DeliveryFilter(BaseModel):
    """Which deliveries."""

    model_config = ConfigDict(extra="forbid")

    destination: Text | None = Field(None, description="This one only: its name or id")
    status: Status | None = Field(None, description="Only with this status")
    store_id: UUID | None = Field(None, description="This store only")
    stream: Text | None = Field(None, description="This stream only")
    since: Instant | None = Field(None, description="Received at this moment or later")
    limit: int = Field(50, ge=1, le=pages.MAX_LIMIT, description="Most entries of the answer")
    cursor: str | None = Field(
        None, max_length=1024, description="`next_cursor` of the page before this one"
    )


class Delivery(BaseModel):
    """One event on its way to one destination."""

    destination_id: UUID
    destination: str | None = Field(description="Its name; null: it was removed")
    store_id: UUID
    event_id: UUID
    received_at: Utc
    stream: str
    event_type: str
    priority: int = Field(description="0 high, 1 normal, 2 low")
    ordering_key: str | None
    status: Status
    attempts: int
    last_status: int | None = Field(description="HTTP status of the last answer")
    last_error: str
    next_attempt_at: Utc | None
    batch_id: UUID | None = Field(description="The request that it is part of")
    dead_letter_id: UUID | None
    created_at: Utc
    finished_at: Utc | None


class DeliveryPage(BaseModel):
    """Deliveries, newest events first."""

    status: Literal["success"] = "success"
    data: list[Delivery]
    next_cursor: str | None = Field(description="Null on the last page")


class Attempt(BaseModel):
    """One request that carried the event."""

    batch_id: UUID
    attempt: int
    attempted_at: Utc
    seconds: float
    outcome: str
    status: int | None
    error: str


class DeliveryDetail(Delivery):
    """One delivery with its attempts, also those before a resend, the oldest first."""

    attempt_log: list[Attempt]


class DeliveriesOfEvent(BaseModel):
    """Where one event went, and how."""

    status: Literal["success"] = "success"
    data: list[DeliveryDetail]


class ResendRequest(BaseModel):
    """What to send again."""

    model_config = ConfigDict(extra="forbid", strict=True)

    destination: str | None = Field(
        None, min_length=1, max_length=63, description="To this one only: its name or id"
    )
    again: bool = Field(
        False, description="Also where it arrived; the receiver then gets a second webhook-id"
    )


class Resent(BaseModel):
    """How many deliveries wait to be sent again."""

    status: Literal["success"] = "success"
    queued: int


@router.get("/api/delivery/stats")
async def stats(
    request: Request, reader: CanRead, query: Annotated[StatsFilter, Query()]
) -> StatsAnswer:
    """Pending, sent and failed deliveries; the figures may be an hour old, `as_of` says."""
    store_id = reader.store(query.store_id)
    figures = await delivery_stats(request).figures(refresh=query.refresh)
    found = [
        count
        for count in figures.counts
        if store_id in (None, count.store_id)
        and query.destination in (None, count.destination, str(count.destination_id))
    ]
    totals = Counts(
        pending=sum(count.pending for count in found),
        sent=sum(count.sent for count in found),
        failed=sum(count.failed for count in found),
    )
    rows = [OfDestination.model_validate(count, from_attributes=True) for count in found]
    return StatsAnswer(as_of=figures.as_of, data=Stats(totals=totals, by_destination=rows))


@router.get("/api/delivery/events")
async def deliveries(
    request: Request, reader: CanRead, query: Annotated[DeliveryFilter, Query()]
) -> DeliveryPage:
    """Single deliveries, newest events first."""
    before = pages.position("deliveries", query.cursor, 3) if query.cursor else None
    rows = await _page(
        request,
        destination_id=await _destination_id(request, reader, query.destination),
        status=query.status,
        store_id=reader.store(query.store_id),
        stream=query.stream,
        since=query.since,
        before=before,
        count=query.limit + 1,
    )
    data = [Delivery.model_validate(row) for row in rows[: query.limit]]
    following = None
    if len(rows) > query.limit:
        last = data[-1]
        ids = (str(last.destination_id), str(last.store_id), str(last.event_id))
        following = pages.cursor("deliveries", pages.Position(last.received_at, ids))
    return DeliveryPage(data=data, next_cursor=following)


@router.get("/api/delivery/events/{event_id}", responses=error_responses_of(404))
async def deliveries_of_event(
    request: Request, reader: CanRead, event_id: UUID
) -> DeliveriesOfEvent:
    """Where one event went, with every attempt and its reason."""
    rows = await _of_event(request, reader, event_id)
    batch_ids = [batch_id for row in rows for batch_id in batches_of(row)]
    attempts = await database(request).rows(
        named_sql("destinations/delivery_reads")["attempts"], {"batch_ids": batch_ids}
    )
    return DeliveriesOfEvent(
        data=[
            DeliveryDetail.model_validate(
                {**row, "attempt_log": attempts_of(batches_of(row), attempts)}
            )
            for row in rows
        ]
    )


@router.post("/api/delivery/events/{event_id}/resend", responses=error_responses_of(404))
async def resend_event(
    request: Request, reader: CanOperate, event_id: UUID, body: Annotated[ResendRequest, Body()]
) -> Resent:
    """Queues an event again where its delivery failed. It keeps its event id."""
    rows = await _of_event(request, reader, event_id)
    destinations = {
        row["destination_id"]
        for row in rows
        # Nobody would ever send what waits for a destination that was removed.
        if row["destination"] is not None
        and body.destination in (None, row["destination"], str(row["destination_id"]))
    }
    if not destinations:
        raise RequestRefused(404, "The event was queued for no such destination", "NOT_FOUND")

    def work(connection: Connection) -> int:
        return sum(
            resend(
                connection,
                destination_id,
                event_ids=[event_id],
                store_id=reader.store_id,
                again=body.again,
                actor=reader.name,
                now=system_clock(),
            )
            for destination_id in sorted(destinations)
        )

    return Resent(queued=await writes(request).run(work))


def attempts_of(batch_ids: list[UUID], attempts: list[Json]) -> list[Json]:
    """The attempts of batches and of those that they were halved from, the oldest first."""
    parents = {attempt["batch_id"]: attempt["parent_id"] for attempt in attempts}
    line: set[UUID] = set()
    for of_delivery in batch_ids:
        batch_id: UUID | None = of_delivery
        while batch_id is not None and batch_id not in line:
            line.add(batch_id)
            batch_id = parents.get(batch_id)
    return [row for row in attempts if row["batch_id"] in line and row["attempt"] is not None]


async def _of_event(request: Request, reader: Reader, event_id: UUID) -> list[Json]:
    rows = await _page(request, event_id=event_id, store_id=reader.store(None), count=MOST_OF_EVENT)
    if not rows:
        raise RequestRefused(404, "There is no delivery of this event", "NOT_FOUND")
    return rows


async def _page(
    request: Request, *, count: int, before: pages.Position | None = None, **filters: Any
) -> list[Json]:
    unfiltered = dict.fromkeys(
        ("destination_id", "status", "store_id", "stream", "since", "event_id"), None
    )
    ids = before.ids if before is not None else (None, None, None)
    return [
        dict(row)
        for row in await database(request).rows(
            named_sql("destinations/delivery_reads")["page"],
            {
                **unfiltered,
                **filters,
                "before": before and before.at,
                **dict(zip(("after_destination", "after_store", "after_event"), ids, strict=True)),
                "count": count,
            },
        )
    ]


async def _destination_id(request: Request, reader: Reader, key: str | None) -> UUID | None:
    """The id of a destination given by name or id, which may have been removed.

    A name that is another store's is unknown to the key of a store.
    """
    if key is None:
        return None
    if is_uuid(key) is not None:
        return UUID(key)
    statement = named_sql("destinations/delivery_reads")["destination_named"]
    rows = await database(request).rows(statement, {"name": key, "store_id": reader.store_id})
    if not rows:
        raise Rejected("destination", "is unknown")
    found: UUID = rows[0]["destination_id"]
    return found
