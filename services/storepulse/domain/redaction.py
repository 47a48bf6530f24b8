"""Removes API keys from bytes that are stored or shown: refused bodies, field names, reasons.

It removes text that looks like our keys (`spk_…`, `ssk_…`), and the value of a member for keys
(`key`, `writeKey`, `api_key`), whatever it looks like. Both may be written with JSON or percent
escapes, escaped several times, or with NUL between characters, as in UTF-16. If a key is found only
after unescaping, the unescaped text is returned.

Bodies are refused because they are malformed, so nothing here parses them. Time is linear: text
that an expression has consumed is never scanned again from a later start.
"""

from __future__ import annotations

import re

REDACTED = b"[redacted]"
#: The maximum number of nested escapes.
_LAYERS = 3

# A key that begins unescaped may continue with escapes.
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
    """The bytes without keys."""
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
    """The text without keys."""
    data = text.encode(errors="replace")
    clean = redacted(data)
    return text if clean == data else clean.decode(errors="replace")


def _without_keys(data: bytes) -> bytes:
    return _MEMBER.sub(rb'\g<name>"' + REDACTED + b'"', _KEY.sub(REDACTED, data))


def _spelled_out(data: bytes) -> bytes:
    """The bytes without NUL and with escapes of printable ASCII decoded."""
    return _ESCAPE.sub(_character, data.replace(b"\0", b""))


def _character(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[1] or match[2], 16),))
