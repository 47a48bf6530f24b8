"""Stores in commands' arguments: by id or domain."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from storepulse.adapters.postgres.sessions import Connection


def store_id_of(opened: Connection, store: str) -> UUID:
    """The id of a store by its id or domain. Raises UnknownObject, Rejected."""
    from storepulse.access.store_changes import find_id
    from storepulse.domain.identity import is_uuid

    return UUID(store) if is_uuid(store) else find_id(opened, store)
