"""Checks of parsed JSON from outside, without recursion: depth, size, and valid text.

A value's cost approximates the memory for holding, comparing or copying it: `VALUE_COST` for each
value in it, and one for each character of its texts and names.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from storepulse.domain.errors import Rejected

#: The maximum depth of lists and objects in a document from outside.
NESTING = 32
VALUE_COST = 16


def read(body: bytes) -> Any:
    """Parse a JSON document: only UTF-8, no NaN, no lone surrogate, at most `NESTING` levels.

    Of repeated names the last one counts. Raises Rejected.
    """
    try:
        value = msgspec.json.decode(body)
    except RecursionError:
        raise _too_deep("") from None
    except UnicodeDecodeError:
        raise Rejected("", "the body is not valid UTF-8") from None
    except msgspec.MsgspecError as error:
        reason = str(error).removeprefix("JSON is malformed: ")
        raise Rejected("", f"the body is not JSON: {reason}") from None
    if depth(value) > NESTING:
        raise _too_deep("")
    return value


def read_text(field: str, text: str) -> Any:
    """Parse a JSON document in a text, by the rules of `read`. Raises Rejected with `field`."""
    try:
        body = text.encode()
    except UnicodeEncodeError:
        raise Rejected(field, "holds half of a surrogate pair") from None
    try:
        return read(body)
    except Rejected as error:
        raise Rejected(field, error.reason.replace("the body ", "", 1)) from None


def depth(value: Any) -> int:
    """Levels of lists and objects; 0 for anything else."""
    return max(level for level, _ in _parts(value))


def cost(value: Any) -> int:
    """The value's cost, as defined above."""
    return sum(VALUE_COST + _characters(part) for _, part in _parts(value))


def check_storable(field: str, value: Any) -> None:
    """Raise Rejected for values that JSON in PostgreSQL cannot store."""
    for _, part in _parts(value):
        if isinstance(part, float) and not math.isfinite(part):
            raise Rejected(field, "has NaN or an infinite number")
        if isinstance(part, str) and not is_text(part):
            raise Rejected(field, "holds a NUL character or half of a surrogate pair")
        if isinstance(part, dict) and not all(map(is_text, part)):
            raise Rejected(field, "has a name with a NUL character or half of a surrogate pair")


def is_text(text: str) -> bool:
    """Whether PostgreSQL can store a text: it has no NUL and no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _parts(value: Any) -> Iterator[tuple[int, Any]]:
    """Every value inside of a value, including itself, with its depth."""
    left = [(0, value)]
    while left:
        level, part = left.pop()
        if isinstance(part, dict):
            level += 1
            left += [(level, inner) for inner in part.values()]
        elif isinstance(part, list):
            level += 1
            left += [(level, inner) for inner in part]
        yield level, part


def _characters(part: Any) -> int:
    match part:
        case str():
            return len(part)
        case dict():
            return sum(map(len, part))
        case bool() | None:
            return 0
        case int():
            return part.bit_length() // 3
    return 0


def _too_deep(field: str) -> Rejected:
    return Rejected(field, f"the body is nested deeper than {NESTING}")
