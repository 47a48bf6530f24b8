"""Takes API keys out of bytes that are kept or shown: refused bodies, field names, reasons.

Rules: what looks like one of our keys (`spk_…`, `ssk_…`) goes, and so does the value of a member
that holds a key (`key`, `writeKey`, `api_key`), whatever it looks like. It may be spelled with JSON
or percent escapes, escaped several times, or with NUL between its characters, as UTF-16 has. Where
only such a spelling gives a key away, what is kept is the plain spelling of the whole.

Bodies are refused because they are odd, so nothing here parses them. Time is linear: what an
expression has run over is never run over again from a later beginning.
"""

from __future__ import annotations

import re

REDACTED = b"[redacted]"
#: How often an escape may be escaped.
_LAYERS = 3

# A key that begins plainly may go on otherwise.
_KEY = re.compile(
    rb"s[ps]k_(?:\0*+(?:[A-Za-z0-9_-]|\\++u00[2-7][0-9a-f]|%[2-7][0-9a-f]))*+", re.IGNORECASE
)
_MEMBER = re.compile(
    rb"""(?<![A-Za-z0-9_])(?P<name>(?:key|write_?key|api_?key)\\*+["']?\s*+[:=]\s*+)"""
    rb"""(?:\\*+"(?:[^"\\]|\\.)*+"?+|\\*+'(?:[^'\\]|\\.)*+'?+|[\[{].*+|[^\s,;&}\]"'\[{\\]++)""",
    re.IGNORECASE | re.DOTALL,
)
_ESCAPE = re.compile(rb"(?<!\\)\\++u00([2-7][0-9a-f])|%([2-7][0-9a-f])", re.IGNORECASE)


def redacted(data: bytes) -> bytes:
    """The same bytes without keys."""
    kept = plain = _without_keys(data)
    for _ in range(_LAYERS):
        spelled_out = _spelled_out(plain)
        if spelled_out == plain:
            break
        plain = _without_keys(spelled_out)
        if plain != spelled_out:
            kept = plain
    return kept


def redacted_text(text: str) -> str:
    """The same of text."""
    data = text.encode(errors="replace")
    clean = redacted(data)
    return text if clean == data else clean.decode(errors="replace")


def _without_keys(data: bytes) -> bytes:
    return _MEMBER.sub(rb'\g<name>"' + REDACTED + b'"', _KEY.sub(REDACTED, data))


def _spelled_out(data: bytes) -> bytes:
    """NUL is left out, escapes of printable ASCII are what they stand for."""
    return _ESCAPE.sub(_character, data.replace(b"\0", b""))


def _character(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[1] or match[2], 16),))
