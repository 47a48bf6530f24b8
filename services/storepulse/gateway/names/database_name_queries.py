"""Read the names that are in the figures, as sorted 64-bit hashes."""

from __future__ import annotations

import hashlib
import sys
from array import array
from typing import Any

from storepulse.adapters.postgres import sessions
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection, SessionOptions

HASH_BYTES = 8
#: Rows to read for a store's selectors, and for its pages by day.
_ROWS = 500_000

_SQL = named_sql("gateway/names/database_names")


def hash_of_name(name: str) -> int:
    """The hash of a name as in the statements: the first bytes of its SHA-256."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:HASH_BYTES])


def connect(dsn: str) -> Connection:
    """Connect for the reads below, with detection of a dead server."""
    options = SessionOptions(name="storepulse-gateway-names", connect_seconds=3, is_read_only=True)
    return sessions.connect(dsn, options)


def recent_stores(connection: Connection, count: int) -> list[str]:
    """The most recently active stores, newest first."""
    rows = _rows(connection, "recent_stores", {"stores": count})
    return [store_id for (store_id,) in rows]


def hashes_of_kind(
    connection: Connection, kind: str, names: int, store_id: str | None = None
) -> array[int]:
    """Sorted hashes of a kind's names, at most `names`.

    `store` and `landing_page` are for all stores together, the others for one.
    """
    parameters = {"store_id": store_id, "names": names, "rows": _ROWS}
    ((stored,),) = _rows(connection, kind, parameters)
    hashes = array("Q", stored or b"")
    if sys.byteorder == "little":
        hashes.byteswap()
    return hashes


def _rows(connection: Connection, name: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement in a transaction of its own, so that its settings do not stay in a pooled
    connection."""
    with connection.transaction():
        connection.execute(_SQL["limit"])
        return connection.execute(_SQL[name], parameters, binary=True).fetchall()
