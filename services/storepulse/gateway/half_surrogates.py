"""Decode batches in which single events hold something that no decoder takes.

That is half a surrogate pair, because clients cut emojis in two, or a value nested too deeply.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

from storepulse.domain.errors import Rejected
from storepulse.gateway.deep_values import DEEP, hide_deep_values, restore_deep_values
from storepulse.streams.wording import translated

T = TypeVar("T")

DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

#: Escapes in order, so that an escaped backslash starts none: whole surrogate pairs, halves of one,
#: any other.
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
#: Replaces the backslash of an escaped half. It is not UTF-8, so that only its own event is
#: refused.
HALF = b"\xff\xfeu"
_INSTEAD = b"\\ufffd"


def decode_around_faults(decode: Callable[[bytes], T], body: bytes) -> T:
    """Decode a batch in which single events may hold such a value. Raises Rejected.

    The decoder fails on the whole batch for a half or a deep value. With these values marked, only
    the events that hold one are refused.
    """
    try:
        return decode(body)
    except DECODE_ERRORS as error:
        fault = last = error
    marked = _ESCAPES.sub(_mark, body)
    if marked != body:
        try:
            return decode(marked)
        except DECODE_ERRORS as error:
            last = error
    if isinstance(last, RecursionError):
        try:
            return decode(hide_deep_values(marked))
        except DECODE_ERRORS:
            pass
    raise translated(fault) from None


def refusal_of(error: Exception, event: bytes | msgspec.Raw) -> Rejected:
    """Why an event that does not decode is refused.

    For half a surrogate pair the decoder reports truncated JSON. The reason names the half instead,
    if the event is otherwise valid JSON.
    """
    sent = bytes(event)
    if DEEP in sent:
        return translated(RecursionError())
    if HALF in sent or _is_json_but_for_halves(sent):
        return Rejected("", "holds half of a surrogate pair")
    return translated(error)


def _is_json_but_for_halves(event: bytes) -> bool:
    replaced = replace_halves(event)
    if replaced == event:
        return False
    try:
        msgspec.json.decode(replaced)
    except DECODE_ERRORS:
        return False
    return True


def _mark(escape: re.Match[bytes]) -> bytes:
    return HALF + escape["half"][2:] if escape["half"] else escape[0]


def replace_halves(body: bytes) -> bytes:
    """Replace halves of surrogate pairs in JSON by U+FFFD."""
    return _ESCAPES.sub(lambda escape: _INSTEAD if escape["half"] else escape[0], body)


def restore_event(event: bytes) -> bytes:
    """An event's bytes as they were sent, before halves and deep values were marked."""
    return restore_deep_values(event).replace(HALF, b"\\u")
