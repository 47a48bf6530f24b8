"""The audit trail of administration: who changed what, and when.

An entry is written in the transaction of its change, so that neither exists without the other.
Entries never contain a key or a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from storepulse.adapters.postgres.named_sql import named_sql

STATEMENTS = named_sql(
    "access/audit",
    write="who store_id action object change",
    page="store_id object before before_id count",
)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change. `action`: such as `key.revoked`; `object`: the id of the changed object;
    `change`: the fields that differ, in `from` and `to`."""

    audit_id: UUID
    at: datetime
    who: str
    store_id: UUID | None
    action: str
    object: str
    change: dict[str, Any]


def write_entry(
    connection: psycopg.Connection[Any],
    who: str,
    action: str,
    target: UUID | str,
    *,
    store_id: UUID | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry with the differences between `before` and `after`."""
    old, new = before or {}, after or {}
    differs = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    change = {
        side: {name: values[name] for name in differs if name in values}
        for side, values in (("from", old), ("to", new))
        if values
    }
    connection.execute(
        STATEMENTS["write"],
        {
            "who": who,
            "store_id": store_id,
            "action": action,
            "object": str(target),
            "change": Jsonb(change),
        },
    )


def list_entries(
    connection: psycopg.Connection[Any],
    count: int,
    *,
    store_id: UUID | None = None,
    target: str | None = None,
) -> list[AuditEntry]:
    """The newest entries, newest first, optionally of one store or one object."""
    parameters = {
        "store_id": store_id, "object": target, "before": None, "before_id": None, "count": count
    }  # fmt: skip
    with connection.cursor(row_factory=class_row(AuditEntry)) as cursor:
        return cursor.execute(STATEMENTS["page"], parameters).fetchall()
