"""The page of a URL: its path, under which heatmaps, sessions and page figures count.

The rules apply in this order. The path is between the host and the query or fragment. Percent
escapes are decoded and encoded again, so that `/m%C3%BCg`, `/m%c3%bcg` and `/müg` are one page,
`/m%C3%BCg`; an escaped slash stays escaped, because it is not a separator. Trailing slashes are
removed; an empty path becomes "/". Finally, the store's first pattern that matches replaces the
path: `/products/*` for `/products/mug` and `/products/mug/red`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote_to_bytes

from storepulse.domain.errors import Rejected

_SCHEME_AND_HOST = r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*"
#: Matches URLs whose path has no escapes; the group is the path with trailing slashes. Other URLs
#: may have a page too. Python and Rust read it alike. Each character has only one way through it,
#: so that Rust's matcher finds the group in one pass.
PLAIN_URL = _SCHEME_AND_HOST + r"(/[A-Za-z0-9_.~/-]*)(?:[?#]|$)"
ROOT = "/"
ANYTHING = "*"

#: The maximum of patterns of a store, and the maximum length of each.
MOST_PATTERNS = 50
PATTERN_CHARACTERS = 255

#: What RFC 3986 allows unescaped in a path, besides letters, digits and `_.-~`.
_ALLOWED = "/:@!$&'()*+,;="
_path = re.compile(_SCHEME_AND_HOST + r"([^?#]*)").match
_is_plain = re.compile(r"[A-Za-z0-9/_.~-]+").fullmatch
_escaped_slash = re.compile(r"(?i)%2f")


def page_of(url: str, patterns: tuple[str, ...] = ()) -> str:
    """The page of a URL, "/" without a path. `patterns`: the store's, in order."""
    found = _path(url)
    path = normalised_path(found[1]) if found is not None else ROOT
    return rewritten(path, patterns) if patterns else path


def normalised_path(path: str) -> str:
    """The path in normal form, before any pattern."""
    if _is_plain(path) is None:
        parts = _escaped_slash.split(path)
        path = "%2F".join(quote(unquote_to_bytes(part), _ALLOWED) for part in parts)
    return path.rstrip("/") or ROOT


def rewritten(path: str, patterns: Sequence[str]) -> str:
    """The first pattern that matches the path, else the path itself.

    Compares by segment without backtracking: `*` matches one segment, and at the end of a pattern
    one or more.
    """
    segments = path.split("/")
    return next((p for p in patterns if _matches(p.split("/"), segments)), path)


def _matches(pattern: Sequence[str], segments: Sequence[str]) -> bool:
    if len(segments) < len(pattern):
        return False
    if len(segments) > len(pattern) and pattern[-1] != ANYTHING:
        return False
    pairs = zip(pattern, segments, strict=False)
    return all(wanted == segment or (wanted == ANYTHING and segment) for wanted, segment in pairs)


def page_pattern(field: str, text: str) -> str:
    """A pattern in normal form. Raises Rejected if it is invalid."""
    if len(text) > PATTERN_CHARACTERS:
        raise Rejected(field, f"is longer than {PATTERN_CHARACTERS} characters")
    if not text.startswith("/") or "?" in text or "#" in text or "\0" in text:
        raise Rejected(field, "must be a path such as /products/*, without ? and #")
    try:
        pattern = normalised_path(text)
    except UnicodeEncodeError:
        raise Rejected(field, "holds half of a surrogate pair") from None
    if any(ANYTHING in segment and segment != ANYTHING for segment in pattern.split("/")):
        raise Rejected(field, "must use * for a whole segment, as in /products/*")
    return pattern
