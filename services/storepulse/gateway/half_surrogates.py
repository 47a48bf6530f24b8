"""Batches whose events may hold what no decoder takes: half a surrogate pair, since clients cut
emojis in two, or a value that is nested too deeply."""

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

#: Escapes in order, so that a backslash which is escaped itself begins none: whole surrogate pairs,
#: halves of one, any other.
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
#: Stands for the backslash of an escaped half: no UTF-8, so that its own event alone is refused.
HALF = b"\xff\xfeu"
_INSTEAD = b"\\ufffd"


def decode_around_faults(decode: Callable[[bytes], T], body: bytes) -> T:
    """Decodes a batch of which single events may hold such a thing.

    To the decoder a half is no JSON at all, and a deep value ends it, which would cost the other
    events; marked, the events that hold one are refused by themselves. Raises Rejected.
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

    The decoder says of half a surrogate pair that JSON ends too early: it is named, where the event
    is JSON but for that.
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
    """JSON whose halves of surrogate pairs are U+FFFD."""
    return _ESCAPES.sub(lambda escape: _INSTEAD if escape["half"] else escape[0], body)


def restore_event(event: bytes) -> bytes:
    """An event's bytes as they were sent, before its halves and deep values were marked."""
    return restore_deep_values(event).replace(HALF, b"\\u")
