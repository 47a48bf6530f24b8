"""Lists by pages: opaque cursors that name the last row seen, so that new rows move no page.

A cursor is base64url of a JSON array: the list's name, then the sort key of the last row. It is
checked like any other input, because anybody can write one.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from storepulse.domain import json_values
from storepulse.domain.errors import Rejected

MAX_LIMIT = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ALPHABET = re.compile(r"[A-Za-z0-9_-]{1,1024}").fullmatch


@dataclass(frozen=True)
class Position:
    """Sort key of a row: its time, then what tells rows of one moment apart."""

    at: datetime
    ids: tuple[str, ...]


def cursor_of(listing: str, position: Position) -> str:
    """The cursor of the page after `position`."""
    document = [listing, (position.at - _EPOCH) // _MICROSECOND, *position.ids]
    text = json.dumps(document, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def position_of(
    listing: str, text: str, ids: int, *, uuids: bool = True, texts: int = 0
) -> Position:
    """The position that a cursor of `listing` names: `ids`, then `texts` of any form.

    Raises Rejected for anything else.
    """
    refusal = Rejected("cursor", "is not a cursor that this list gave")
    if _ALPHABET(text) is None:
        raise refusal
    try:
        document = json_values.read(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        name, micros, *rest = document
        if name != listing or type(micros) is not int or len(rest) != ids + texts:
            raise refusal
        if not all(isinstance(part, str) and json_values.is_text(part) for part in rest):
            raise refusal
        most = ids if uuids else 0
        parts = (*(str(UUID(part)) for part in rest[:most]), *rest[most:])
        return Position(_EPOCH + micros * _MICROSECOND, parts)
    except (binascii.Error, ValueError, TypeError, OverflowError, Rejected):
        raise refusal from None
