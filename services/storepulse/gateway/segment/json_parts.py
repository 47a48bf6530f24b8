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
    """The object in a field; an empty one where there is none. PHP writes that as `[]`."""
    value = parent.get(name)
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise Rejected(name, "must be an object")
    return value


def id_at(parent: JsonObject, name: str, path: str = "") -> str | None:
    """The id in a field: text, without blanks around it, or a whole number; None for an empty one.

    `path` stands before the field's name in a refusal.
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
    """Text of at most so many characters; None for an empty one and for anything else."""
    return value if isinstance(value, str) and 0 < len(value) <= most else None


def first_name_of(parent: JsonObject, names: Iterable[str]) -> str | None:
    """The first of the names under which there is something."""
    return next((name for name in names if parent.get(name) not in (None, "")), None)
