"""Reads destinations: all of them for delivery, single ones for administrators.

Lists for administrators have neither secrets nor header values. `key` is a destination's name or
id; `store_id` limits the result to the destinations of one store.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from storepulse.destinations.rules.model import Destination
from storepulse.destinations.table.rows import (
    Box,
    Connection,
    DestinationRow,
    UnknownDestination,
    destination_of,
    open_row,
    read_rows,
)


def load_destinations(connection: Connection, box: Box) -> list[Destination]:
    """All destinations with their secrets, disabled ones too, by name.

    Raises Misconfigured if secrets were sealed with a key that the installation does not have.
    """
    return [open_row(row, box) for row in read_rows(connection, "all", {})]


def list_destinations(
    connection: Connection, key: str | None = None, store_id: UUID | None = None
) -> list[DestinationRow]:
    """The destinations without their secrets, by name."""
    rows = read_rows(connection, "listed", {"key": key, "store_id": store_id})
    return [
        DestinationRow(
            destination=destination_of(row, {}),
            **{
                name: row[name]
                for name in DestinationRow.__dataclass_fields__
                if name != "destination"
            },
        )
        for row in rows
    ]


def find_destination(
    connection: Connection, key: str, store_id: UUID | None = None
) -> DestinationRow:
    """One destination. Raises UnknownDestination."""
    rows = list_destinations(connection, key, store_id)
    if not rows:
        raise UnknownDestination("destination", f"there is no destination {key!r}")
    return rows[0]


def load_destination(
    connection: Connection, box: Box, key: str, store_id: UUID | None = None
) -> Destination:
    """One destination with its secrets. Raises UnknownDestination, Misconfigured."""
    with connection.transaction():
        return lock_destination(connection, box, key, store_id)


def lock_destination(
    connection: Connection, box: Box, key: str, store_id: UUID | None = None
) -> Destination:
    """A destination with its secrets, its row locked. Raises UnknownDestination, Misconfigured."""
    rows = read_rows(connection, "locked", {"key": key, "store_id": store_id})
    if not rows:
        raise UnknownDestination("destination", f"there is no destination {key!r}")
    return open_row(rows[0], box)


def count_pending(connection: Connection, target: Mapping[str, Any]) -> int:
    """The number of pending events of a destination, in batches or not."""
    return int(read_rows(connection, "count_pending", target)[0]["pending"])
