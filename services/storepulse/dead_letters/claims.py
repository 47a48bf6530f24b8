"""Claims of letters by replay runs: in groups, oldest first, for a limited time.

A claim is committed before anything is sent, so that two runs never hold the same letter. The
letters of a run that died are free again when their claims end. A run takes each letter once: a
letter that returns during the run is left for the next run.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import class_row

from storepulse.adapters.clock import Clock
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.dead_letters.index import Selection
from storepulse.dead_letters.letter import Letter

#: How long a run may take from claiming a group until the broker has it.
CLAIM_SECONDS = 60.0
#: How long the agents may then take before another run may send the letter again.
OUTCOME_SECONDS = 600.0
_BEGINNING = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))
_SQL = named_sql("dead_letters/claims")


@dataclass(frozen=True, slots=True)
class RunPlace:
    """How far a run has come: it takes letters created before it began, behind a given letter."""

    started_at: datetime
    after: datetime
    after_id: UUID


class LetterClaims:
    """The letters of a selection that one run takes."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        selection: Selection,
        clock: Clock,
        run: UUID | None = None,
        place: RunPlace | None = None,
    ) -> None:
        """`run` is the run that this is a part of, None for a new run. `place` is where the part
        before this one ended."""
        self._connection = connection
        self._selection = selection
        self._clock = clock
        self._claimant = uuid4()
        self._run = run
        self._after = _BEGINNING if place is None else (place.after, place.after_id)
        self._started_at = clock() if place is None else place.started_at

    @property
    def run(self) -> UUID:
        """The id of the run in the letters' trails."""
        return self._run or self._claimant

    @property
    def place(self) -> RunPlace:
        """Where the next part of the run begins."""
        return RunPlace(self._started_at, *self._after)

    def claim(self, count: int) -> list[Letter]:
        """Claims the next letters; an empty list at the end of the run."""
        return self._read_next("claim", count)

    def peek(self, count: int) -> list[Letter]:
        """The next letters, without claiming them."""
        return self._read_next("peek", count)

    def release(self, ids: Collection[UUID]) -> None:
        """Frees those of the letters that the run still holds."""
        if ids:
            parameters = {"ids": list(ids), "claimant": self._claimant}
            self._connection.execute(_SQL["release"], parameters)

    def extend(self, ids: Collection[UUID]) -> None:
        """Extends the claims of letters that the broker has, so that the agents can settle them."""
        until = self._clock() + timedelta(seconds=OUTCOME_SECONDS)
        parameters = {"ids": list(ids), "claimant": self._claimant, "claimed_until": until}
        self._connection.execute(_SQL["extend"], parameters)

    def leave_to_delivery(self, ids: Collection[UUID]) -> None:
        """Holds letters that are queued for a destination until that delivery's outcome."""
        self._connection.execute(_SQL["leave_to_delivery"], {"ids": list(ids)})

    def record_replayed(
        self, ids: Collection[UUID], actor: str, details: Mapping[str, Any]
    ) -> None:
        """Adds a line with the run's id to the trail of each letter."""
        self._connection.execute(
            _SQL["record_replayed"],
            {
                "ids": list(ids),
                "actor": actor,
                "details": json.dumps({"run": str(self.run), **details}),
                "now": self._clock(),
            },
        )

    def _read_next(self, statement: str, count: int) -> list[Letter]:
        now = self._clock()
        after, after_id = self._after
        parameters = self._selection.parameters | {
            "now": now,
            "started_at": self._started_at,
            "after": after,
            "after_id": after_id,
            "run": self._run,
            "claimant": self._claimant,
            "claimed_until": now + timedelta(seconds=CLAIM_SECONDS),
            "count": count,
        }
        with self._connection.cursor(row_factory=class_row(Letter)) as cursor:
            letters = cursor.execute(_SQL[statement], parameters).fetchall()
        if letters:
            self._after = (letters[-1].created_at, letters[-1].dead_letter_id)
        return letters
