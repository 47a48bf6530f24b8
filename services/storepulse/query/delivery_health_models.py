"""Answers of `/api/delivery/destinations`."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from storepulse.query.delivery_models import Attempt
from storepulse.query.lists import CountedList
from storepulse.query.wire import Utc

BreakerState = Literal["closed", "open", "probing"]


class BreakerSpan(BaseModel):
    """A time during which a breaker was in one state."""

    start: Utc = Field(serialization_alias="from")
    end: Utc = Field(serialization_alias="to")
    state: BreakerState
    outcomes: int | None = Field(
        description="Outcomes it judged by when it came to this state; null: it was in it before"
    )
    failures: int | None = Field(description="How many of them had failed")


class BreakerHealth(BaseModel):
    """A circuit breaker: unless it is closed, at most one request at a time is sent."""

    state: BreakerState
    since: Utc | None = Field(
        description="When it last left the state closed; null while it is closed, or where that is "
        "more than 31 days ago"
    )
    outcomes: int | None = Field(description="Outcomes it judged by then; null while it is closed")
    failures: int | None = Field(description="How many of them had failed")
    probe_at: Utc | None = Field(description="When it lets one request through")
    history: list[BreakerSpan] = Field(description="The last 30 minutes, the oldest first")


class RequestFigures(BaseModel):
    """Requests of some minutes. Times are of requests that were accepted; they are estimates,
    off by less than a quarter."""

    delivered: int = Field(description="Requests that were taken")
    failed: int = Field(description="Requests that were not, whether they are tried again or not")
    p50: float | None = Field(description="Seconds within which half of them were taken; or null")
    p95: float | None = Field(description="Seconds within which 95 % of them were taken; or null")


class RequestStep(RequestFigures):
    """Requests of five minutes."""

    at: Utc = Field(description="When they begin")
    complete: bool = Field(description="Whether they are over")


class RequestHealth(RequestFigures):
    """Requests of the last hour, in whole minutes up to now."""

    start: Utc = Field(serialization_alias="from")
    end: Utc = Field(serialization_alias="to")
    by_time: list[RequestStep] = Field(description="In steps of five minutes, with empty ones")


class WaitingEvents(BaseModel):
    """Events that wait for a destination now."""

    events: int = Field(description="Pending events; 10000 where there are more")
    more: bool = Field(description="Whether there are more than `events` says")
    oldest_at: Utc | None = Field(description="Since when the oldest waits; null: nothing does")


class DestinationHealth(BaseModel):
    """The state of one destination, without its secrets."""

    destination_id: UUID
    name: str
    kind: str
    address: str = Field(description="Its host or public id, such as crm.example or G-ABC123")
    store_id: UUID | None = Field(description="Only this store's events; null: every store's")
    status: Literal["active", "paused", "disabled"]
    status_reason: str
    account_fault: str = Field(description="What it last said against our account there; or empty")
    breaker: BreakerHealth
    requests: RequestHealth
    waiting: WaitingEvents
    delivered_at: Utc | None = Field(
        description="When it last took a request; null: not within two days"
    )


class DestinationsHealth(CountedList):
    """Destinations by name."""

    status: Literal["success"] = "success"
    as_of: Utc
    data: list[DestinationHealth]


class Declaration(BaseModel):
    """What a destination gets, and how events are sent to it."""

    streams: list[str] = Field(description="Only these; empty: every stream")
    types: list[str] = Field(description="Only these; empty: every type")
    consent: list[str] = Field(description="Purposes that must be granted")
    include_bots: bool
    ordered: bool
    batch_events: int
    batch_seconds: float
    max_in_flight: int
    rate_per_second: float | None
    retry_seconds: list[float] = Field(description="Waits after each failed attempt")
    timeout_seconds: float


class OldestRequest(BaseModel):
    """The oldest request that waits for its turn or its next attempt."""

    batch_id: UUID = Field(description="Also its webhook-id")
    events: int
    created_at: Utc
    attempts: int = Field(description="Attempts that failed; a breaker's probes are not counted")
    next_attempt_at: Utc = Field(description="An open breaker may hold it longer")
    attempt_log: list[Attempt] = Field(description="The newest 20, the oldest of them first")


class FailedAnswer(BaseModel):
    """The newest failed request of a minute."""

    at: Utc
    status: int | None
    error: str


class DestinationHealthDetail(DestinationHealth):
    """One destination with its oldest request and its latest failures."""

    declaration: Declaration
    oldest_request: OldestRequest | None
    failures: list[FailedAnswer] = Field(description="The newest ten minutes that had one")


class DestinationHealthAnswer(BaseModel):
    """One destination."""

    status: Literal["success"] = "success"
    as_of: Utc
    data: DestinationHealthDetail
