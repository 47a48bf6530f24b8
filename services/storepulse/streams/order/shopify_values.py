"""Values of Shopify's bodies: each as its beacon takes it, or None where it cannot be read."""

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
    """Text, or a number as text; None for anything else, for nothing, and for what is too long."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if isinstance(value, int) and value.bit_length() > _BITS_OF_A_DIGIT * most:
        return None  # Python writes none of some thousand digits
    text = str(value).strip()
    return text if 0 < len(text) <= most and "\0" not in text else None


def currency_of(value: Any) -> str | None:
    """An ISO 4217 code in upper case."""
    code = value.upper() if isinstance(value, str) else None
    return code if code in CURRENCIES else None


def moment_of(value: Any) -> str | None:
    """A time with a zone, as it was written; none of another century."""
    try:
        at = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return None
    is_one = isinstance(value, str) and at.tzinfo is not None and 2000 < at.year < 2099
    return value if is_one else None


def address_of(value: Any) -> str | None:
    """An e-mail address."""
    try:
        return trimmed_email("", value) if isinstance(value, str) else None
    except Rejected:
        return None


def object_of(body: Body, name: str) -> Body:
    """The object of a name; an empty one where there is none."""
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def objects_of(body: Body, name: str) -> Iterator[Body]:
    """The objects in the list of a name."""
    value = body.get(name)
    listed = value if isinstance(value, list) else []
    return (item for item in listed if isinstance(item, Mapping))
