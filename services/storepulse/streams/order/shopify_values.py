"""Values of Shopify's bodies in the form that beacons take, or None if they are unreadable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from storepulse.domain.currencies import CURRENCIES
from storepulse.domain.emails import trimmed_email
from storepulse.domain.errors import Rejected

TEXT_CHARACTERS = 255
_BITS_OF_A_DIGIT = 4

Body = Mapping[str, Any]


def text_of(value: Any, most: int = TEXT_CHARACTERS) -> str | None:
    """Return text, or a number as text; None for other types, empty or too long text."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if isinstance(value, int) and value.bit_length() > _BITS_OF_A_DIGIT * most:
        return None  # Python refuses to format numbers of some thousand digits
    text = str(value).strip()
    return text if 0 < len(text) <= most and "\0" not in text else None


def currency_of(value: Any) -> str | None:
    """Return an ISO 4217 code in upper case, or None."""
    code = value.upper() if isinstance(value, str) else None
    return code if code in CURRENCIES else None


def moment_of(value: Any) -> str | None:
    """Return a time with a zone, as written; None if its year is not from 2001 to 2098."""
    try:
        at = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return None
    is_one = isinstance(value, str) and at.tzinfo is not None and 2000 < at.year < 2099
    return value if is_one else None


def address_of(value: Any) -> str | None:
    """Return an e-mail address, or None."""
    try:
        return trimmed_email("", value) if isinstance(value, str) else None
    except Rejected:
        return None


def object_of(body: Body, name: str) -> Body:
    """Return the object of a name, or an empty one."""
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def objects_of(body: Body, name: str) -> Iterator[Body]:
    """Yield the objects in the list of a name."""
    value = body.get(name)
    listed = value if isinstance(value, list) else []
    return (item for item in listed if isinstance(item, Mapping))
