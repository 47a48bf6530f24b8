"""Names of custom events in the form that counts: NFC, single spaces, at most 255 characters.

Case, script and accents matter: `Signup`, `signup` and `サインアップ` are three names. `é` as one
character or as two is the same name.
"""

from __future__ import annotations

import re
import unicodedata

NAME_CHARACTERS = 255
#: The name under which events without a name count; answers never contain it.
NO_NAME = ""

_spaces = re.compile(r"\s+")


def event_name_of(name: str | None) -> str:
    """The name under which an event counts; NO_NAME if it is empty or only white space."""
    if not name:
        return NO_NAME
    if name.isascii() and name.isprintable() and "  " not in name:
        return name.strip(" ")[:NAME_CHARACTERS].rstrip(" ")
    composed = unicodedata.normalize("NFC", name)
    return _spaces.sub(" ", composed).strip(" ")[:NAME_CHARACTERS].rstrip(" ")
