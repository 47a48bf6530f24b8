"""Search terms in the form that counts: NFC, lower case, single spaces, at most 200 characters."""

from __future__ import annotations

import re
import unicodedata

TERM_CHARACTERS = 200

_spaces = re.compile(r"\s+")


def term_of(query: str | None) -> str | None:
    """The term of a query; None if it is empty or only white space."""
    if query is None:
        return None
    lower = unicodedata.normalize("NFC", unicodedata.normalize("NFC", query).lower())
    return _spaces.sub(" ", lower).strip(" ")[:TERM_CHARACTERS].rstrip(" ") or None
