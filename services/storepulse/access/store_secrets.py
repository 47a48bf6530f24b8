"""Administrators' changes to the secrets of stores.

At most two secrets of a kind are valid: the new one, and the previous one until senders have
switched. Secrets are sealed with the installation's key before they are stored; lists and the audit
trail do not contain them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from psycopg.rows import class_row

from storepulse.access.audit import write_entry
from storepulse.access.rules.administration import Caller, Conflict, UnknownObject
from storepulse.access.store_changes import find_store, lock_store
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection
from storepulse.adapters.secret_box import Secrets
from storepulse.domain.errors import Rejected
from storepulse.domain.store_secrets import SecretKind, check_secret

#: Most secrets of a kind that are valid at a time.
MOST_ACTIVE = 2
#: How long the previous secret stays valid.
USUAL_OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=30)

STATEMENTS = named_sql(
    "access/store_secrets",
    active="store_id now",
    locked="store_id kind now",
    insert="store_id kind sealed now added_by",
    retire="secret_ids retired_at",
    forget="store_id kind now",
)


class SealingBox(Protocol):
    """What seals secrets: `storepulse.adapters.secret_box`."""

    def seal(self, secrets: Secrets) -> bytes: ...
    def open(self, sealed: bytes) -> dict[str, list[str]]: ...


@dataclass(frozen=True, slots=True)
class SecretRow:
    """A secret for administrators. `retired_at`: when its validity ends, UTC; None: never by
    itself."""

    secret_id: UUID
    kind: SecretKind
    added_at: datetime
    added_by: str
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class EnteredSecret:
    """A secret to set. `overlap`: how much longer the previous one stays valid."""

    kind: SecretKind
    value: str = field(repr=False)
    overlap: timedelta = USUAL_OVERLAP


def list_secrets(
    connection: Connection, caller: Caller, store_id: UUID, now: datetime
) -> list[SecretRow]:
    """The valid secrets, the newest of a kind first. Raises UnknownObject, NotAllowed."""
    find_store(connection, caller, store_id)
    with connection.cursor(row_factory=class_row(SecretRow)) as cursor:
        asked = {"store_id": store_id, "now": now}
        return cursor.execute(STATEMENTS["active"], asked).fetchall()


def set_secret(
    connection: Connection,
    box: SealingBox,
    caller: Caller,
    store_id: UUID,
    new: EnteredSecret,
    now: datetime,
) -> None:
    """Add a secret, unless it is valid already.

    Raises Rejected, UnknownObject, NotAllowed, Misconfigured, and Conflict if two are valid.
    """
    kind, overlap = new.kind, new.overlap
    check_secret(kind, new.value)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        most = int(LONGEST_OVERLAP.total_seconds())
        raise Rejected("overlap", f"must be seconds from 0 to {most}")
    with connection.transaction():
        lock_store(connection, store_id)
        find_store(connection, caller, store_id)
        active = _active(connection, store_id, kind, now)
        if any(box.open(row["sealed"]).get(kind) == [new.value] for row in active):
            return
        if len(active) >= MOST_ACTIVE and overlap:
            reason = f"has {MOST_ACTIVE} secrets already; remove one, or state an overlap of 0"
            raise Conflict(kind, reason)
        _retire(connection, active, now + overlap)
        target = {"store_id": store_id, "kind": kind, "now": now}
        connection.execute(STATEMENTS["forget"], target)
        row = target | {"sealed": box.seal({kind: [new.value]}), "added_by": caller.name}
        connection.execute(STATEMENTS["insert"], row)
        after = {"kind": kind, "overlap": int(overlap.total_seconds())}
        write_entry(
            connection, caller.name, "store.secret_set", store_id, store_id=store_id, after=after
        )


def remove_secrets(
    connection: Connection,
    caller: Caller,
    store_id: UUID,
    kind: SecretKind,
    now: datetime,
    secret_id: UUID | None = None,
) -> None:
    """End the secrets of a kind at once, or the one with this id.

    Raises NotAllowed, and UnknownObject if there is none.
    """
    with connection.transaction():
        lock_store(connection, store_id)
        find_store(connection, caller, store_id)
        ended = [
            row
            for row in _active(connection, store_id, kind, now)
            if secret_id is None or row["secret_id"] == secret_id
        ]
        if not ended:
            raise UnknownObject("kind", f"there is no such secret of kind {kind}")
        _retire(connection, ended, now)
        target = {"store_id": store_id, "kind": kind, "now": now}
        connection.execute(STATEMENTS["forget"], target)
        before = {"kind": kind, "secrets": [str(row["secret_id"]) for row in ended]}
        write_entry(
            connection, caller.name, "store.secret_removed", store_id, store_id=store_id,
            before=before,
        )  # fmt: skip


def _active(
    connection: Connection, store_id: UUID, kind: SecretKind, now: datetime
) -> list[dict[str, Any]]:
    asked = {"store_id": store_id, "kind": kind, "now": now}
    rows = connection.execute(STATEMENTS["locked"], asked).fetchall()
    return [{"secret_id": secret_id, "sealed": sealed} for secret_id, sealed in rows]


def _retire(connection: Connection, rows: list[dict[str, Any]], retired_at: datetime) -> None:
    ids = [row["secret_id"] for row in rows]
    if ids:
        connection.execute(STATEMENTS["retire"], {"secret_ids": ids, "retired_at": retired_at})
