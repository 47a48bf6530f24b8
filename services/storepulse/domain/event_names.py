"""Names of custom events as they count: NFC, single spaces, 255 characters at most.

Names stay apart by case, script and accents: `Signup`, `signup` and `サインアップ` are three. `é`
typed as one character or as two is one name.
"""

from __future__ import annotations

import re
import unicodedata

NAME_CHARACTERS = 255
#: Under which events without a name count; no answer calls them so.
NO_NAME = ""

_spaces = re.compile(r"\s+")


def event_name_of(name: str | None) -> str:
    """The name under which an event counts; NO_NAME where nothing but space was stated."""
    if not name:
        return NO_NAME
    if name.isascii() and name.isprintable() and "  " not in name:
        return name.strip(" ")[:NAME_CHARACTERS].rstrip(" ")
    composed = unicodedata.normalize("NFC", name)
    return _spaces.sub(" ", composed).strip(" ")[:NAME_CHARACTERS].rstrip(" ")
