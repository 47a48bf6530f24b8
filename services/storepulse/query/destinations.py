"""`/api/destinations`: where events are sent. Requires scope `admin`; secrets cannot be read.

A secret that the service generates is in the answer to the request that created it, and nowhere
else.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, TypeVar
from uuid import UUID, uuid4

from fastapi import APIRouter, Body, Path, Query, Request

from storepulse.adapters.clock import system_clock
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.sessions import Connection
from storepulse.adapters.secret_box import SecretBox
from storepulse.adapters.settings import Settings
from storepulse.destinations.rules.model import DeliveryOutcome, Destination, Event
from storepulse.destinations.rules.rotation import AddedSecret, TooManySecrets
from storepulse.destinations.table import changes, reads, removal
from storepulse.destinations.table.rows import DestinationRow, UnknownDestination
from storepulse.destinations.table.trail import audited
from storepulse.domain.errors import Misconfigured
from storepulse.domain.signing import new_secret
from storepulse.query.app_state import CanAdminister, settings, writes
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.destination_models import (
    Changes,
    DestinationAnswer,
    DestinationList,
    MadeAnswer,
    NewDestination,
    NewSecret,
    Removed,
    Shown,
    Trial,
    TrialAnswer,
)
from storepulse.query.errors import error_responses_of

T = TypeVar("T")
Trials = Callable[[Destination, UUID, datetime, Settings], Awaitable[tuple[Event, DeliveryOutcome]]]
SECRET_BYTES = 32

router = APIRouter(
    route_class=CheckedRoute,
    tags=["destinations"],
    responses=error_responses_of(400, 401, 403, 503),
)
_NAMED = error_responses_of(404)

Key = Annotated[
    str, Path(min_length=1, max_length=63, pattern=r"^[^\u0000]+$", description="Its name or id")
]


@router.get("/api/destinations")
async def list_destinations(request: Request, reader: CanAdminister) -> DestinationList:
    """All destinations that the key may see."""
    entries = await _run(request, lambda c: reads.list_destinations(c, store_id=reader.store_id))
    return DestinationList(data=[Shown.of(entry) for entry in entries])


@router.post("/api/destinations", status_code=201)
async def add_destination(
    request: Request, reader: CanAdminister, body: Annotated[NewDestination, Body()]
) -> MadeAnswer:
    """Add a destination. It gets events that arrive from now on."""
    fields = body.fields()
    secrets = {name: [value] for name, value in fields.pop("secrets", {}).items()}
    new = None
    if body.kind == "webhook" and not secrets:
        new = new_secret(os.urandom(SECRET_BYTES))
        secrets = {"signing": [new]}
    usual = Destination(
        str(uuid4()), body.name, body.kind, secrets=secrets,
        batch_events=changes.default_batch_events(body.kind),
    )  # fmt: skip
    store_id = reader.store(body.store_id)
    declared = replace(usual, **{**fields, "store_id": None if store_id is None else str(store_id)})

    def work(connection: Connection) -> DestinationRow:
        reach = settings(request).delivery_reach
        with audited(connection, reader.name, "created", declared.destination_id):
            changes.create(connection, _box(request), declared, system_clock(), reach)
        return reads.find_destination(connection, declared.destination_id)

    entry = await _run(request, work)
    logger().info("destination_added", destination=declared.name, by=reader.name)
    return MadeAnswer(data=Shown.of(entry), secret=new, warnings=entry.warnings)


@router.get("/api/destinations/{destination}", responses=_NAMED)
async def show_destination(
    request: Request, reader: CanAdminister, destination: Key
) -> DestinationAnswer:
    """One destination."""
    entry = await _run(request, lambda c: reads.find_destination(c, destination, reader.store_id))
    return DestinationAnswer(data=Shown.of(entry), warnings=entry.warnings)


@router.patch("/api/destinations/{destination}", responses=_NAMED)
async def change_destination(
    request: Request, reader: CanAdminister, destination: Key, body: Annotated[Changes, Body()]
) -> DestinationAnswer:
    """Change the given fields; `status` pauses, disables and resumes."""
    fields = body.fields()
    if "store_id" in fields:
        store_id = reader.store(body.store_id)
        fields["store_id"] = None if store_id is None else str(store_id)

    def work(connection: Connection) -> DestinationRow:
        with audited(connection, reader.name, "changed", destination, reader.store_id):
            changed = changes.change(
                connection, _box(request), destination, fields, system_clock(), reader.store_id,
                settings(request).delivery_reach,
            )  # fmt: skip
        return reads.find_destination(connection, changed.destination_id)

    entry = await _run(request, work)
    logger().info(
        "destination_changed", destination=entry.destination.name, by=reader.name,
        fields=sorted(fields),
    )  # fmt: skip
    return DestinationAnswer(data=Shown.of(entry), warnings=entry.warnings)


@router.delete("/api/destinations/{destination}", responses=_NAMED)
async def remove_destination(
    request: Request,
    reader: CanAdminister,
    destination: Key,
    *,
    discard: Annotated[
        bool, Query(description="Also where events wait for it; these become failed")
    ] = False,
) -> Removed:
    """Remove a destination. Its past deliveries stay listed."""
    discarded = await _run(
        request,
        lambda c: removal.remove(
            c,
            destination,
            system_clock(),
            discard=discard,
            store_id=reader.store_id,
            by=reader.name,
        ),
    )
    logger().info("destination_removed", destination=destination, by=reader.name)
    return Removed(discarded=discarded)


@router.post("/api/destinations/{destination}/secrets", responses=_NAMED | error_responses_of(409))
async def rotate_secret(
    request: Request, reader: CanAdminister, destination: Key, body: Annotated[NewSecret, Body()]
) -> MadeAnswer:
    """Add a secret as the newest one.

    Earlier signing secrets stay valid for `expires_in` seconds, or until DELETE ends them; at most
    five are valid. Of other secrets only the newest is used.
    """
    new = new_secret(os.urandom(SECRET_BYTES)) if body.value is None else None
    expires_in = None if body.expires_in is None else timedelta(seconds=body.expires_in)
    added = AddedSecret(body.name, new or body.value or "", expires_in)

    def work(connection: Connection) -> DestinationRow:
        with audited(connection, reader.name, "secret_added", destination, reader.store_id):
            changes.add_secret(
                connection, _box(request), destination, added, system_clock(), reader.store_id
            )
        return reads.find_destination(connection, destination, reader.store_id)

    entry = await _run(request, work)
    logger().info("secret_added", destination=entry.destination.name, by=reader.name)
    return MadeAnswer(data=Shown.of(entry), secret=new, warnings=entry.warnings)


@router.delete("/api/destinations/{destination}/secrets", responses=_NAMED)
async def retire_secrets(
    request: Request, reader: CanAdminister, destination: Key
) -> DestinationAnswer:
    """End a rotation: only the newest secrets stay valid."""

    def work(connection: Connection) -> DestinationRow:
        with audited(connection, reader.name, "secrets_retired", destination, reader.store_id):
            changes.retire_secrets(
                connection, _box(request), destination, system_clock(), reader.store_id
            )
        return reads.find_destination(connection, destination, reader.store_id)

    entry = await _run(request, work)
    logger().info("secrets_retired", destination=entry.destination.name, by=reader.name)
    return DestinationAnswer(data=Shown.of(entry), warnings=entry.warnings)


@router.post("/api/destinations/{destination}/test", responses=_NAMED)
async def try_destination(request: Request, reader: CanAdminister, destination: Key) -> TrialAnswer:
    """Send one example event at once. Nothing about it is stored."""
    target = await _run(
        request, lambda c: reads.load_destination(c, _box(request), destination, reader.store_id)
    )
    send_trial = await asyncio.to_thread(_load_trials)
    event, outcome = await send_trial(target, uuid4(), system_clock(), settings(request))
    reasons = [outcome.error, *outcome.refusals.values(), *outcome.omissions.values()]
    return TrialAnswer(
        data=Trial(
            taken=outcome.verdict == "delivered" and not outcome.refusals and not outcome.omissions,
            event_id=UUID(event.event_id),
            stream=event.stream,
            type=event.event_type,
            verdict=outcome.verdict,
            answer_status=outcome.status,
            error="; ".join(reason for reason in reasons if reason),
            seconds=round(outcome.seconds, 3),
        )
    )


def _load_trials() -> Trials:
    """Import on first use, so that the service starts without an HTTP client and data frames."""
    from storepulse.destinations.trial_event import send_trial

    return send_trial


def _box(request: Request) -> SecretBox:
    return SecretBox.of(settings(request))


async def _run(request: Request, work: Callable[[Connection], T]) -> T:
    try:
        return await writes(request).run(work)
    except UnknownDestination as unknown:
        raise RequestRefused(404, unknown.reason.capitalize(), "NOT_FOUND") from None
    except TooManySecrets as error:
        message = f"{error.field} {error.reason}"
        raise RequestRefused(409, message, "TOO_MANY_SECRETS") from None
    except Misconfigured as error:
        logger().error("misconfigured", setting=error.setting, reason=error.reason)
        raise RequestRefused(
            503, "The service is misconfigured; its log says how", "MISCONFIGURED"
        ) from None
