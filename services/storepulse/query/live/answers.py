"""Models of the live paths."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from storepulse.query.live.entries import Kind, Stage
from storepulse.query.live.window import LiveFilter
from storepulse.query.wire import Json, OneStore, Text, Utc


class LiveQuery(BaseModel):
    """Which events to follow; by default all that the key may read."""

    model_config = ConfigDict(extra="forbid")

    store_id: OneStore = None
    stream: Text | None = Field(None, description="This stream only")
    type: Text | None = Field(None, description="This type only, such as add_to_cart")
    kind: Kind = Field(
        "all", description="rejected: refused by the gateway, or dead; duplicate: repeats"
    )

    def as_filter(self, store_id: object) -> LiveFilter:
        """The filter for a reader of this store (None: all stores)."""
        store = None if store_id is None else str(store_id)
        return LiveFilter(store, self.stream, self.type, self.kind)


class LiveEvent(BaseModel):
    """One event, and its outcome."""

    id: str = Field(description="Where its record lies", examples=["activity-2-10441"])
    received_at: Utc
    stream: str
    type: str
    what: str = Field(description="One line of what it says; anybody's text")
    store_id: str | None
    session_id: str | None
    event_id: str | None
    stage: Stage = Field(
        description="accepted: on its way; applied; duplicate: stored before; rejected: by the"
        " gateway; dead: set aside by the agents; unknown: not followed, too much came at once"
    )
    accepted_ms: int | None = Field(description="From its receipt until Kafka had it")
    applied_ms: int | None = Field(description="From its receipt until it was applied")
    field: str | None = Field(description="Of a bad one: which field it was")
    value: str | None = Field(description="Of a bad one: what stood there, as JSON, cut")
    wish: str | None = Field(description="Of a bad one: what is wanted")


class RawRecord(BaseModel):
    """A record in Kafka: the body of a refused beacon, else the event in Avro."""

    bytes: int = Field(description="Its size; of a refused beacon the size of what came")
    text: str | None = Field(description="Where it is text; anybody's, without keys")
    hex: str | None = Field(description="Where it is not: its first bytes")
    cut: bool = Field(description="Whether there is more than is shown")
    headers: dict[str, str]


class RelatedEvent(BaseModel):
    """Another event of the same session, or this one."""

    at: Utc
    stream: str
    type: str
    what: str
    stage: Stage
    event_id: str | None
    this: bool = Field(description="Whether it is the event that was asked for")


class DeadLetterOfEvent(BaseModel):
    """The dead letter of an event."""

    dead_letter_id: str
    reason: str
    field: str
    message: str
    status: str


class LiveEventDetail(BaseModel):
    """Everything known about one event."""

    event: LiveEvent
    raw: RawRecord
    validated: Json | None = Field(description="The event as the gateway wrote it; null if refused")
    applied: Json | None = Field(
        description="Its row; null where there is none, as of a stream that keeps figures alone"
    )
    has_rows: bool = Field(description="Whether its stream keeps rows")
    dead_letter: DeadLetterOfEvent | None
    session: list[RelatedEvent] = Field(description="Its session around it, oldest first")


class LiveEventAnswer(BaseModel):
    """One event."""

    status: Literal["success"] = "success"
    data: LiveEventDetail
