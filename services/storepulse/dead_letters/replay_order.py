"""The input of a replay run, and its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import jsonpatch

from storepulse.dead_letters.claims import RunPlace
from storepulse.dead_letters.index import Selection
from storepulse.dead_letters.requeue import Target


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """What to replay and how. `to` sends the events to a destination instead of the agents. `run`
    and `place` make this the next part of an earlier run."""

    selection: Selection
    actor: str
    patch: jsonpatch.JsonPatch | None = None
    to: Target | None = None
    limit: int | None = None
    per_second: float | None = None
    run: UUID | None = None
    place: RunPlace | None = None


@dataclass(frozen=True, slots=True)
class RehearsedLetter:
    """What a letter would be sent as: the topic or destination, and the bytes."""

    letter_id: UUID
    goes_to: str
    value: bytes | None


@dataclass
class ReplayTally:
    """The result of a run. `refused` maps letters to the reason why they could not be replayed."""

    sent: list[UUID] = field(default_factory=list)
    queued: list[UUID] = field(default_factory=list)
    delivered_before: list[UUID] = field(default_factory=list)
    refused: dict[UUID, str] = field(default_factory=dict)
    #: The first letters of a rehearsal.
    rehearsed: list[RehearsedLetter] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many letters the run has passed."""
        replayed = len(self.sent) + len(self.queued) + len(self.delivered_before)
        return replayed + len(self.refused)

    @property
    def ids(self) -> set[UUID]:
        """The letters that the run has passed."""
        return {*self.sent, *self.queued, *self.delivered_before, *self.refused}


#: Called with the tally after each group of letters.
Progress = Callable[[ReplayTally], None]
