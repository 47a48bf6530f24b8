"""`/api/destinations`: where events are sent. Keys with scope `admin`; secrets are never read back.

A secret that the service makes itself stands in the one answer to the request that made it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID, uuid4

from fastapi import APIRouter, Body, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from storepulse.adapters.clock import system_clock
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.writing_pool import Connection
from storepulse.destinations import table
from storepulse.destinations.rules.declaration import NAME_TEXT
from storepulse.destinations.rules.model import DEFAULT_RETRIES, Destination
from storepulse.destinations.secret_box import SecretBox
from storepulse.destinations.table import Entry, UnknownDestination
from storepulse.destinations.trial_event import send_trial
from storepulse.domain.errors import Misconfigured
from storepulse.domain.signing import new_secret
from storepulse.query.app_state import CanAdminister, settings, writes
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.wire import Json, Utc

T = TypeVar("T")
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

#: The pattern stands in the document alone: the rules of the domain word a better refusal.
Name = Annotated[str, Field(json_schema_extra={"pattern": f"^{NAME_TEXT}$"}, examples=["shop-crm"])]


class Declared(BaseModel):
    """What a declaration may say; the rest has the defaults that the answer shows."""

    model_config = ConfigDict(extra="forbid", strict=True)

    store_id: Annotated[UUID, Field(strict=False)] | None = Field(
        None, description="Only this store; null: every store"
    )
    streams: list[str] = Field([], max_length=50, description="Only these; empty: every stream")
    types: list[str] = Field([], max_length=200, description="Only these; empty: every type")
    consent: list[str] = Field([], max_length=2, description="Purposes that must be granted")
    include_bots: bool = Field(False, description="Send events of bots too")
    config: Json = Field({}, description="What the kind asks for", examples=[{"url": "https://…"}])
    ordered: bool = Field(False, description="First in, first out per ordering key")
    batch_events: int = Field(50, description="Most events of a request")
    batch_seconds: float = Field(5, description="Longest wait for a full request")
    max_in_flight: int = Field(8, description="Most requests at a time")
    rate_per_second: float | None = Field(None, description="Most requests a second; null: any")
    retry_seconds: list[float] = Field(
        list(DEFAULT_RETRIES), description="Waits after each failed attempt"
    )
    timeout_seconds: float = Field(15, description="Seconds for an answer")

    def fields(self) -> dict[str, Any]:
        """The fields that were sent, as a destination holds them."""
        sent = self.model_dump(exclude_unset=True)
        for name in ("streams", "types", "consent"):
            if name in sent:
                sent[name] = frozenset(sent[name])
        if sent.get("store_id") is not None:
            sent["store_id"] = str(sent["store_id"])
        if "retry_seconds" in sent:
            sent["retry_seconds"] = tuple(sent["retry_seconds"])
        return sent


class NewDestination(Declared):
    """A destination to add."""

    name: Name
    kind: str = Field("webhook", max_length=63)
    secrets: dict[str, str] = Field(
        {}, description="What the kind asks for; a webhook without any is given a new one"
    )


class Changes(Declared):
    """What to change; what is not named stays."""

    name: Name = ""
    status: Literal["active", "paused", "disabled"] = Field(
        "active", description="active also closes its circuit breaker"
    )


class NewSecret(BaseModel):
    """A secret to add in front of the valid one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field("signing", max_length=63)
    value: str | None = Field(None, description="Null: a new signing secret is made")


class Shown(BaseModel):
    """A destination, without its secrets."""

    destination_id: UUID
    name: str
    kind: str
    status: Literal["active", "paused", "disabled"]
    status_reason: str
    breaker: Literal["closed", "open", "probing"]
    probe_at: Utc | None = Field(description="When an open breaker lets one request through")
    store_id: UUID | None
    streams: list[str]
    types: list[str]
    consent: list[str]
    include_bots: bool
    config: Json
    ordered: bool
    batch_events: int
    batch_seconds: float
    max_in_flight: int
    rate_per_second: float | None
    retry_seconds: list[float]
    timeout_seconds: float
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, entry: Entry) -> Shown:
        """An entry of the table."""
        target = asdict(entry.destination)
        lists = {name: sorted(target[name]) for name in ("streams", "types", "consent")}
        return cls.model_validate(
            target
            | lists
            | {"config": entry.shown_config}
            | {
                name: getattr(entry, name)
                for name in Entry.__dataclass_fields__
                if name != "destination"
            }
        )


class DestinationAnswer(BaseModel):
    """One destination."""

    status: Literal["success"] = "success"
    data: Shown


class MadeAnswer(DestinationAnswer):
    """One destination, and the secret that was made for it."""

    secret: str | None = Field(description="Shown this once; null where none was made")


class DestinationList(BaseModel):
    """Destinations by name."""

    status: Literal["success"] = "success"
    data: list[Shown]


class Removed(BaseModel):
    """A destination is gone."""

    status: Literal["success"] = "success"
    discarded: int = Field(description="Events that waited for it and are failed now")


class Trial(BaseModel):
    """What came of a trial event."""

    taken: bool
    event_id: UUID
    stream: str
    type: str
    verdict: Literal["delivered", "retry", "refused", "gone"]
    answer_status: int | None
    error: str
    seconds: float


class TrialAnswer(BaseModel):
    """What came of a trial event."""

    status: Literal["success"] = "success"
    data: Trial


@router.get("/api/destinations")
async def list_destinations(request: Request, reader: CanAdminister) -> DestinationList:
    """All destinations that the key may see."""
    entries = await _run(request, lambda c: table.listed(c, store_id=reader.store_id))
    return DestinationList(data=[Shown.of(entry) for entry in entries])


@router.post("/api/destinations", status_code=201)
async def add_destination(
    request: Request, reader: CanAdminister, body: Annotated[NewDestination, Body()]
) -> MadeAnswer:
    """Adds a destination. It gets what comes in from now on."""
    fields = body.fields()
    secrets = {name: [value] for name, value in fields.pop("secrets", {}).items()}
    made = None
    if body.kind == "webhook" and not secrets:
        made = new_secret(os.urandom(SECRET_BYTES))
        secrets = {"signing": [made]}
    usual = Destination(
        str(uuid4()), body.name, body.kind, secrets=secrets,
        batch_events=table.default_batch_events(body.kind),
    )  # fmt: skip
    store_id = reader.store(body.store_id)
    declared = replace(usual, **{**fields, "store_id": None if store_id is None else str(store_id)})

    def work(connection: Connection) -> Entry:
        table.create(connection, _box(request), declared, system_clock())
        return table.found(connection, declared.destination_id)

    entry = await _run(request, work)
    logger().info("destination_added", destination=declared.name, by=reader.name)
    return MadeAnswer(data=Shown.of(entry), secret=made)


@router.get("/api/destinations/{destination}", responses=_NAMED)
async def show_destination(
    request: Request, reader: CanAdminister, destination: Key
) -> DestinationAnswer:
    """One destination."""
    entry = await _run(request, lambda c: table.found(c, destination, reader.store_id))
    return DestinationAnswer(data=Shown.of(entry))


@router.patch("/api/destinations/{destination}", responses=_NAMED)
async def change_destination(
    request: Request, reader: CanAdminister, destination: Key, body: Annotated[Changes, Body()]
) -> DestinationAnswer:
    """Changes what is named; pauses, disables and resumes by `status`."""
    fields = body.fields()
    if "store_id" in fields:
        store_id = reader.store(body.store_id)
        fields["store_id"] = None if store_id is None else str(store_id)

    def work(connection: Connection) -> Entry:
        changed = table.change(
            connection, _box(request), destination, fields, system_clock(), reader.store_id
        )
        return table.found(connection, changed.destination_id)

    entry = await _run(request, work)
    logger().info(
        "destination_changed", destination=entry.destination.name, by=reader.name,
        fields=sorted(fields),
    )  # fmt: skip
    return DestinationAnswer(data=Shown.of(entry))


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
    """Removes a destination. What it was sent stays listed."""
    discarded = await _run(
        request,
        lambda c: table.remove(
            c, destination, system_clock(), discard=discard, store_id=reader.store_id
        ),
    )
    logger().info("destination_removed", destination=destination, by=reader.name)
    return Removed(discarded=discarded)


@router.post("/api/destinations/{destination}/secrets", responses=_NAMED)
async def rotate_secret(
    request: Request, reader: CanAdminister, destination: Key, body: Annotated[NewSecret, Body()]
) -> MadeAnswer:
    """Adds a secret in front of the valid one, which stays valid until it is retired."""
    made = new_secret(os.urandom(SECRET_BYTES)) if body.value is None else None

    def work(connection: Connection) -> Entry:
        table.add_secret(
            connection, _box(request), destination, body.name, made or body.value or "",
            system_clock(), reader.store_id,
        )  # fmt: skip
        return table.found(connection, destination, reader.store_id)

    entry = await _run(request, work)
    logger().info("secret_added", destination=entry.destination.name, by=reader.name)
    return MadeAnswer(data=Shown.of(entry), secret=made)


@router.delete("/api/destinations/{destination}/secrets", responses=_NAMED)
async def retire_secrets(
    request: Request, reader: CanAdminister, destination: Key
) -> DestinationAnswer:
    """Ends a rotation: only the newest secrets stay valid."""

    def work(connection: Connection) -> Entry:
        table.retire_secrets(
            connection, _box(request), destination, system_clock(), reader.store_id
        )
        return table.found(connection, destination, reader.store_id)

    entry = await _run(request, work)
    logger().info("secrets_retired", destination=entry.destination.name, by=reader.name)
    return DestinationAnswer(data=Shown.of(entry))


@router.post("/api/destinations/{destination}/test", responses=_NAMED)
async def try_destination(request: Request, reader: CanAdminister, destination: Key) -> TrialAnswer:
    """Sends one example event at once. Nothing about it is stored."""
    target = await _run(
        request, lambda c: table.loaded(c, _box(request), destination, reader.store_id)
    )
    event, outcome = await send_trial(target, uuid4(), system_clock(), settings(request))
    reasons = [outcome.error, *outcome.refused.values(), *outcome.dropped.values()]
    return TrialAnswer(
        data=Trial(
            taken=outcome.verdict == "delivered" and not outcome.refused and not outcome.dropped,
            event_id=UUID(event.event_id),
            stream=event.stream,
            type=event.event_type,
            verdict=outcome.verdict,
            answer_status=outcome.status,
            error="; ".join(reason for reason in reasons if reason),
            seconds=round(outcome.seconds, 3),
        )
    )


def _box(request: Request) -> SecretBox:
    return SecretBox.of(settings(request))


async def _run(request: Request, work: Callable[[Connection], T]) -> T:
    try:
        return await writes(request).run(work)
    except UnknownDestination as unknown:
        raise RequestRefused(404, unknown.reason.capitalize(), "NOT_FOUND") from None
    except Misconfigured as error:
        logger().error("misconfigured", setting=error.setting, reason=error.reason)
        raise RequestRefused(
            503, "The service is misconfigured; its log says how", "MISCONFIGURED"
        ) from None
