"""Events that hold a value nested so deeply that no decoder reads it.

The decoder skips values by recursion: one that is too deep would cost all events of its batch. So
where that happens, deep values are put out of its way, by a reader of brackets that does not
recurse. What stands instead is no UTF-8, so that its own event alone is refused, and holds what was
sent.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64

#: Begins what stands for a deep value.
DEEP = b"\xff\xfd"
#: Levels that every decoder reads; what events may nest is far less.
MOST_LEVELS = 200
#: A body with more brackets is refused as a whole: reading them takes time.
MOST_BRACKETS = 200_000

#: Strings, so that their brackets do not count, and brackets.
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_HIDDEN = re.compile(rb'"' + DEEP + rb'([A-Za-z0-9+/=]*)"')
_OPENING, _CLOSING = b"[{", b"]}"


def hide_deep_values(body: bytes) -> bytes:
    """JSON without values that are deeper than `MOST_LEVELS`; the same where there are too many
    brackets to read, or an end is missing."""
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
        return hidden[0]  # a client's own bytes
