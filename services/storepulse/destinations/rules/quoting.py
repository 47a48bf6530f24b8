"""What a receiver said, made fit to be stored and shown.

Receivers answer whatever they like: control characters would colour a terminal, PostgreSQL holds no
NUL, and half of a surrogate pair is no text at all.
"""

from __future__ import annotations

import unicodedata

#: Characters of an answer that are kept.
LONGEST = 1024
_REPLACEMENT = "\ufffd"


def quote(text: str, longest: int = LONGEST) -> str:
    """The first `longest` characters on one line, what cannot be shown replaced by U+FFFD."""
    return "".join(
        " " if c in "\r\n\t" else _REPLACEMENT if unicodedata.category(c) in ("Cc", "Cs") else c
        for c in text[:longest]
    )
