"""Outcomes of replays and deliveries: the letter is resolved, returns, or is discarded.

They are written in the transaction of the effect: the agents' slice, or the sender's outcomes. A
replay that was applied, or is a duplicate, resolves its letter. If it fails again, the letter
returns with one replay more, and no second letter is created. A letter that returned too often is
quarantined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.contracts.dead_letter_headers import ReplayMark
from storepulse.dead_letters.index import STATEMENTS
from storepulse.dead_letters.letter import NewLetter, row_of

_SQL = named_sql("dead_letters/outcomes")
_APPLIED = {"actor": "agents", "why": "its replay was applied"}
_DELIVERED = {"actor": "delivery", "why": "the destination has it"}


def settle_replays(
    cursor: psycopg.Cursor[Any],
    replays: Mapping[int, ReplayMark],
    dead: Mapping[int, NewLetter],
    max_replays: int,
    now: datetime,
) -> set[int]:
    """Writes the outcomes of a slice's replays. Returns the indexes of those that failed again.

    `dead` has the slice's dead records by index; all other replays were applied. If a failed
    replay's letter is not in this database, the caller must insert a new letter.
    """
    if not replays:
        return set()
    ids = sorted({replay.dead_letter_id for replay in replays.values()})
    # Lock in the order of the ids: slices of other partitions may have copies of these replays.
    rows = cursor.execute(_SQL["lock_letters"], {"ids": ids}).fetchall()
    letter_ids = {str(row[0]) for row in rows}
    applied = {r.dead_letter_id for i, r in replays.items() if i not in dead} & letter_ids
    if applied:
        cursor.execute(_SQL["resolve"], {"ids": sorted(applied), "now": now, **_APPLIED})
    returned = {
        i: replay
        for i, replay in replays.items()
        if i in dead and replay.dead_letter_id in letter_ids
    }
    parameters = [
        row_of(dead[i], now)
        | {
            "dead_letter_id": replay.dead_letter_id,
            "replays": replay.replays,
            "max_replays": max_replays,
        }
        for i, replay in returned.items()
    ]
    if parameters:
        cursor.executemany(_SQL["return_letter"], parameters)
    return set(returned)


async def fail_delivery(
    connection: psycopg.AsyncConnection[Any],
    letter: NewLetter,
    dead_letter_id: UUID | None,
    max_replays: int,
    now: datetime,
) -> tuple[UUID, int]:
    """Writes the letter of a failed delivery. Returns its id and how often it was replayed.

    `dead_letter_id` is the letter that the delivery was queued from, if any; that letter returns.
    """
    parameters = row_of(letter, now) | {
        "dead_letter_id": dead_letter_id,
        "max_replays": max_replays,
    }
    cursor = await connection.execute(_SQL["fail_delivery"], parameters)
    ((letter_id, replays),) = await cursor.fetchall()
    return letter_id, replays


def resolve_delivered(
    connection: psycopg.Connection[Any], ids: Sequence[UUID | None], now: datetime
) -> None:
    """Resolves letters whose destination has the event."""
    connection.execute(_SQL["resolve"], {"ids": list(ids), "now": now, **_DELIVERED})


async def resolve_sent(
    connection: psycopg.AsyncConnection[Any], ids: Sequence[UUID | None], now: datetime
) -> None:
    """The same on the sender's asynchronous connection."""
    await connection.execute(_SQL["resolve"], {"ids": list(ids), "now": now, **_DELIVERED})


async def discard_undeliverable(
    connection: psycopg.AsyncConnection[Any], ids: Sequence[UUID], why: str, now: datetime
) -> None:
    """Discards letters of events that their destination may not get any more."""
    parameters = {"ids": list(ids), "why": why, "now": now}
    await connection.execute(_SQL["discard_undeliverable"], parameters)


def count_outcomes(connection: psycopg.Connection[Any], ids: Sequence[UUID]) -> Counter[str]:
    """How many of these letters are resolved, returned, quarantined, discarded or still waiting."""
    counts: Counter[str] = Counter()
    rows = connection.execute(STATEMENTS["states"], {"ids": list(ids)}).fetchall()
    for _, status, is_quarantined, *_ in rows:
        if status == "open":
            counts["quarantined" if is_quarantined else "returned"] += 1
        else:
            counts["waiting" if status == "reprocessing" else status] += 1
    return counts
