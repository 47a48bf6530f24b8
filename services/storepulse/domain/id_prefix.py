"""Prefixes of ids, as people copy them from a table. Pure."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from storepulse.domain.errors import Rejected

#: The number of hexadecimal digits of an id in tables.
SHOWN_DIGITS = 8
#: The minimum length of a prefix.
LEAST_DIGITS = 4
_DIGITS = 32


class IdRange(NamedTuple):
    """The ids with one prefix, including the first and the last one."""

    first: UUID
    last: UUID


def short_id_of(identity: UUID) -> str:
    """The prefix of an id that tables show."""
    return identity.hex[:SHOWN_DIGITS]


def id_range_of(text: str, field: str = "id") -> IdRange:
    """The ids with a prefix of 4 to 32 hexadecimal digits; hyphens are ignored.

    Raises Rejected for any other text.
    """
    digits = text.strip().rstrip("…").replace("-", "").lower()
    if not digits or digits.strip("0123456789abcdef"):
        raise Rejected(field, "is neither an id nor the beginning of one")
    if not LEAST_DIGITS <= len(digits) <= _DIGITS:
        raise Rejected(field, f"has less than {LEAST_DIGITS} digits or more than {_DIGITS}")
    return IdRange(UUID(digits.ljust(_DIGITS, "0")), UUID(digits.ljust(_DIGITS, "f")))


def only_id(text: str, matching: list[UUID], what: str, field: str = "id") -> UUID:
    """The only id among those found with the prefix `text`.

    Raises Rejected if there is none, or more than one.
    """
    if not matching:
        raise Rejected(field, f"there is no {what} {text}")
    if len(matching) > 1:
        listed = ", ".join(map(str, matching))
        raise Rejected(field, f"{text} begins more than one: {listed}")
    return matching[0]
