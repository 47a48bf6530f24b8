"""Lists in pages: opaque cursors that name the last row seen, so that new rows shift no page.

A cursor is base64url of a JSON array: the list's name, then the sort key of the last row. It is
validated like any other input, because anyone can write one.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from storepulse.domain import json_values
from storepulse.domain.errors import Rejected

MAX_LIMIT = 500
_LEAST, _GREATEST = -(2**63), 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ALPHABET = re.compile(r"[A-Za-z0-9_-]{1,4096}").fullmatch


@dataclass(frozen=True)
class Position:
    """Sort key of a row: its time, then values that break ties."""

    at: datetime
    ids: tuple[str, ...]


def listing_of(name: str, store_id: UUID | None) -> str:
    """The name of a list of one store's rows, or of all stores' (None). A cursor is valid for
    one store only."""
    return name if store_id is None else f"{name} {store_id}"


def cursor_of(listing: str, position: Position) -> str:
    """The cursor of the page after `position`."""
    return _text_of([listing, (position.at - _EPOCH) // _MICROSECOND, *position.ids])


def position_of(
    listing: str, text: str, ids: int, *, uuids: bool = True, texts: int = 0
) -> Position:
    """The position in a cursor of `listing`: `ids`, then `texts` of any form.

    Raises Rejected if the cursor is not valid.
    """
    micros, *rest = _document_of(listing, text, 1 + ids + texts)
    try:
        if type(micros) is not int:
            raise _refusal()
        if not all(isinstance(part, str) and json_values.is_text(part) for part in rest):
            raise _refusal()
        most = ids if uuids else 0
        parts = (*(str(UUID(part)) for part in rest[:most]), *rest[most:])
        return Position(_EPOCH + micros * _MICROSECOND, parts)
    except (ValueError, OverflowError):
        raise _refusal() from None


def _text_of(document: list[Any]) -> str:
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _document_of(listing: str, text: str, parts: int) -> list[Any]:
    """The values after the list's name in a cursor of `listing`. Raises Rejected."""
    try:
        if _ALPHABET(text) is None:
            raise _refusal()
        document = json_values.read(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        rest: list[Any]
        name, *rest = document
    except (binascii.Error, ValueError, TypeError, OverflowError, Rejected):
        raise _refusal() from None
    if name != listing or len(rest) != parts:
        raise _refusal()
    return rest


def _refusal() -> Rejected:
    return Rejected("cursor", "is not a cursor that this list gave")


def cursor_of_place(listing: str, value: datetime | int | str, row_id: str) -> str:
    """The cursor of the page after the row with this id, in a list that is sorted by `value`."""
    if isinstance(value, datetime):
        value = (value - _EPOCH) // _MICROSECOND
    return _text_of([listing, value, row_id])


def place_of(
    listing: str, text: str, kind: type[int] | type[str], *, is_time: bool = False
) -> tuple[datetime | int | str, str]:
    """The value and the id in a cursor of `listing`.

    `kind`: of the value in the cursor, which is in microseconds if `is_time`. Raises Rejected if
    the cursor is not valid.
    """
    value, row_id = _document_of(listing, text, 2)
    if type(value) is not kind or not isinstance(row_id, str) or not json_values.is_text(row_id):
        raise _refusal()
    if isinstance(value, str):
        if not json_values.is_text(value):
            raise _refusal()
        return value, row_id
    if not _LEAST <= value <= _GREATEST:
        raise _refusal()
    if not is_time:
        return value, row_id
    try:
        return _EPOCH + value * _MICROSECOND, row_id
    except OverflowError:
        raise _refusal() from None
