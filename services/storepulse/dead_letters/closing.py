"""Letters closed without a replay, and opened again. Each change leaves a line in the trail.

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
    """Closes open letters without a replay; their ids.

    Letters that a replay holds are left to it. Raises Rejected without a reason.
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
    """Opens a letter that was closed or quarantined. Raises Rejected for any other one."""
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
    """Opens those letters that were closed or quarantined; their ids."""
    parameters = {
        "ids": list(ids), "why": why, "actor": actor, "now": now, "store_id": store_id,
    }  # fmt: skip
    with connection.transaction():
        rows = connection.execute(_SQL["reopen"], parameters).fetchall()
    return [row[0] for row in rows]
