"""Answers of the dead-letter paths."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from storepulse.dead_letters.letter import STAGES, Status
from storepulse.query.wire import Json, Utc


class Source(BaseModel):
    """The place of the record in Kafka."""

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
    """The record's origin, as another tool reports it."""

    tool: str | None
    topic: str | None
    partition: int | None
    offset: int | None


class Header(BaseModel):
    """A header of the record; `text` is null if it is not text."""

    name: str
    text: str | None
    base64: str | None


class Raw(BaseModel):
    """The record's own bytes in Base64."""

    key: str | None
    value: str | None


class TrailEntry(BaseModel):
    """An action on a letter."""

    action: str
    actor: str
    why: str
    details: Json
    at: str


class LetterDetail(LetterSummary):
    """All of a dead letter. `event` is null if the bytes do not decode; see `undecodable`."""

    code_version: str
    max_replays: int = Field(description="After so many it is quarantined")
    event: Json | None
    undecodable: str | None
    origin: LetterOrigin | None = None
    headers: list[Header]
    raw: Raw | None = None
    trail: list[TrailEntry]


class HourOfLetters(BaseModel):
    """Letters created in an hour."""

    hour: Utc = Field(description="Its first moment")
    letters: int


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
    by_hour: list[HourOfLetters] = Field(
        description="Of the last seven days; hours without letters are left out"
    )


class LetterPage(BaseModel):
    """Dead letters, newest first."""

    status: Literal["success"] = "success"
    data: list[LetterSummary]
    next_cursor: str | None = Field(description="Null on the last page")


class GroupsAnswer(BaseModel):
    """Groups, largest first."""

    status: Literal["success"] = "success"
    data: list[GroupSummary]
    hours_from: Utc = Field(description="First hour of `by_hour`")


class LetterAnswer(BaseModel):
    """One letter."""

    status: Literal["success"] = "success"
    data: LetterDetail


class Rehearsal(BaseModel):
    """The event that a replay of one letter would send."""

    id: UUID
    goes_to: str = Field(description="A topic, or the name of a destination")
    event: Json | None = Field(description="After the patch; null if its bytes are not an event")


class ReplayResult(BaseModel):
    """The result of a replay. The outcomes appear in the letters themselves within moments."""

    dry_run: bool
    sent: int = Field(description="Letters on their way through the agents")
    queued: int = Field(description="Letters on their way to a destination")
    delivered_before: int = Field(description="Letters whose destination had the event already")
    refused: dict[str, str] = Field(description="Letter -> why it could not be replayed")
    skipped: dict[str, str] = Field(description="Letter named by its id -> why it was left out")
    run: UUID = Field(description="Names this run in the trails of letters")
    next_cursor: str | None = Field(
        description="For the next part of the run; null where it is through"
    )
    rehearsed: list[Rehearsal] = Field(
        description="Of a dry run: what the first ten letters would be sent as"
    )


class ReplayAnswer(BaseModel):
    """The result of a replay."""

    status: Literal["success"] = "success"
    data: ReplayResult


class DiscardResult(BaseModel):
    """The closed letters."""

    dry_run: bool
    discarded: int
    ids: list[UUID] = Field(description="The first 1,000 that were closed, for reopening them")
    skipped: dict[str, str] = Field(description="Letter named by its id -> why it was left out")


class DiscardAnswer(BaseModel):
    """The closed letters."""

    status: Literal["success"] = "success"
    data: DiscardResult


class ReopenAnswer(BaseModel):
    """The reopened letters."""

    status: Literal["success"] = "success"
    id: UUID | None = Field(description="The letter that was named by `id`")
    reopened: list[UUID]
    skipped: dict[str, str] = Field(description="Letter named in `ids` -> why it was left out")


class RunProgress(BaseModel):
    """Outcomes of a run's letters so far. `replayed` is the sum of the others."""

    run: UUID
    started_at: Utc | None = Field(description="Null before its first letter")
    last_at: Utc | None
    replayed: int
    resolved: int
    died_again: int = Field(description="Open again")
    under_way: int
    discarded: int


class RunAnswer(BaseModel):
    """A run."""

    status: Literal["success"] = "success"
    data: RunProgress
