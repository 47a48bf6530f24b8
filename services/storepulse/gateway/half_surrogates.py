"""Events that may hold half a surrogate pair: clients cut emojis in two."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

from storepulse.domain.errors import Rejected
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


def decode_despite_halves(decode: Callable[[bytes], T], body: bytes) -> T:
    """Decodes a batch whose events may hold half a surrogate pair.

    Clients cut emojis in two. To the decoder that is no JSON at all, which would cost the other
    events; marked, the events that hold one are refused by themselves. Raises Rejected.
    """
    try:
        return decode(body)
    except DECODE_ERRORS as error:
        marked = _ESCAPES.sub(_mark, body)
        if marked == body:
            raise translated(error) from None
        try:
            return decode(marked)
        except DECODE_ERRORS:
            raise translated(error) from None


def refusal_of(error: Exception, event: bytes | msgspec.Raw) -> Rejected:
    """Why an event that does not decode is refused.

    The decoder says of half a surrogate pair that JSON ends too early: it is named, where the event
    is JSON but for that.
    """
    sent = bytes(event)
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


def restore_halves(event: bytes) -> bytes:
    """An event's bytes as they were sent, before its halves were marked."""
    return event.replace(HALF, b"\\u")
