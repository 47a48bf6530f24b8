"""Request targets: the single spelling under which a path is served.

Rights are checked on a path, and files or rows are read by it, so both must see the same one. A
path is therefore accepted only in normal form (RFC 3986, section 6): no empty or dot segments, and
percent-encoding only for characters that a path cannot hold otherwise. Other spellings are refused,
not rewritten.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

_PLAIN = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/"
)
#: Encoded, these would give a plain path a second spelling, or this spelling a second meaning.
_NEVER_ENCODED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./\\%")
_HEX = frozenset(b"0123456789ABCDEFabcdef")


def normal_path(raw: bytes) -> str | None:
    """The decoded path of a request target without its query; None if it is not in normal form.

    `raw` must start with a slash. Percent-encoded characters must be UTF-8 and printable.
    """
    if raw[:1] != b"/":
        return None
    if b"//" in raw or (b"/." in raw and _has_dot_segment(raw)):
        return None
    if b"%" not in raw:
        return raw.decode("ascii") if _PLAIN.issuperset(raw) else None
    for index, part in enumerate(raw.split(b"%")):
        if index == 0:
            if not _PLAIN.issuperset(part):
                return None
            continue
        if len(part) < 2 or not _HEX.issuperset(part[:2]) or not _PLAIN.issuperset(part[2:]):
            return None
        if int(part[:2], 16) in _NEVER_ENCODED:
            return None
    try:
        path = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return None
    return path if path.isprintable() else None


def _has_dot_segment(raw: bytes) -> bool:
    return any(segment in (b".", b"..") for segment in raw.split(b"/"))
