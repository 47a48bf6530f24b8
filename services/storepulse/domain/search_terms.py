"""Search terms as they count: NFC, lower case, single spaces, 200 characters at most."""

from __future__ import annotations

import re
import unicodedata

TERM_CHARACTERS = 200

_spaces = re.compile(r"\s+")


def term_of(query: str | None) -> str | None:
    """The term of what was typed; None where nothing but space was."""
    if query is None:
        return None
    lower = unicodedata.normalize("NFC", unicodedata.normalize("NFC", query).lower())
    return _spaces.sub(" ", lower).strip(" ")[:TERM_CHARACTERS].rstrip(" ") or None
