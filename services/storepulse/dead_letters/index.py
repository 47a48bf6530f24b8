"""The index of dead letters in PostgreSQL: what it holds, listed, grouped, discarded, reopened.

Rules: a letter's own bytes never change; every change of its status leaves a line in its trail.
Functions take a connection in autocommit mode and open their own transactions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.statement import Statement
from storepulse.domain.errors import Rejected

Connection = psycopg.Connection[Any]
Status = Literal["open", "reprocessing", "resolved", "discarded"]
#: What a listing can ask for; quarantined letters are open ones that replays leave out.
Shown = Literal["open", "quarantined", "reprocessing", "resolved", "discarded", "all"]
SHOWN: tuple[Shown, ...] = (
    "open", "quarantined", "reprocessing", "resolved", "discarded", "all",
)  # fmt: skip

#: Letters of one page of an export.
EXPORT_ROWS = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters; None takes any."""

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
class Group:
    """Letters of one reason. Times are those at which the letters were made."""

    stream: str
    stage: str
    reason: str
    letters: int
    quarantined: int
    first_at: datetime
    last_at: datetime
    newest_id: UUID


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter with the record's own key, value and headers.

    Topic, partition and offset say where the record lay: in an ingest topic, in the events topic
    that a delivery came from, or in a dead-letter topic where another tool left it.
    """

    dead_letter_id: UUID
    stream: str
    stage: str
    status: Status
    reason: str
    field: str
    message: str
    topic: str
    topic_id: str
    partition: int
    offset: int
    store_id: UUID | None
    event_id: UUID | None
    destination_id: UUID | None
    received_at: datetime | None
    key: bytes | None
    value: bytes | None
    header_names: Sequence[str]
    header_values: Sequence[bytes | None]
    code_version: str
    replays: int
    created_at: datetime
    updated_at: datetime
    claimed_until: datetime | None
    quarantined_at: datetime | None

    @property
    def headers(self) -> list[tuple[str, bytes | None]]:
        """The record's headers, in their order."""
        return list(zip(self.header_names, self.header_values, strict=True))


@dataclass(frozen=True, slots=True)
class Action:
    """A line of a letter's trail."""

    action: str
    actor: str
    why: str
    details: Mapping[str, Any]
    at: datetime


def statements() -> Mapping[str, Statement]:
    """The statements of dead_letters.sql."""
    return named_sql("dead_letters/dead_letters")


def groups(connection: Connection, selection: Selection) -> list[Group]:
    """Letters by stream, stage and reason, the largest group first."""
    with connection.cursor(row_factory=class_row(Group)) as cursor:
        return cursor.execute(statements()["groups"], selection.parameters).fetchall()


def page(
    connection: Connection,
    selection: Selection,
    count: int,
    before: tuple[datetime, UUID] | None = None,
) -> list[Letter]:
    """The newest letters, or the newest of those before a letter's (created_at, id)."""
    at, letter_id = before or (None, None)
    place = {"before": at, "before_id": letter_id, "count": count}
    with connection.cursor(row_factory=class_row(Letter)) as cursor:
        statement = statements()["page"]
        return cursor.execute(statement, selection.parameters | place).fetchall()


def all_letters(connection: Connection, selection: Selection) -> Iterator[Letter]:
    """Every letter, newest first, fetched by pages."""
    before: tuple[datetime, UUID] | None = None
    while found := page(connection, selection, EXPORT_ROWS, before):
        yield from found
        before = (found[-1].created_at, found[-1].dead_letter_id)


def letter_of(connection: Connection, dead_letter_id: UUID) -> Letter:
    """One letter. Raises Rejected where there is none."""
    with connection.cursor(row_factory=class_row(Letter)) as cursor:
        found = cursor.execute(
            statements()["letter"], {"dead_letter_id": dead_letter_id}
        ).fetchone()
    if found is None:
        raise Rejected("id", f"there is no dead letter {dead_letter_id}")
    return found


def trail(connection: Connection, dead_letter_id: UUID) -> list[Action]:
    """What was done with a letter, oldest first."""
    with connection.cursor(row_factory=class_row(Action)) as cursor:
        return cursor.execute(
            statements()["actions"], {"dead_letter_id": dead_letter_id}
        ).fetchall()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many letters a selection has, and how many of them a replay or a discard would take."""

    letters: int
    replayable: int
    discardable: int


def count(connection: Connection, selection: Selection, now: datetime) -> Counts:
    """Counts a selection's letters."""
    with connection.cursor(row_factory=class_row(Counts)) as cursor:
        found = cursor.execute(
            statements()["counts"], selection.parameters | {"now": now}
        ).fetchone()
    assert found is not None  # noqa: S101 - an aggregate always has a row
    return found


def discard(
    connection: Connection, selection: Selection, *, why: str, actor: str, now: datetime
) -> list[UUID]:
    """Closes open letters without a replay; their ids.

    Letters that a replay holds are left to it. Raises Rejected without a reason.
    """
    if not why.strip():
        raise Rejected("why", "says why the letters are not wanted, and is empty")
    parameters = selection.parameters | {"why": why, "actor": actor, "now": now}
    with connection.transaction():
        rows = connection.execute(statements()["discard"], parameters).fetchall()
    return [row[0] for row in rows]


def reopen(
    connection: Connection,
    dead_letter_id: UUID,
    *,
    why: str,
    actor: str,
    now: datetime,
    store_id: UUID | None = None,
) -> None:
    """Opens a letter that was closed or quarantined. Raises Rejected for any other one."""
    parameters = {
        "ids": [dead_letter_id], "why": why, "actor": actor, "now": now, "store_id": store_id,
    }  # fmt: skip
    with connection.transaction():
        if connection.execute(statements()["reopen"], parameters).fetchall():
            return
    (state,) = states(connection, [dead_letter_id], store_id=store_id)
    raise Rejected("id", f"{dead_letter_id} {state}")


def states(
    connection: Connection, ids: Sequence[UUID], *, store_id: UUID | None = None
) -> list[str]:
    """Of each letter, its state in words: `is open`, `does not exist`, …"""
    rows = connection.execute(statements()["states"], {"ids": list(ids)}).fetchall()
    found = {row[0]: row for row in rows if store_id is None or row[4] == store_id}
    return [_in_words(found[one]) if one in found else "does not exist" for one in ids]


def _in_words(row: Sequence[Any]) -> str:
    _, status, quarantined, claimed_until, _ = row
    if status == "open":
        return (
            "is quarantined: it came back too often; reopen it first" if quarantined else "is open"
        )
    if status != "reprocessing":
        return f"is {status}"
    if claimed_until is None:
        return "waits for its delivery"
    return f"is being replayed, until {claimed_until.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
