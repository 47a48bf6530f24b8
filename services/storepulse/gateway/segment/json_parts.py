"""Parts of a message, checked by type. Raises Rejected with the part's path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from storepulse.domain.errors import Rejected
from storepulse.streams.beacon import BLANKS

JsonObject = Mapping[str, Any]

ID_CHARACTERS = 255
_LARGEST = 2**63


def object_at(parent: JsonObject, name: str) -> dict[str, Any]:
    """The object in a field; an empty one if there is none, or `[]`, as PHP writes it."""
    value = parent.get(name)
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise Rejected(name, "must be an object")
    return value


def id_at(parent: JsonObject, name: str, path: str = "") -> str | None:
    """The id in a field: trimmed text or a whole number; None if it is empty.

    `path` precedes the field's name in a refusal.
    """
    value = parent.get(name)
    field = path + name
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Rejected(field, "must be text or a whole number")
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        raise Rejected(field, "is out of range")
    text = str(value).strip(BLANKS)
    if "\0" in text:
        raise Rejected(field, "contains NUL")
    if len(text) > ID_CHARACTERS:
        raise Rejected(field, f"is longer than {ID_CHARACTERS} characters")
    return text or None


def text_of(value: Any, most: int) -> str | None:
    """Text of 1 to `most` characters; None for anything else."""
    return value if isinstance(value, str) and 0 < len(value) <= most else None


def first_name_of(parent: JsonObject, names: Iterable[str]) -> str | None:
    """The first of the names that has a value."""
    return next((name for name in names if parent.get(name) not in (None, "")), None)
