"""Exposures: the unit that sees a variant, and the id of the event.

The unit of a test is the visitor, else the session. The id is derived from the exposure's content,
so that a page, a server and the gateway send the same event, however often, and it counts once.
"""

from __future__ import annotations

from uuid import UUID

from storepulse.domain.errors import Rejected
from storepulse.domain.identity import uuid5

#: The namespace of exposures' ids: UUIDv5 of the URL `urn:storepulse:exposure`. It never changes.
EXPOSURE_NAMESPACE = UUID("7fc4d0af-194a-5d99-aa04-7af411aa1d13")
_NAMESPACE = EXPOSURE_NAMESPACE.bytes
VISITOR = "v:"
SESSION = "s:"


def unit_of(visitor_id: str | None, session_id: str | None) -> str:
    """The unit for these ids. Raises Rejected if there is neither."""
    if visitor_id:
        return VISITOR + visitor_id
    if session_id:
        return SESSION + session_id
    raise Rejected("visitor_id", "is needed, or session_id")


def exposure_id(store_id: str, test_id: str, phase: int, unit: str, variant_id: str) -> str:
    """The id of the exposure of a unit to a variant; store and test are in canonical form.

    A variant's id contains no colon, so that names of different exposures differ.
    """
    return uuid5(_NAMESPACE, f"{store_id}:{test_id}:{phase}:{unit}:{variant_id}".encode())
