"""Models of `/api/destinations`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from storepulse.destinations.rules.declaration import NAME_TEXT
from storepulse.destinations.rules.model import DEFAULT_RETRIES
from storepulse.destinations.rules.rotation import LONGEST_EXPIRY
from storepulse.destinations.table.rows import DestinationRow
from storepulse.query.wire import Json, Utc

#: The pattern is in the document only: the domain's rules give better error messages.
Name = Annotated[str, Field(json_schema_extra={"pattern": f"^{NAME_TEXT}$"}, examples=["shop-crm"])]


class Declared(BaseModel):
    """The fields of a declaration; those left out have the defaults that the answer shows."""

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
        """The fields that were sent, in the types of a destination."""
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
    """Changes to a destination. Fields that are left out stay."""

    name: Name = ""
    status: Literal["active", "paused", "disabled"] = Field(
        "active", description="active also closes its circuit breaker"
    )


class NewSecret(BaseModel):
    """A secret to add as the newest one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field("signing", max_length=63)
    value: str | None = Field(None, description="Null: a new signing secret is made")
    expires_in: int | None = Field(
        None,
        ge=0,
        le=int(LONGEST_EXPIRY.total_seconds()),
        description="Seconds after which the signing secrets before it end; null: they stay valid"
        " until DELETE ends them",
    )


class Shown(BaseModel):
    """A destination, without its secrets."""

    destination_id: UUID
    name: str
    kind: str
    status: Literal["active", "paused", "disabled"]
    status_reason: str
    breaker: Literal["closed", "open", "probing"]
    probe_at: Utc | None = Field(description="When an open breaker lets one request through")
    account_fault: str = Field(
        description="What it last said against our account there (secret, token, rights, version);"
        " empty while it takes events"
    )
    store_id: UUID | None
    streams: list[str]
    types: list[str]
    consent: list[str]
    include_bots: bool
    config: Json
    secret_ends: dict[str, list[Utc | None]] = Field(
        description="When each secret ends, by name, the newest first; null: when it is ended by"
        " DELETE"
    )
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
    def of(cls, entry: DestinationRow) -> Shown:
        """The model of a row."""
        target = asdict(entry.destination)
        lists = {name: sorted(target[name]) for name in ("streams", "types", "consent")}
        return cls.model_validate(
            target
            | lists
            | {"config": entry.shown_config}
            | {
                name: getattr(entry, name)
                for name in DestinationRow.__dataclass_fields__
                if name != "destination"
            }
        )


class DestinationAnswer(BaseModel):
    """One destination."""

    status: Literal["success"] = "success"
    data: Shown
    warnings: list[str] = Field([], description="What is taken, but should be changed soon")


class MadeAnswer(DestinationAnswer):
    """One destination, and the secret generated for it."""

    secret: str | None = Field(description="Shown this once; null where none was made")


class DestinationList(BaseModel):
    """Destinations by name."""

    status: Literal["success"] = "success"
    data: list[Shown]


class Removed(BaseModel):
    """The destination was removed."""

    status: Literal["success"] = "success"
    discarded: int = Field(description="Events that waited for it and are failed now")


class Trial(BaseModel):
    """The outcome of a trial event."""

    taken: bool
    event_id: UUID
    stream: str
    type: str
    verdict: Literal["delivered", "retry", "refused", "gone", "oversize"]
    answer_status: int | None
    error: str
    seconds: float


class TrialAnswer(BaseModel):
    """The outcome of a trial event."""

    status: Literal["success"] = "success"
    data: Trial
