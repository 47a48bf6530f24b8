"""Destinations in PostgreSQL: loaded by delivery, written by administrators.

Rules: a destination is checked as a whole before it is written; its secrets are stored encrypted
and leave this module for delivery alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row

from storepulse.adapters.named_sql import named_sql
from storepulse.domain.delivery.model import Destination

Secrets = Mapping[str, Sequence[str]]


class Box(Protocol):
    """What encrypts secrets: `storepulse.adapters.secret_box`."""

    def seal(self, secrets: Secrets) -> bytes:
        """The secrets, encrypted with the newest key of the installation."""

    def open(self, sealed: bytes) -> Secrets:
        """What was sealed. Raises Misconfigured where no key of the installation opens it."""


def load_destinations(connection: psycopg.Connection[Any], box: Box) -> list[Destination]:
    """All destinations with their secrets, disabled ones too, by name.

    Raises Misconfigured where secrets were sealed with a key that the installation lacks.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(named_sql("destinations")["all"].encode()).fetchall()
    return [
        _destination(row, {} if row["secrets"] is None else box.open(row["secrets"]))
        for row in rows
    ]


def _destination(row: Mapping[str, Any], secrets: Secrets) -> Destination:
    store_id = row["store_id"]
    return Destination(
        destination_id=str(row["destination_id"]),
        name=row["name"],
        kind=row["kind"],
        status=row["status"],
        store_id=None if store_id is None else str(store_id),
        streams=frozenset(row["streams"]),
        types=frozenset(row["types"]),
        consent=frozenset(row["consent"]),
        include_bots=row["include_bots"],
        config=row["config"],
        secrets=secrets,
        ordered=row["ordered"],
        batch_events=row["batch_events"],
        batch_seconds=row["batch_seconds"],
        max_in_flight=row["max_in_flight"],
        rate_per_second=row["rate_per_second"],
        retry_seconds=tuple(row["retry_seconds"]),
        timeout_seconds=row["timeout_seconds"],
    )
