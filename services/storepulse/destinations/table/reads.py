"""Destinations as they are stored: all of them for delivery, single ones for administrators.

Secrets and the values of headers leave these modules for delivery alone. `key` is a destination's
name or id; `store_id` narrows to the destinations of one store.
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

    Raises Misconfigured where secrets were sealed with a key that the installation lacks.
    """
    return [open_row(row, box) for row in read_rows(connection, "all", {})]


def list_destinations(
    connection: Connection, key: str | None = None, store_id: UUID | None = None
) -> list[DestinationRow]:
    """The destinations as administrators see them, by name."""
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
    """Events that wait for the destination, in batches or not."""
    return int(read_rows(connection, "count_pending", target)[0]["pending"])
