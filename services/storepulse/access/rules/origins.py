"""Origins of web pages that may use a key, in the form that browsers send (RFC 6454).

`https://Shop.Example:443/` becomes `https://shop.example`: lower case, no default port, punycode
for non-ASCII names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address
from urllib.parse import urlsplit

import idna

from storepulse.domain.errors import Rejected

MOST_ORIGINS = 50
LONGEST_ORIGIN = 300
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,31}").fullmatch
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*").fullmatch
_OWN_PORTS = {"http": 80, "https": 443}
_SHAPE = "must be scheme://host or scheme://host:port, such as https://shop.example"


def normal_origins(field: str, origins: Iterable[str]) -> list[str]:
    """The origins in normal form, without duplicates. Raises Rejected with the index of the
    invalid one."""
    found: dict[str, None] = {}
    for index, origin in enumerate(origins):
        found[normal_origin(f"{field}.{index}", origin)] = None
        if len(found) > MOST_ORIGINS:
            raise Rejected(field, f"are more than {MOST_ORIGINS}")
    return list(found)


def normal_origin(field: str, text: str) -> str:
    """One origin in normal form. Raises Rejected for anything else, including `*` and `null`."""
    stripped = text.strip() if len(text) <= LONGEST_ORIGIN else ""
    try:
        parts = urlsplit(stripped)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Rejected(field, _SHAPE) from None
    scheme = parts.scheme
    has_more = parts.path not in ("", "/") or any(mark in stripped for mark in "?#@\\")
    if _SCHEME(scheme) is None or not stripped.isprintable() or has_more:
        raise Rejected(field, _SHAPE)
    name = _normal_host(field, host, is_bracketed="[" in parts.netloc)
    if port is None and parts.netloc.endswith(":"):
        raise Rejected(field, _SHAPE)
    shown_port = "" if port is None or port == _OWN_PORTS.get(scheme) else f":{port}"
    return f"{scheme}://{name}{shown_port}"


def _normal_host(field: str, host: str, *, is_bracketed: bool) -> str:
    try:
        if is_bracketed:
            return f"[{IPv6Address(host)}]"
        if not host.isascii():
            host = idna.encode(host, uts46=True).decode()
    except ValueError:  # includes idna.IDNAError
        raise Rejected(field, _SHAPE) from None
    if _HOST(host) is None:
        raise Rejected(field, _SHAPE)
    return host
