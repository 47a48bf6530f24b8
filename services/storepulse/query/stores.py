"""`/api/stores` and `/api/audit`: stores with their settings, and the trail of changes.

Requires scope `admin`. A key that is tied to a store reads and changes that store only.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request

from storepulse.access import audit, store_changes
from storepulse.access.audit import AuditEntry
from storepulse.access.store_changes import StoreRow
from storepulse.adapters.clock import system_clock
from storepulse.domain.stores import normalised_domain
from storepulse.query import pages
from storepulse.query.administering import administer
from storepulse.query.app_state import CanAdminister, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.store_models import (
    AuditFilter,
    AuditPage,
    AuditShown,
    NewStore,
    StoreAnswer,
    StoreChanges,
    StoreFilter,
    StorePage,
    StoreShown,
)

router = APIRouter(
    route_class=CheckedRoute, tags=["stores"], responses=error_responses_of(400, 401, 403, 503)
)


@router.get("/api/stores")
async def list_stores(
    request: Request, reader: CanAdminister, query: Annotated[StoreFilter, Query()]
) -> StorePage:
    """Stores, newest first."""
    domain = None if query.domain is None else normalised_domain(query.domain, "domain")
    listing = pages.listing_of("stores", reader.store_id)
    rows = await database(request).rows(
        store_changes.STATEMENTS["page"],
        query.parameters(listing) | {"store_id": reader.store_id, "domain": domain},
    )
    stores = [StoreRow(**row) for row in rows[: query.limit]]
    following = None
    if len(rows) > query.limit:
        position = pages.Position(stores[-1].created_at, (str(stores[-1].store_id),))
        following = pages.cursor_of(listing, position)
    return StorePage(data=[StoreShown.of(store) for store in stores], next_cursor=following)


@router.post("/api/stores", status_code=201, responses=error_responses_of(409))
async def create_store(
    request: Request, reader: CanAdminister, body: Annotated[NewStore, Body()]
) -> StoreAnswer:
    """Declare a store; services know its settings within seconds. Its time zone is in force on
    all of its days, or from the next local midnight if it has events already."""
    store = await administer(
        request,
        lambda c: store_changes.create_store(c, reader.caller, system_clock(), **body.fields()),
    )
    return StoreAnswer(data=StoreShown.of(store))


@router.get("/api/stores/{store_id}", responses=error_responses_of(404))
async def show_store(request: Request, reader: CanAdminister, store_id: UUID) -> StoreAnswer:
    """One store with its settings."""
    store = await administer(
        request, lambda c: store_changes.find_store(c, reader.caller, store_id)
    )
    return StoreAnswer(data=StoreShown.of(store))


@router.patch("/api/stores/{store_id}", responses=error_responses_of(404, 409))
async def change_store(
    request: Request, reader: CanAdminister, store_id: UUID, body: Annotated[StoreChanges, Body()]
) -> StoreAnswer:
    """Change the given fields. A time zone is in force from the store's next local midnight, or
    from the first midnight after its events if some lie in the future. The last entry of
    `time_zones` has its first day."""
    store = await administer(
        request,
        lambda c: store_changes.change_store(
            c, reader.caller, store_id, body.fields(), system_clock()
        ),
    )
    return StoreAnswer(data=StoreShown.of(store))


@router.get("/api/audit")
async def list_changes(
    request: Request, reader: CanAdminister, query: Annotated[AuditFilter, Query()]
) -> AuditPage:
    """Changes to stores, keys and destinations, newest first."""
    store_id = reader.store(query.store_id)
    listing = pages.listing_of("audit", store_id)
    rows = await database(request).rows(
        audit.STATEMENTS["page"],
        query.parameters(listing) | {"store_id": store_id, "object": query.object},
    )
    entries = [AuditEntry(**row) for row in rows[: query.limit]]
    following = None
    if len(rows) > query.limit:
        position = pages.Position(entries[-1].at, (str(entries[-1].audit_id),))
        following = pages.cursor_of(listing, position)
    return AuditPage(data=[AuditShown.of(entry) for entry in entries], next_cursor=following)
