"""Requests of the dead-letter paths."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from storepulse.dead_letters import index
from storepulse.dead_letters.patch import MAX_OPERATIONS
from storepulse.query import pages
from storepulse.query.access import Reader
from storepulse.query.wire import Instant, Json, Text

#: Most letters that one request replays or names; it returns once the broker has them.
MAX_LETTERS = 1_000


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
        """The letters that match and that the sender may see."""
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
    """Which letters, also by status."""

    status: index.Shown = Field(
        "open", description="Quarantined letters are open ones that filters of a replay leave out"
    )


class ListedFilter(ShownFilter):
    """Which letters, in pages."""

    limit: int = Field(50, ge=1, le=pages.MAX_LIMIT, description="Most letters of the answer")
    cursor: str | None = Field(
        None, max_length=1024, description="`next_cursor` of the page before this one"
    )


class LetterChoice(BaseModel):
    """Letters by ids, by a filter, or all; one of the three."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_LETTERS)] | None = None
    filter: LetterFilter | None = None
    all: bool = False

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if (self.ids is not None) + (self.filter is not None) + self.all != 1:
            raise PydanticCustomError("range", "requires ids, filter or all", {"field": "ids"})
        return self

    def selection(self, reader: Reader) -> index.Selection:
        """The chosen letters that the sender may change."""
        return (self.filter or LetterFilter.model_construct()).selection(reader, ids=self.ids)


class ReplayRequest(LetterChoice):
    """What to replay and how."""

    patch: list[Json] | None = Field(
        None,
        max_length=MAX_OPERATIONS,
        description="RFC 6902, for each event; its identity cannot change",
    )
    to_destination: Text | None = Field(
        None, description="Deliver the events there, instead of sending them to the agents"
    )
    max: int = Field(MAX_LETTERS, ge=1, le=MAX_LETTERS, description="Most letters")
    dry_run: bool = Field(False, description="Say what would be replayed, and touch nothing")
    run: UUID | None = Field(
        None, description="Of several requests one run: it passes each letter once"
    )
    cursor: str | None = Field(
        None, max_length=1024, description="`next_cursor` of the part before, of the same run"
    )


class DiscardRequest(LetterChoice):
    """What to close without a replay."""

    why: Text = Field(description="Kept in the letters' trail")
    dry_run: bool = Field(False, description="Count them, and touch nothing")


class ReopenRequest(BaseModel):
    """Letters to reopen, which were closed or quarantined."""

    model_config = ConfigDict(extra="forbid")

    id: UUID | None = None
    ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_LETTERS)] | None = None
    why: str = Field("", max_length=2048, pattern=r"^[^\u0000]*$")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.id is None) == (self.ids is None):
            raise PydanticCustomError("range", "requires id or ids", {"field": "id"})
        return self
