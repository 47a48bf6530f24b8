"""Discards letters without a replay, and reopens them. Each change adds a line to the trail.

Functions take a connection in autocommit mode and open their own transactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.dead_letters.index import Selection, describe_states
from storepulse.domain.errors import Rejected

_SQL = named_sql("dead_letters/closing")


def discard(
    connection: psycopg.Connection[Any],
    selection: Selection,
    *,
    why: str,
    actor: str,
    now: datetime,
) -> list[UUID]:
    """Closes open letters without a replay. Returns their ids.

    Skips letters that a replay holds. Raises Rejected if `why` is empty.
    """
    if not why.strip():
        raise Rejected("why", "says why the letters are not wanted, and is empty")
    parameters = selection.parameters | {"why": why, "actor": actor, "now": now}
    with connection.transaction():
        rows = connection.execute(_SQL["discard"], parameters).fetchall()
    return [row[0] for row in rows]


def reopen(
    connection: psycopg.Connection[Any],
    dead_letter_id: UUID,
    *,
    why: str,
    actor: str,
    now: datetime,
    store_id: UUID | None = None,
) -> None:
    """Reopens a letter that was closed or quarantined. Raises Rejected for any other letter."""
    named = [dead_letter_id]
    if reopen_all(connection, named, why=why, actor=actor, now=now, store_id=store_id):
        return
    (state,) = describe_states(connection, [dead_letter_id], store_id=store_id)
    raise Rejected("id", f"{dead_letter_id} {state}")


def reopen_all(
    connection: psycopg.Connection[Any],
    ids: Sequence[UUID],
    *,
    why: str,
    actor: str,
    now: datetime,
    store_id: UUID | None = None,
) -> list[UUID]:
    """Reopens those letters that were closed or quarantined. Returns their ids."""
    parameters = {
        "ids": list(ids), "why": why, "actor": actor, "now": now, "store_id": store_id,
    }  # fmt: skip
    with connection.transaction():
        rows = connection.execute(_SQL["reopen"], parameters).fetchall()
    return [row[0] for row in rows]
