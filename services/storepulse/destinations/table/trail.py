"""Writes administrators' changes of destinations to the audit trail, without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from storepulse.access.audit import write_entry
from storepulse.destinations.table.reads import list_destinations
from storepulse.destinations.table.rows import Connection, DestinationRow


@contextmanager
def audited(
    connection: Connection, by: str, action: str, key: str, store_id: UUID | None = None
) -> Iterator[None]:
    """A transaction for one change of a destination, which adds an entry to the audit trail.

    `key` is its name or id. If the destination does not exist afterwards, no entry is written.
    """
    with connection.transaction():
        before = _find(connection, key, store_id)
        yield
        identity = key if before is None else before.destination.destination_id
        after = _find(connection, identity)
        if after is not None:
            target = after.destination
            write_entry(
                connection, by, f"destination.{action}", target.destination_id,
                store_id=None if target.store_id is None else UUID(target.store_id),
                before=_shown_fields(before), after=_shown_fields(after),
            )  # fmt: skip


def _find(connection: Connection, key: str, store_id: UUID | None = None) -> DestinationRow | None:
    return next(iter(list_destinations(connection, key, store_id)), None)


def _shown_fields(entry: DestinationRow | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    fields = {
        name: getattr(entry.destination, name)
        for name in type(entry.destination).__dataclass_fields__
        if name not in ("destination_id", "secrets", "config")
    }
    lists = {
        name: sorted(value) if isinstance(value, frozenset) else list(value)
        for name, value in fields.items()
        if isinstance(value, frozenset | tuple)
    }
    return {**fields, **lists, "config": entry.shown_config}
