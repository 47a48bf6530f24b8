"""Whether a call comes from this machine, by one rule for all services.

It does if the peer is loopback, the Host is loopback, and no header says that the call was
forwarded. A trusted proxy on loopback may forward: the call is local if every address and host that
the proxy names is loopback. A page of another origin reaches loopback through its visitor's
browser. Such a call is local for collection only, because beacons come from pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from storepulse.domain.addresses import is_loopback, is_loopback_host
from storepulse.domain.clients import Network, canonical_ip

Header = tuple[bytes, bytes]

#: Headers that contain the client's address.
_NAMES_CLIENT = frozenset(
    {b"x-real-ip", b"x-client-ip", b"x-cluster-client-ip", b"true-client-ip", b"cf-connecting-ip"}
)
#: Irrelevant headers that most calls have, listed so that each costs one look-up.
_SAYS_NOTHING = frozenset(
    {
        b"accept", b"accept-encoding", b"accept-language", b"authorization", b"cache-control",
        b"connection", b"content-length", b"content-type", b"pragma", b"referer", b"sec-ch-ua",
        b"sec-ch-ua-mobile", b"sec-ch-ua-platform", b"sec-fetch-dest", b"sec-fetch-mode",
        b"sec-fetch-site", b"user-agent", b"x-api-key",
    }
)  # fmt: skip
_FORWARDED_PREFIX = b"x-forwarded-"
_LONGEST_HOST = 64
_NAME_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,64})(?::[0-9]{0,5})?")


def is_forwarding(name: bytes) -> bool:
    """Whether a header, in lower case, shows that a call was forwarded."""
    return (
        name.startswith(_FORWARDED_PREFIX)
        or name in (b"forwarded", b"via")
        or name in _NAMES_CLIENT
    )


def is_local(
    peer: str | None,
    headers: Iterable[Header],
    trusted: tuple[Network, ...],
    *,
    collecting: bool = False,
) -> bool:
    """Whether a call comes from this machine. Header names are in lower case."""
    if peer is None or not _is_loopback_peer(peer):
        return False
    hosts = 0
    forwarded: list[Header] = []
    for name, value in headers:
        if name in _SAYS_NOTHING:
            continue
        if name == b"host":
            hosts += 1
            if not is_local_host(value):
                return False
        elif name == b"origin":
            if not collecting and not _is_local_origin(value):
                return False
        elif is_forwarding(name):
            forwarded.append((name, value))
    if hosts != 1:
        return False
    if not forwarded:
        return True
    return _is_trusted(peer, trusted) and _all_local(forwarded)


def is_local_host(host: bytes) -> bool:
    """Whether the value of Host is loopback: localhost, 127.0.0.0/8 or [::1], with any port."""
    return len(host) <= _LONGEST_HOST and _names_loopback(host)


@lru_cache(maxsize=1024)
def _names_loopback(host: bytes) -> bool:
    match = _NAME_AND_PORT.fullmatch(host.decode("latin-1"))
    if match is None:
        return False
    return is_loopback_host(match[1].lower().strip("[]"))


def _is_local_origin(origin: bytes) -> bool:
    try:
        parts = urlsplit(origin.decode("latin-1"))
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and is_local_host(parts.netloc.encode("latin-1"))


def _all_local(forwarded: list[Header]) -> bool:
    names_client = False
    for name, value in forwarded:
        if name == b"x-forwarded-for" or name in _NAMES_CLIENT:
            names_client = True
            for part in value.decode("latin-1").split(","):
                address = canonical_ip(part)
                if address is None or not is_loopback(address):
                    return False
        elif name in (b"x-forwarded-host", b"x-forwarded-server"):
            if not is_local_host(value.strip()):
                return False
        elif name == b"forwarded":
            return False
    return names_client


@lru_cache(maxsize=1024)
def _is_loopback_peer(peer: str) -> bool:
    return is_loopback(peer)


def _is_trusted(peer: str, trusted: tuple[Network, ...]) -> bool:
    address = canonical_ip(peer)
    return address is not None and any(ip_address(address) in network for network in trusted)
