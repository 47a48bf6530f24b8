"""Replays of dead letters among a slice's records: what came of each goes to its letter.

In the slice's transaction: a replay that was applied, or is a duplicate by now, resolves its
letter; one that dies again returns to it with its replays counted, instead of making another one.
Which record is a replay, its headers say; the gateway's records have none and cost but a look.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from storepulse import __version__
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.agents.dead_letters import told
from storepulse.agents.preparation import DecodedSlice
from storepulse.contracts.dead_letter_headers import Replay, replay_of
from storepulse.slices.ledger import SourcePartition
from storepulse.slices.slice import Slice

_SQL = named_sql("dead_letters/dead_letters")


def replays_of_slice(piece: Slice, places: Sequence[int]) -> dict[int, Replay]:
    """The replays among the records at these places."""
    headers = piece.headers
    if not any(headers):
        return {}
    read = ((i, replay_of(headers[i])) for i in places if headers[i])
    return {i: replay for i, replay in read if replay is not None}


def settle(
    cursor: psycopg.Cursor[Any],
    prepared: DecodedSlice,
    found: dict[int, Replay],
    source: SourcePartition,
    max_replays: int,
    now: datetime,
) -> set[int]:
    """Writes what came of the replays; the places of those that returned to a letter.

    A dead record whose letter is not in this database is for the caller to keep.
    """
    if not found:
        return set()
    ids = sorted({replay.dead_letter_id for replay in found.values()})
    # All of them in one order: slices of other partitions may hold copies of the same replays.
    rows = cursor.execute(_SQL["lock_letters"], {"ids": ids}).fetchall()
    known = {str(row[0]) for row in rows}
    dead = {d.index: d for d in prepared.dead}
    applied = {r.dead_letter_id for i, r in found.items() if i not in dead} & known
    if applied:
        cursor.execute(_SQL["resolve_letters"], {"ids": sorted(applied), "now": now})
    returned = {i: r for i, r in found.items() if i in dead and r.dead_letter_id in known}
    parameters = [
        source.parameters
        | {
            "dead_letter_id": replay.dead_letter_id,
            "replays": replay.replays,
            "max_replays": max_replays,
            "offset": prepared.slice.offsets[i],
            "stage": dead[i].stage,
            "reason": dead[i].reason,
            "field": dead[i].field,
            "message": told(dead[i]),
            "store_id": dead[i].store_id,
            "event_id": dead[i].event_id,
            "received_at": dead[i].received_at,
            "code_version": __version__,
            "now": now,
        }
        for i, replay in returned.items()
    ]
    if parameters:
        cursor.executemany(_SQL["return_letter"], parameters)
    return set(returned)
