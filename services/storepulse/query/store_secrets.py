"""`/api/stores/{store_id}/secrets`: the secrets that a store's servers and shop system sign with.

Requires scope `admin`. Secrets are written and replaced, and cannot be read.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request

from storepulse.access.store_secrets import EnteredSecret, list_secrets, remove_secrets, set_secret
from storepulse.adapters.clock import system_clock
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.sessions import Connection
from storepulse.adapters.secret_box import SecretBox
from storepulse.domain.errors import Misconfigured
from storepulse.domain.store_secrets import SecretKind, generated_secret
from storepulse.query.administering import administer
from storepulse.query.app_state import CanAdminister, settings
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.store_secret_models import (
    SecretList,
    SecretSet,
    SecretShown,
    SecretsToEnd,
    SecretToSet,
)

router = APIRouter(
    route_class=CheckedRoute, tags=["stores"], responses=error_responses_of(400, 401, 403, 404, 503)
)
T = TypeVar("T")


@router.get("/api/stores/{store_id}/secrets")
async def list_store_secrets(request: Request, reader: CanAdminister, store_id: UUID) -> SecretList:
    """The valid secrets of a store, without their values."""
    now = system_clock()
    rows = await administer(request, lambda c: list_secrets(c, reader.caller, store_id, now))
    return SecretList(data=list(map(SecretShown.of, rows)))


@router.put("/api/stores/{store_id}/secrets/{kind}", responses=error_responses_of(409))
async def add_store_secret(
    request: Request,
    reader: CanAdminister,
    store_id: UUID,
    kind: SecretKind,
    body: Annotated[SecretToSet, Body()],
) -> SecretSet:
    """Set a secret; services know it within seconds. The previous one stays valid for `overlap`
    seconds, so that senders can switch without a failed call. At most two of a kind are valid."""
    sent = None if body.secret is None else body.secret.get_secret_value()
    made = generated_secret(kind, os.urandom(32)) if sent is None else None
    new = EnteredSecret(kind, sent or made or "", timedelta(seconds=body.overlap))
    now = system_clock()

    def work(connection: Connection) -> SecretSet:
        set_secret(connection, SecretBox.of(settings(request)), reader.caller, store_id, new, now)
        rows = list_secrets(connection, reader.caller, store_id, now)
        return SecretSet(data=list(map(SecretShown.of, rows)), secret=made)

    return await _sealing(request, work)


@router.delete("/api/stores/{store_id}/secrets/{kind}")
async def remove_store_secrets(
    request: Request,
    reader: CanAdminister,
    store_id: UUID,
    kind: SecretKind,
    query: Annotated[SecretsToEnd, Query()],
) -> SecretList:
    """End the secrets of a kind, or one of them; services refuse them within seconds."""
    now = system_clock()

    def work(connection: Connection) -> SecretList:
        remove_secrets(connection, reader.caller, store_id, kind, now, query.secret_id)
        rows = list_secrets(connection, reader.caller, store_id, now)
        return SecretList(data=list(map(SecretShown.of, rows)))

    return await administer(request, work)


async def _sealing(request: Request, work: Callable[[Connection], T]) -> T:
    try:
        return await administer(request, work)
    except Misconfigured as error:
        logger().error("misconfigured", setting=error.setting, reason=error.reason)
        message = "The service is misconfigured; its log says how"
        raise RequestRefused(503, message, "MISCONFIGURED") from None
