"""What the paths of dead letters take and answer."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from storepulse.dead_letters import index
from storepulse.query import pages
from storepulse.query.access import Reader
from storepulse.query.wire import Instant, Json, Text

#: Letters that one request replays or names: it is answered when the broker has them.
MOST_LETTERS = 1_000


class LetterFilter(BaseModel):
    """Which letters."""

    model_config = ConfigDict(extra="forbid")

    stream: Text | None = Field(None, description="This stream only")
    stage: Text | None = Field(None, description="What failed there only", examples=["store"])
    reason: Text | None = Field(None, description="This reason only, as a group names it")
    store_id: UUID | None = Field(None, description="This store only")
    destination_id: UUID | None = Field(None, description="What this destination refused only")
    since: Instant | None = Field(None, description="Letters made since then only")

    def selection(
        self, reader: Reader, shown: index.Shown = "all", ids: list[UUID] | None = None
    ) -> index.Selection:
        """The letters that the sender asks for and may see."""
        return index.Selection(
            ids=ids,
            stream=self.stream,
            stage=self.stage,
            reason=self.reason,
            store_id=reader.store(self.store_id),
            destination_id=self.destination_id,
            since=self.since,
            shown=shown,
        )


class ShownFilter(LetterFilter):
    """Which letters, by their status too."""

    status: index.Shown = Field(
        "open", description="Quarantined letters are open ones that filters of a replay leave out"
    )


class ListedFilter(ShownFilter):
    """Which letters, by pages."""

    limit: int = Field(50, ge=1, le=pages.MAX_LIMIT, description="Most letters of the answer")
    cursor: str | None = Field(
        None, max_length=1024, description="`next_cursor` of the page before this one"
    )


class Source(BaseModel):
    """Where the record lay."""

    topic: str
    partition: int
    offset: int


class LetterSummary(BaseModel):
    """A dead letter."""

    id: UUID
    stream: str
    stage: str = Field(examples=["decode", "validate", "store", "match", "delivery", "foreign"])
    status: Literal["open", "reprocessing", "resolved", "discarded"]
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


class Origin(BaseModel):
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
    origin: Origin | None = None
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


class Chosen(BaseModel):
    """Letters by ids, by a filter, or all; one of the three."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_LETTERS)] | None = None
    filter: LetterFilter | None = None
    all: bool = False

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if (self.ids is not None) + (self.filter is not None) + self.all != 1:
            raise PydanticCustomError("range", "wants ids, filter or all", {"field": "ids"})
        return self

    def selection(self, reader: Reader) -> index.Selection:
        """The letters that the sender chose and may change."""
        return (self.filter or LetterFilter.model_construct()).selection(reader, ids=self.ids)


class ReplayRequest(Chosen):
    """What to replay and how."""

    patch: list[Json] | None = Field(
        None, max_length=200, description="RFC 6902, for each event; its identity cannot change"
    )
    to_destination: Text | None = Field(
        None, description="Deliver the events there, instead of sending them to the agents"
    )
    max: int = Field(MOST_LETTERS, ge=1, le=MOST_LETTERS, description="Most letters")
    dry_run: bool = Field(False, description="Say what would be replayed, and touch nothing")


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


class DiscardRequest(Chosen):
    """What to close without a replay."""

    why: Text = Field(description="Kept in the letters' trail")
    dry_run: bool = Field(False, description="Count them, and touch nothing")


class DiscardResult(BaseModel):
    """What was closed."""

    dry_run: bool
    discarded: int
    skipped: dict[str, str] = Field(description="Letter named by its id -> why it was left out")


class DiscardAnswer(BaseModel):
    """What was closed."""

    status: Literal["success"] = "success"
    data: DiscardResult


class ReopenRequest(BaseModel):
    """A letter that was closed or quarantined."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    why: str = Field("", max_length=2048, pattern=r"^[^\u0000]*$")


class ReopenAnswer(BaseModel):
    """The letter is open."""

    status: Literal["success"] = "success"
    id: UUID
