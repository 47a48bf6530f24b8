"""Removes destinations and fails their pending events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from storepulse.access.audit import write_entry
from storepulse.access.rules.administration import CLI
from storepulse.destinations.table.reads import count_pending
from storepulse.destinations.table.rows import Connection, UnknownDestination, read_rows, sql
from storepulse.domain.errors import Rejected

#: Events that are marked as failed in one transaction.
GROUP_ROWS = 5_000
_REMOVED = "the destination was removed"


def remove(
    connection: Connection,
    key: str,
    now: datetime,
    *,
    discard: bool = False,
    store_id: UUID | None = None,
    by: str = CLI.name,
) -> int:
    """Removes a destination and returns how many events were pending for it.

    Pending events become failed, with the reason, in groups. An interrupted call leaves the
    destination disabled, and the next call continues. Dead letters whose replays were pending are
    open again. Raises Rejected if events are pending and `discard` is False. `by` is the actor for
    the audit trail.
    """
    with connection.transaction():
        target = _target(connection, key, store_id) | {"now": now, "reason": _REMOVED, "by": by}
        pending = count_pending(connection, target)
        if pending and not discard:
            raise Rejected("destination", f"{pending} events wait for it and would not be sent")
        if pending:
            connection.execute(sql("stop"), target)
    discarded = group = _fail_waiting(connection, target, GROUP_ROWS) if pending else 0
    while group == GROUP_ROWS:
        discarded += (group := _fail_waiting(connection, target, GROUP_ROWS))
    with connection.transaction():
        # No queueing transaction runs from here on, so no row is left behind.
        connection.execute(sql("await_queueing"))
        if not discard and count_pending(connection, target):
            raise Rejected("destination", "events wait for it and would not be sent")
        discarded += _fail_waiting(connection, target, None)
        discarded += _count_of(connection.execute(sql("fail_batches"), target))
        connection.execute(sql("delete"), target)
        write_entry(
            connection, by, "destination.removed", target["destination_id"],
            store_id=target["store_id"], before={"name": target["name"]},
        )  # fmt: skip
    return discarded


def _fail_waiting(connection: Connection, target: Mapping[str, Any], count: int | None) -> int:
    with connection.transaction():
        connection.execute(sql("lock_first_claims"), target)
        return _count_of(connection.execute(sql("fail_waiting"), {**target, "count": count}))


def _count_of(answer: psycopg.Cursor[Any]) -> int:
    return sum(int(row[0]) for row in answer)


def _target(connection: Connection, key: str, store_id: UUID | None) -> dict[str, Any]:
    """Lock a destination. Returns its id, name and store. Raises UnknownDestination."""
    rows = read_rows(connection, "locked", {"key": key, "store_id": store_id})
    if not rows:
        raise UnknownDestination("destination", f"there is no destination {key!r}")
    return {name: rows[0][name] for name in ("destination_id", "name", "store_id")}
