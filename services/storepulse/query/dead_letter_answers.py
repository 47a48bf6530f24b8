"""What the paths of dead letters answer."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from storepulse.dead_letters.letter import STAGES, Status
from storepulse.query.wire import Json


class Source(BaseModel):
    """Where the record lay."""

    topic: str
    partition: int
    offset: int


class LetterSummary(BaseModel):
    """A dead letter."""

    id: UUID
    stream: str
    stage: str = Field(examples=list(STAGES))
    status: Status
    quarantined: bool
    reason: str
    field: str
    message: str
    source: Source
    store_id: UUID | None
    event_id: UUID | None
    destination_id: UUID | None
    replays: int
    received_at: str | None
    created_at: str
    updated_at: str


class LetterOrigin(BaseModel):
    """What another tool says of where the record came from."""

    tool: str | None
    topic: str | None
    partition: int | None
    offset: int | None


class Header(BaseModel):
    """A header of the record; `text` where it is text."""

    name: str
    text: str | None
    base64: str | None


class Raw(BaseModel):
    """The record's own bytes in base64."""

    key: str | None
    value: str | None


class TrailEntry(BaseModel):
    """What was done with a letter."""

    action: str
    actor: str
    why: str
    details: Json
    at: str


class LetterDetail(LetterSummary):
    """All of a dead letter. `event` is null where the bytes are none: `undecodable` says why."""

    code_version: str
    event: Json | None
    undecodable: str | None
    origin: LetterOrigin | None = None
    headers: list[Header]
    raw: Raw | None = None
    trail: list[TrailEntry]


class GroupSummary(BaseModel):
    """Letters of one reason."""

    stream: str
    stage: str
    reason: str
    letters: int
    quarantined: int
    first_at: str
    last_at: str
    newest_id: UUID


class LetterPage(BaseModel):
    """Dead letters, newest first."""

    status: Literal["success"] = "success"
    data: list[LetterSummary]
    next_cursor: str | None = Field(description="Null on the last page")


class GroupsAnswer(BaseModel):
    """Groups, the largest first."""

    status: Literal["success"] = "success"
    data: list[GroupSummary]


class LetterAnswer(BaseModel):
    """One letter."""

    status: Literal["success"] = "success"
    data: LetterDetail


class ReplayResult(BaseModel):
    """What a replay did; what comes of it, the letters themselves tell within moments."""

    dry_run: bool
    sent: int = Field(description="Letters on their way through the agents")
    queued: int = Field(description="Letters on their way to a destination")
    delivered_before: int = Field(description="Letters whose destination had the event already")
    refused: dict[str, str] = Field(description="Letter -> why it could not be replayed")
    skipped: dict[str, str] = Field(description="Letter named by its id -> why it was left out")


class ReplayAnswer(BaseModel):
    """What was replayed."""

    status: Literal["success"] = "success"
    data: ReplayResult


class DiscardResult(BaseModel):
    """What was closed."""

    dry_run: bool
    discarded: int
    skipped: dict[str, str] = Field(description="Letter named by its id -> why it was left out")


class DiscardAnswer(BaseModel):
    """What was closed."""

    status: Literal["success"] = "success"
    data: DiscardResult


class ReopenAnswer(BaseModel):
    """The letter is open."""

    status: Literal["success"] = "success"
    id: UUID
