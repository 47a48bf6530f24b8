"""`/api/keys`: administrators create, rotate and revoke keys; `/api/me`: the caller's key.

A key is shown once, in the answer to the request that created it.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request

from storepulse.access import key_changes, keys
from storepulse.access.key_changes import KeyRow
from storepulse.access.rules.administration import UnknownObject
from storepulse.access.store_changes import find_store
from storepulse.adapters.clock import system_clock
from storepulse.adapters.postgres.sessions import Connection
from storepulse.adapters.settings import Settings
from storepulse.domain.store_settings import DEFAULTS
from storepulse.query import pages
from storepulse.query.administering import administer
from storepulse.query.app_state import CanAdminister, HoldsKey, database, settings
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.console.own_stores import MOST_STORES, list_readable
from storepulse.query.errors import error_responses_of
from storepulse.query.key_models import (
    KeyAnswer,
    KeyChanges,
    KeyFilter,
    KeyPage,
    KeyRotation,
    KeyShown,
    Me,
    MeAnswer,
    NewKey,
    NewKeyAnswer,
    OwnStore,
)

router = APIRouter(
    route_class=CheckedRoute, tags=["keys"], responses=error_responses_of(400, 401, 403, 503)
)
_NAMED = error_responses_of(404)
_CHANGED = error_responses_of(404, 409)


@router.get("/api/keys")
async def list_keys(
    request: Request, reader: CanAdminister, query: Annotated[KeyFilter, Query()]
) -> KeyPage:
    """Keys with their first characters, newest first."""
    store_id = reader.store(query.store_id)
    listing = pages.listing_of("keys", store_id)
    rows = await database(request).rows(
        keys.STATEMENTS["page"],
        query.parameters(listing) | {"store_id": store_id, "with_ended": query.include_ended},
    )
    found = [KeyRow(**row) for row in rows[: query.limit]]
    following = None
    if len(rows) > query.limit:
        position = pages.Position(found[-1].created_at, (str(found[-1].key_id),))
        following = pages.cursor_of(listing, position)
    return KeyPage(data=[KeyShown.of(key) for key in found], next_cursor=following)


@router.post("/api/keys", status_code=201)
async def create_key(
    request: Request, reader: CanAdminister, body: Annotated[NewKey, Body()]
) -> NewKeyAnswer:
    """Create a key with at most the rights of the caller's key. It works within seconds."""
    store_id = body.store_id if "store_id" in body.model_fields_set else reader.store_id
    declared = keys.KeyDeclaration(body.kind, body.scopes, store_id, body.origins, body.name)
    row, key = await administer(
        request,
        lambda c: key_changes.create_key(
            c, reader.caller, system_clock(), declared, body.expires_in
        ),
    )
    return NewKeyAnswer(data=KeyShown.of(row), key=key)


@router.get("/api/keys/{key_id}", responses=_NAMED)
async def show_key(request: Request, reader: CanAdminister, key_id: UUID) -> KeyAnswer:
    """One key, without its value."""
    row = await administer(request, lambda c: key_changes.find_key(c, reader.caller, key_id))
    return KeyAnswer(data=KeyShown.of(row))


@router.patch("/api/keys/{key_id}", responses=_CHANGED)
async def change_key(
    request: Request, reader: CanAdminister, key_id: UUID, body: Annotated[KeyChanges, Body()]
) -> KeyAnswer:
    """Change a key's name or origins."""
    row = await administer(
        request, lambda c: key_changes.change_key(c, reader.caller, key_id, body.fields())
    )
    return KeyAnswer(data=KeyShown.of(row))


@router.post("/api/keys/{key_id}/rotate", status_code=201, responses=_CHANGED)
async def rotate_key(
    request: Request, reader: CanAdminister, key_id: UUID, body: Annotated[KeyRotation, Body()]
) -> NewKeyAnswer:
    """Create a replacement for a key. The old key stays valid until it is revoked or expires."""
    row, key = await administer(
        request,
        lambda c: key_changes.rotate_key(c, reader.caller, key_id, system_clock(), body.expires_in),
    )
    return NewKeyAnswer(data=KeyShown.of(row), key=key)


@router.delete("/api/keys/{key_id}", responses=_CHANGED)
async def revoke_key(request: Request, reader: CanAdminister, key_id: UUID) -> KeyAnswer:
    """Revoke a key; services refuse it within seconds."""
    row = await administer(request, lambda c: key_changes.revoke_key(c, reader.caller, key_id))
    return KeyAnswer(data=KeyShown.of(row))


@router.get("/api/me")
async def get_me(request: Request, reader: HoldsKey) -> MeAnswer:
    """The caller's key: its scopes, and its store or all stores."""
    return MeAnswer(data=await administer(request, lambda c: _me_of(c, reader, settings(request))))


def _me_of(connection: Connection, reader: HoldsKey, installation: Settings) -> Me:
    assert reader.key is not None  # noqa: S101 - the route is never open
    row = key_changes.find_key(connection, reader.caller, reader.key.key_id)
    store = None
    if row.store_id is not None:
        try:
            found = find_store(connection, reader.caller, row.store_id)
        except UnknownObject:
            store = OwnStore(store_id=row.store_id, domain=None, name=None, settings=DEFAULTS)
        else:
            store = OwnStore(
                store_id=row.store_id,
                domain=found.domain,
                name=found.name,
                settings=found.known_settings,
            )
    shown = KeyShown.of(row)
    own = {name: getattr(shown, name) for name in Me.model_fields if hasattr(shown, name)}
    readable = list_readable(connection, row.store_id, system_clock())
    return Me(
        **own,
        every_store=store is None,
        store=store,
        stores=readable[:MOST_STORES],
        has_more_stores=len(readable) > MOST_STORES,
        gateway_url=installation.reached_gateway_url,
        session_ends_at=None if reader.session is None else reader.session.ends_at,
    )
