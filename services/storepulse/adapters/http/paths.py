"""Request targets: the one spelling under which a path is served.

Rights are checked on a path and files or rows are read by it, so both must mean the same one. A
path is therefore taken only in its normal form (RFC 3986, section 6): no empty or dot segments, and
percent signs only before what a path could not hold otherwise. Nothing is rewritten: what has
another spelling is refused.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

_PLAIN = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/"
)
#: Encoded, these would make a second spelling of a plain path, or a second path of this spelling.
_NEVER_ENCODED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./\\%")
_HEX = frozenset(b"0123456789ABCDEFabcdef")


def normal_path(raw: bytes) -> str | None:
    """The decoded path of a request target without its query; None where it is not in normal form.

    `raw` must begin with a slash. Percent-encoded characters are UTF-8 and printable.
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
