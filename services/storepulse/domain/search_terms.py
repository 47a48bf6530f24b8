"""Search terms as they count: NFC, lower case, single spaces, 200 characters at most."""

from __future__ import annotations

import re
import unicodedata

TERM_CHARACTERS = 200
#: White space as Python and Rust both read it.
SPACES_PATTERN = r"[\s\x1c-\x1f]+"

_spaces = re.compile(SPACES_PATTERN)


def term_of(query: str | None) -> str | None:
    """The term of what was typed; None where nothing but space was."""
    if query is None:
        return None
    lower = unicodedata.normalize("NFC", unicodedata.normalize("NFC", query).lower())
    return _spaces.sub(" ", lower).strip(" ")[:TERM_CHARACTERS].rstrip(" ") or None
