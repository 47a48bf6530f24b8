"""Makes a receiver's text safe to store and display.

Answers are untrusted: control characters affect terminals, PostgreSQL stores no NUL, and unpaired
surrogates cannot be encoded.
"""

from __future__ import annotations

import unicodedata

#: Maximum characters that are kept.
LONGEST = 1024
_REPLACEMENT = "\ufffd"


def quote(text: str, longest: int = LONGEST) -> str:
    """The first `longest` characters on one line, with unprintable ones replaced by U+FFFD."""
    return "".join(
        " " if c in "\r\n\t" else _REPLACEMENT if unicodedata.category(c) in ("Cc", "Cs") else c
        for c in text[:longest]
    )
