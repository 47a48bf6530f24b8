"""The index of dead letters in PostgreSQL: inserts, lists, groups and counts letters.

Functions take a connection in autocommit mode, or a cursor inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.dead_letters.letter import Letter, NewLetter, row_of
from storepulse.domain.errors import Rejected
from storepulse.domain.id_prefix import id_range_of, only_id

#: What a listing can show. Quarantined letters are open letters that replays skip.
Shown = Literal["open", "quarantined", "reprocessing", "resolved", "discarded", "all"]
SHOWN: tuple[Shown, ...] = get_args(Shown)
STATEMENTS = named_sql("dead_letters/index")

#: How many letters are named if an id's prefix is ambiguous.
MOST_ALIKE = 5

#: Letters of one page of an export.
EXPORT_ROWS = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter of letters; None matches any value."""

    ids: Sequence[UUID] | None = None
    stream: str | None = None
    stage: str | None = None
    reason: str | None = None
    store_id: UUID | None = None
    destination_id: UUID | None = None
    since: datetime | None = None
    shown: Shown = "all"

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the fragment `filter`."""
        quarantined, statuses = None, [self.shown]
        if self.shown == "quarantined":
            quarantined, statuses = True, ["open"]
        return {
            "ids": None if self.ids is None else list(self.ids),
            "stream": self.stream,
            "stage": self.stage,
            "reason": self.reason,
            "store_id": self.store_id,
            "destination_id": self.destination_id,
            "since": self.since,
            "statuses": None if self.shown == "all" else statuses,
            "quarantined": quarantined,
        }


@dataclass(frozen=True, slots=True)
class LetterGroup:
    """The letters of one stream, stage and reason. Times are when letters were created."""

    stream: str
    stage: str
    reason: str
    letters: int
    quarantined: int
    first_at: datetime
    last_at: datetime
    newest_id: UUID


@dataclass(frozen=True, slots=True)
class LetterCounts:
    """How many letters a selection has, and how many a replay or a discard would take."""

    letters: int
    replayable: int
    discardable: int


@dataclass(frozen=True, slots=True)
class Action:
    """A line of a letter's trail."""

    action: str
    actor: str
    why: str
    details: Mapping[str, Any]
    at: datetime


def insert_letters(
    cursor: psycopg.Cursor[Any], letters: Iterable[NewLetter], now: datetime
) -> None:
    """Inserts new letters, created `now`. Skips records that have a letter already."""
    rows = [row_of(letter, now) for letter in letters]
    if rows:
        cursor.executemany(STATEMENTS["insert_letter"], rows)


def read_groups(connection: psycopg.Connection[Any], selection: Selection) -> list[LetterGroup]:
    """Letters by stream, stage and reason, the largest group first."""
    with connection.cursor(row_factory=class_row(LetterGroup)) as cursor:
        return cursor.execute(STATEMENTS["groups"], selection.parameters).fetchall()


def read_page(
    connection: psycopg.Connection[Any],
    selection: Selection,
    count: int,
    before: tuple[datetime, UUID] | None = None,
) -> list[Letter]:
    """The newest letters, or the newest of those before a letter's (created_at, id)."""
    at, letter_id = before or (None, None)
    page = {"before": at, "before_id": letter_id, "count": count}
    with connection.cursor(row_factory=class_row(Letter)) as cursor:
        return cursor.execute(STATEMENTS["page"], selection.parameters | page).fetchall()


def read_all(connection: psycopg.Connection[Any], selection: Selection) -> Iterator[Letter]:
    """Every letter, newest first, fetched by pages."""
    before: tuple[datetime, UUID] | None = None
    while letters := read_page(connection, selection, EXPORT_ROWS, before):
        yield from letters
        before = (letters[-1].created_at, letters[-1].dead_letter_id)


def read_letter(connection: psycopg.Connection[Any], dead_letter_id: UUID) -> Letter:
    """One letter. Raises Rejected if there is none."""
    with connection.cursor(row_factory=class_row(Letter)) as cursor:
        letter = cursor.execute(STATEMENTS["letter"], {"dead_letter_id": dead_letter_id}).fetchone()
    if letter is None:
        raise Rejected("id", f"there is no dead letter {dead_letter_id}")
    return letter


def resolve_id(connection: psycopg.Connection[Any], text: str) -> UUID:
    """The letter whose id begins with `text`. Raises Rejected if there is none, or several."""
    first, last = id_range_of(text)
    rows = connection.execute(
        STATEMENTS["ids_between"], {"first": first, "last": last, "count": MOST_ALIKE}
    ).fetchall()
    return only_id(text, [row[0] for row in rows], "dead letter")


def read_trail(connection: psycopg.Connection[Any], dead_letter_id: UUID) -> list[Action]:
    """What was done with a letter, oldest first."""
    with connection.cursor(row_factory=class_row(Action)) as cursor:
        return cursor.execute(STATEMENTS["trail"], {"dead_letter_id": dead_letter_id}).fetchall()


def count_letters(
    connection: psycopg.Connection[Any], selection: Selection, now: datetime
) -> LetterCounts:
    """Counts a selection's letters."""
    parameters = selection.parameters | {"now": now}
    with connection.cursor(row_factory=class_row(LetterCounts)) as cursor:
        counts = cursor.execute(STATEMENTS["counts"], parameters).fetchone()
    assert counts is not None  # noqa: S101 - an aggregate always has a row
    return counts


def count_open(connection: psycopg.Connection[Any]) -> dict[tuple[str, str], int]:
    """Open letters by (stream, reason), for the 200 most frequent pairs."""
    rows = connection.execute(STATEMENTS["open_counts"]).fetchall()
    return {(stream, reason): letters for stream, reason, letters in rows}


def describe_states(
    connection: psycopg.Connection[Any], ids: Sequence[UUID], *, store_id: UUID | None = None
) -> list[str]:
    """The state of each letter in words: `is open`, `does not exist`, …"""
    rows = connection.execute(STATEMENTS["states"], {"ids": list(ids)}).fetchall()
    row_by_id = {row[0]: row for row in rows if store_id is None or row[4] == store_id}
    return [
        _describe(row_by_id[letter_id]) if letter_id in row_by_id else "does not exist"
        for letter_id in ids
    ]


def _describe(row: Sequence[Any]) -> str:
    _, status, is_quarantined, claimed_until, _ = row
    if status == "open" and is_quarantined:
        return "is quarantined: it came back too often; reopen it first"
    if status != "reprocessing":
        return f"is {status}"
    if claimed_until is None:
        return "waits for its delivery"
    return f"is being replayed, until {claimed_until.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
