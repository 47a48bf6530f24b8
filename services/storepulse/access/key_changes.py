"""Administrators' changes to keys: create, change, rotate, revoke. All are in the audit trail.

A rotated key stays valid next to the new one until it is revoked, or for a given time. At most two
keys of a line are active.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from storepulse.access import keys
from storepulse.access.audit import write_entry
from storepulse.access.keys import KeyDeclaration
from storepulse.access.rules import administration as rules
from storepulse.access.rules.administration import Caller, Conflict, UnknownObject
from storepulse.access.rules.origins import normal_origins
from storepulse.access.store_changes import find_store
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.errors import Rejected


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key for administrators, without its value. `status`: active, expired, revoked.

    `line_id`: the first key of its line.
    """

    key_id: UUID
    line_id: UUID
    kind: str
    hint: str
    name: str | None
    store_id: UUID | None
    scopes: list[str]
    origins: list[str]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    status: str


def find_key(connection: Connection, caller: Caller, key_id: UUID) -> KeyRow:
    """One key. Raises UnknownObject, NotAllowed."""
    return _read(connection, "key", caller, key_id)


def list_keys(connection: Connection, store_id: UUID | None, *, with_ended: bool) -> list[KeyRow]:
    """All keys, or those of a store, newest first."""
    parameters = {
        "store_id": store_id, "with_ended": with_ended, "before": None, "before_id": None,
        "count": None,
    }  # fmt: skip
    with connection.cursor(row_factory=class_row(KeyRow)) as cursor:
        return cursor.execute(keys.STATEMENTS["page"], parameters).fetchall()


def create_key(
    connection: Connection,
    caller: Caller,
    now: datetime,
    declared: KeyDeclaration,
    expires_in: int | None = None,
) -> tuple[KeyRow, str]:
    """Create a key. Returns it with its value, which cannot be read again. Raises Rejected,
    NotAllowed."""
    rules.check_expires_in(expires_in)
    checked = replace(
        declared,
        scopes=rules.normal_scopes(declared.kind, declared.scopes),
        origins=normal_origins("origins", declared.origins),
        name=rules.normal_name(declared.name),
        expires_at=None if expires_in is None else now + timedelta(seconds=expires_in),
    )
    rules.check_minting(caller, checked.scopes, checked.store_id)
    key = keys.new_key(checked.kind)
    with connection.transaction():
        if checked.store_id is not None:
            try:
                find_store(connection, caller, checked.store_id)
            except UnknownObject:
                raise Rejected("store_id", "is not a known store; make it first") from None
        key_id = keys.insert_key(connection, key, checked, caller.name)
        return find_key(connection, caller, key_id), key


def change_key(
    connection: Connection, caller: Caller, key_id: UUID, changes: dict[str, Any]
) -> KeyRow:
    """Change `name` and `origins`, as far as given. Raises Rejected, UnknownObject, NotAllowed."""
    with connection.transaction():
        before = _lock_active(connection, caller, key_id)
        old = {"name": before.name, "origins": before.origins}
        new = dict(old)
        if "name" in changes:
            new["name"] = rules.normal_name(changes["name"])
        if "origins" in changes:
            new["origins"] = normal_origins("origins", changes["origins"])
        if new != old:
            connection.execute(keys.STATEMENTS["update"], new | {"key_id": key_id})
            write_entry(
                connection, caller.name, "key.changed", key_id, store_id=before.store_id,
                before=old, after=new,
            )  # fmt: skip
        return find_key(connection, caller, key_id)


def rotate_key(
    connection: Connection,
    caller: Caller,
    key_id: UUID,
    now: datetime,
    expires_in: int | None = None,
) -> tuple[KeyRow, str]:
    """Create a key with the same rights. The old one expires after `expires_in` seconds, or
    stays valid until it is revoked. Raises Rejected, UnknownObject, NotAllowed, Conflict."""
    rules.check_expires_in(expires_in)
    with connection.transaction():
        old = _lock_active(connection, caller, key_id)
        rules.check_minting(caller, old.scopes, old.store_id)
        row = connection.execute(
            keys.STATEMENTS["count_active"], {"line_id": old.line_id}
        ).fetchone()
        assert row is not None  # noqa: S101 - a count always has its row
        if row[0] >= rules.ACTIVE_IN_LINE:
            raise Conflict("key_id", "was rotated and both keys are active; revoke one first")
        key = keys.new_key(old.kind)
        alike = KeyDeclaration(old.kind, old.scopes, old.store_id, old.origins, old.name)
        new_id = keys.insert_key(connection, key, alike, caller.name, old.line_id)
        after: dict[str, Any] = {"replaced_by": str(new_id)}
        if expires_in is not None:
            end = now + timedelta(seconds=expires_in)
            after["expires_at"] = end.isoformat()
            connection.execute(keys.STATEMENTS["end_at"], {"key_id": key_id, "expires_at": end})
        write_entry(
            connection, caller.name, "key.rotated", key_id, store_id=old.store_id, after=after
        )
        return find_key(connection, caller, new_id), key


def revoke_key(connection: Connection, caller: Caller, key_id: UUID) -> KeyRow:
    """Revoke a key; a revoked one stays as it is. Raises UnknownObject, NotAllowed, Conflict."""
    with connection.transaction():
        find_key(connection, caller, key_id)
        rules.check_revoking(caller, key_id)
        keys.revoke(connection, key_id, caller.name)
        return find_key(connection, caller, key_id)


def _lock_active(connection: Connection, caller: Caller, key_id: UUID) -> KeyRow:
    key = _read(connection, "locked", caller, key_id)
    if key.status != "active":
        raise Conflict("key_id", f"is {key.status}")
    return key


def _read(connection: Connection, statement: str, caller: Caller, key_id: UUID) -> KeyRow:
    with connection.cursor(row_factory=class_row(KeyRow)) as cursor:
        key = cursor.execute(keys.STATEMENTS[statement], {"key_id": key_id}).fetchone()
    if key is None:
        raise UnknownObject("key_id", f"there is no key {key_id}")
    rules.check_store(caller, key.store_id)
    return key
