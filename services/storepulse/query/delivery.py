"""`/api/delivery/…`: how much was sent where, and the state of single deliveries.

Reads require a key with scope `read`, resending one with `ops`. A key that is tied to a store sees
the deliveries of that store only.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request

from storepulse.adapters.clock import system_clock
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.dead_letters.requeue import NOT_SENT, resend
from storepulse.destinations.delivery_reads import batches_of
from storepulse.domain.errors import Rejected
from storepulse.domain.identity import is_uuid
from storepulse.query import pages
from storepulse.query.access import Reader
from storepulse.query.app_state import CanOperate, CanRead, database, delivery_stats, writes
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.delivery_models import (
    DeliveriesOfEvent,
    Delivery,
    DeliveryCounts,
    DeliveryDetail,
    DeliveryFilter,
    DeliveryPage,
    OfDestination,
    ResendRequest,
    Resent,
    Stats,
    StatsAnswer,
    StatsFilter,
)
from storepulse.query.errors import error_responses_of
from storepulse.query.lists import MOST_COUNTED, total_of
from storepulse.query.wire import Json

router = APIRouter(
    route_class=CheckedRoute, tags=["delivery"], responses=error_responses_of(400, 401, 403, 503)
)
#: Most destinations that one event may have gone to.
MOST_OF_EVENT = 500


@router.get("/api/delivery/stats")
async def get_delivery_stats(
    request: Request, reader: CanRead, query: Annotated[StatsFilter, Query()]
) -> StatsAnswer:
    """Deliveries by status. The figures may be an hour old; see `as_of`."""
    store_id = reader.store(query.store_id)
    figures = await delivery_stats(request).figures(refresh=query.refresh)
    destination_id = [
        count
        for count in figures.counts
        if store_id in (None, count.store_id)
        and query.destination in (None, count.destination, str(count.destination_id))
    ]
    totals = DeliveryCounts(
        pending=sum(count.pending for count in destination_id),
        sent=sum(count.sent for count in destination_id),
        failed=sum(count.failed for count in destination_id),
        skipped=sum(count.skipped for count in destination_id),
    )
    rows = [OfDestination.model_validate(count, from_attributes=True) for count in destination_id]
    return StatsAnswer(as_of=figures.as_of, data=Stats(totals=totals, by_destination=rows))


@router.get("/api/delivery/events")
async def list_deliveries(
    request: Request, reader: CanRead, query: Annotated[DeliveryFilter, Query()]
) -> DeliveryPage:
    """Single deliveries, read live, ordered by when their events were received."""
    store_id, before = reader.store(query.store_id), None
    listing = pages.listing_of(f"deliveries {query.sort}", store_id)
    if query.cursor:
        before = pages.position_of(listing, query.cursor, 3, texts=1)
    filters = {
        "destination_id": await _destination_id(request, reader, query.destination),
        "status": query.status,
        "store_id": store_id,
        "stream": query.stream,
        "event_id": query.event_id,
        "since": query.since,
    }
    oldest_first = query.sort == "received_at"
    rows = await _page(
        request, before=before, count=query.limit + 1, oldest_first=oldest_first, **filters
    )
    counted = await database(request).rows(
        named_sql("destinations/delivery_reads")["count_found"],
        {**filters, "most": MOST_COUNTED + 1},
    )
    data = [Delivery.model_validate(row) for row in rows[: query.limit]]
    following = None
    if len(rows) > query.limit:
        last = data[-1]
        ids = (str(last.destination_id), str(last.store_id), str(last.event_id), last.stream)
        following = pages.cursor_of(listing, pages.Position(last.received_at, ids))
    return DeliveryPage(**total_of(counted), data=data, next_cursor=following)


@router.get("/api/delivery/events/{event_id}", responses=error_responses_of(404))
async def get_deliveries_of_event(
    request: Request, reader: CanRead, event_id: UUID
) -> DeliveriesOfEvent:
    """Where one event was sent, with every attempt and its reason."""
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
    """Queue an event again if its delivery failed or was skipped. It keeps its event id."""
    rows = await _of_event(request, reader, event_id)
    destinations = {
        row["destination_id"]
        for row in rows
        # A delivery to a removed destination would never be sent.
        if row["destination"] is not None
        and body.destination in (None, row["destination"], str(row["destination_id"]))
    }
    if not destinations:
        raise RequestRefused(404, "The event was queued for no such destination", "NOT_FOUND")

    # The resend may wait for locks; do not hold the snapshot meanwhile.
    await database(request).end()

    def work(connection: Connection) -> int:
        return sum(
            resend(
                connection,
                destination_id,
                event_ids=[event_id],
                store_id=reader.store_id,
                statuses=NOT_SENT + (("sent",) if body.again else ()),
                actor=reader.name,
                now=system_clock(),
            )
            for destination_id in sorted(destinations)
        )

    return Resent(queued=await writes(request).run(work))


def attempts_of(batch_ids: list[UUID], attempts: list[Json]) -> list[Json]:
    """The attempts of batches and of those they were divided from, oldest first."""
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


#: What a page's position contains besides the time.
_AFTER = ("after_destination", "after_store", "after_event", "after_stream")


async def _page(
    request: Request,
    *,
    count: int,
    before: pages.Position | None = None,
    oldest_first: bool = False,
    **filters: Any,
) -> list[Json]:
    unfiltered = dict.fromkeys(
        ("destination_id", "status", "store_id", "stream", "since", "event_id"), None
    )
    ids = before.ids if before is not None else (None,) * len(_AFTER)
    return [
        dict(row)
        for row in await database(request).rows(
            named_sql("destinations/delivery_reads")[
                "page_from_oldest" if oldest_first else "page"
            ],
            {
                **unfiltered,
                **filters,
                "before": before and before.at,
                **dict(zip(_AFTER, ids, strict=True)),
                "count": count,
            },
        )
    ]


async def _destination_id(request: Request, reader: Reader, key: str | None) -> UUID | None:
    """The id of a destination given by name or id. The destination may have been removed.

    A name that belongs to another store is unknown to the key of a store. Raises Rejected if it is
    unknown.
    """
    if key is None:
        return None
    if is_uuid(key) is not None:
        return UUID(key)
    statement = named_sql("destinations/delivery_reads")["destination_named"]
    rows = await database(request).rows(statement, {"name": key, "store_id": reader.store_id})
    if not rows:
        raise Rejected("destination", "is unknown")
    destination_id: UUID = rows[0]["destination_id"]
    return destination_id
