"""Models of `/api/delivery/…`."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from storepulse.query import pages
from storepulse.query.lists import CountedList
from storepulse.query.wire import Instant, Text, Utc

Status = Literal["pending", "sent", "failed", "skipped"]


class StatsFilter(BaseModel):
    """Which figures."""

    model_config = ConfigDict(extra="forbid")

    store_id: UUID | None = Field(None, description="This store only")
    destination: Text | None = Field(None, description="This one only: its name or id")
    refresh: bool = Field(False, description="Count now; otherwise figures may be an hour old")


class DeliveryCounts(BaseModel):
    """Deliveries by status."""

    pending: int = 0
    sent: int = 0
    failed: int = 0
    skipped: int = Field(0, description="Left out on purpose, such as without consent")


class OfDestination(DeliveryCounts):
    """Deliveries of one destination and store."""

    destination_id: UUID
    destination: str | None = Field(description="Its name; null: it was removed")
    store_id: UUID


class Stats(BaseModel):
    """Deliveries in total, and of each destination and store."""

    totals: DeliveryCounts
    by_destination: list[OfDestination]


class StatsAnswer(BaseModel):
    """Figures and the time that they are of."""

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
    event_id: UUID | None = Field(None, description="This event only")
    since: Instant | None = Field(None, description="Received at this moment or later")
    sort: Literal["-received_at", "received_at"] = Field(
        "-received_at", description="With a minus the newest first"
    )
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


class DeliveryPage(CountedList):
    """Deliveries by when their events were received."""

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
    """One delivery with its attempts, including those before a resend, oldest first."""

    attempt_log: list[Attempt]


class DeliveriesOfEvent(BaseModel):
    """Where one event was sent, and the outcomes."""

    status: Literal["success"] = "success"
    data: list[DeliveryDetail]


class ResendRequest(BaseModel):
    """What to resend."""

    model_config = ConfigDict(extra="forbid", strict=True)

    destination: str | None = Field(
        None, min_length=1, max_length=63, description="To this one only: its name or id"
    )
    again: bool = Field(
        False, description="Also where it arrived; the receiver then gets a second webhook-id"
    )


class Resent(BaseModel):
    """How many deliveries were queued again."""

    status: Literal["success"] = "success"
    queued: int
