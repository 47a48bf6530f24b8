"""Stores: the normal form of a domain, and the id of a store that is known only by its domain."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import UUID

import idna

from storepulse.domain.errors import REQUIRED, Rejected
from storepulse.domain.identity import uuid5

#: Namespace of store ids that are derived from a domain. It must never change.
NAMESPACE = UUID("6f1d2c1e-58f4-5a70-9a0e-0d6c0f6f5b11")

#: The name may be a whole URL.
NAME_CHARACTERS = 2_048
_HOST_CHARACTERS = 253
DEFAULT_SUFFIX = ".myshopify.com"
_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*").fullmatch
_PORT = re.compile(r":[0-9]{0,5}\Z")
_SCHEME = re.compile(r"\A[a-z][a-z0-9+.-]*://")


def normalised_domain(name: str, field: str = "storeName") -> str:
    """The normal form of a domain: `  HTTPS://www.Shop.Example:8443/cart ` is `shop.example`,
    `shop` is `shop.myshopify.com`, and other letters become punycode: `bücher.example` is
    `xn--bcher-kva.example`.

    Raises Rejected if the result is not a host name.
    """
    if len(name) > NAME_CHARACTERS:
        raise Rejected(field, f"is longer than {NAME_CHARACTERS} characters")
    host = _SCHEME.sub("", name.strip().lower())
    for separator in "/?#":
        host = host.partition(separator)[0]
    host = _PORT.sub("", host).rstrip(".")
    if not host:
        raise Rejected(field, REQUIRED)
    if "." not in host:
        host += DEFAULT_SUFFIX
    ascii_host = host if host.isascii() else _punycode(host)
    if ascii_host is None or _HOST(ascii_host) is None:
        raise Rejected(field, "is not a store name or domain")
    return without_www(ascii_host)


def without_www(host: str) -> str:
    """A host without `www.`, which is the same shop."""
    rest = host.removeprefix("www.")
    return rest if "." in rest else host


def _punycode(host: str) -> str | None:
    """A host name in punycode by UTS 46; None if it has no such form."""
    if len(host) > _HOST_CHARACTERS:
        return None
    try:
        return idna.encode(host, uts46=True).decode()
    except ValueError:  # idna.IDNAError is one
        return None


def store_id_of_domain(domain: str) -> str:
    """UUIDv5 of a normalised domain."""
    return uuid5(NAMESPACE.bytes, domain.encode())


def is_name_of(domain: str, store_id: str, known_domain: str | None) -> bool:
    """Whether a normalised domain belongs to a store: its known domain, or the one from which its
    id is derived. A store with a random id and no known domain has none."""
    return domain == known_domain or store_id_of_domain(domain) == store_id


def store_id_of_landing_page(landing_page_id: str) -> str:
    """UUIDv5 for a landing page without a known store or host."""
    return uuid5(NAMESPACE.bytes, b"landing:" + landing_page_id.encode())


def host_of(url: str) -> str | None:
    """The host of an Origin or Referer header, or None."""
    if len(url) > NAME_CHARACTERS:  # urlsplit caches its arguments
        return None
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    if host and not host.isascii():
        host = _punycode(host)
    return host if host and _HOST(host) is not None else None
