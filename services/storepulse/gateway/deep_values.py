"""Hide values that are nested too deeply for the decoder.

The decoder skips values by recursion, so one deep value would cost all events of its batch. In that
case a bracket reader without recursion replaces deep values. The replacement is not UTF-8, so that
only its own event is refused, and it contains the original bytes.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64

#: The start of a deep value's replacement.
DEEP = b"\xff\xfd"
#: Levels that every decoder reads; events may nest far less.
MOST_LEVELS = 200
#: A body with more brackets is refused as a whole, because reading them takes time.
MOST_BRACKETS = 200_000

#: Brackets, and strings, whose brackets do not count.
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_HIDDEN = re.compile(rb'"' + DEEP + rb'([A-Za-z0-9+/=]*)"')
_OPENING, _CLOSING = b"[{", b"]}"


def hide_deep_values(body: bytes) -> bytes:
    """Replace values deeper than `MOST_LEVELS` in JSON.

    The body is unchanged if it has too many brackets; a value without an end is left as it is.
    """
    if sum(map(body.count, (b"[", b"{"))) > MOST_BRACKETS:
        return body
    level, start, kept_from = 0, -1, 0
    parts: list[bytes] = []
    for token in _TOKENS.finditer(body):
        bracket = body[token.start()]
        if bracket in _OPENING:
            level += 1
            if level == MOST_LEVELS + 1:
                start = token.start()
        elif bracket in _CLOSING:
            if level == MOST_LEVELS + 1:
                hidden = b2a_base64(body[start : token.end()], newline=False)
                parts += [body[kept_from:start], b'"' + DEEP + hidden + b'"']
                kept_from = token.end()
            level -= 1
    return b"".join((*parts, body[kept_from:]))


def restore_deep_values(event: bytes) -> bytes:
    """An event's bytes as they were sent."""
    return _HIDDEN.sub(_sent_value, event) if DEEP in event else event


def _sent_value(hidden: re.Match[bytes]) -> bytes:
    try:
        return a2b_base64(hidden[1])
    except ValueError:
        return hidden[0]  # the client itself sent these bytes
