"""Which addresses destinations may have: those of the public internet, and none of our own.

A destination's URL is untrusted input. Every address that its host resolves to is judged here
before a connection is made, in any notation: decimal, octal, short, or inside an IPv6 address.
Sources: the IANA special-purpose registries for IPv4 and IPv6, RFC 6890, RFC 6052.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

#: Which addresses destinations may have.
Reach = Literal["public", "loopback", "private"]
_Network = IPv4Network | IPv6Network

#: Metadata services with credentials of cloud machines: refused even if private ones are allowed.
_METADATA = (
    "169.254.169.254/32",
    "168.63.129.16/32",
    "100.100.100.200/32",
    "192.0.0.192/32",
    "fd00:ec2::254/128",
    "fd20:ce::254/128",
)
_LOOPBACK = ("127.0.0.0/8", "::1/128")
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
_SPECIAL = {
    "0.0.0.0/8": "unspecified",
    "100.64.0.0/10": "shared by a carrier's NAT",
    "169.254.0.0/16": "link-local",
    "192.0.0.0/24": "reserved for protocols",
    "192.0.2.0/24": "for documentation",
    "192.31.196.0/24": "of AS112",
    "192.52.193.0/24": "for multicast tunnels",
    "192.88.99.0/24": "a 6to4 relay",
    "192.175.48.0/24": "of AS112",
    "198.18.0.0/15": "for benchmarks",
    "198.51.100.0/24": "for documentation",
    "203.0.113.0/24": "for documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved or broadcast",
    "::/128": "unspecified",
    "::ffff:0:0:0/96": "translated IPv4",
    "64:ff9b:1::/48": "a local NAT64",
    "100::/64": "for discarding",
    "2001::/32": "a Teredo tunnel",
    "2001::/23": "reserved for protocols",
    "2001:db8::/32": "for documentation",
    "2002::/16": "a 6to4 tunnel",
    "2620:4f:8000::/48": "of AS112",
    "3ffe::/16": "of the former 6bone",
    "3fff::/20": "for documentation",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}


def _networks(texts: tuple[str, ...]) -> tuple[_Network, ...]:
    return tuple(ip_network(text) for text in texts)


_METADATA_NETWORKS = _networks(_METADATA)
_LOOPBACK_NETWORKS = _networks(_LOOPBACK)
_PRIVATE_NETWORKS = _networks(_PRIVATE)
_SPECIAL_NETWORKS = tuple((ip_network(text), why) for text, why in _SPECIAL.items())
_PUBLIC_V6 = ip_network("2000::/3")
#: IPv6 networks whose addresses end with the IPv4 address that is really reached.
_EMBEDDING = _networks(("::ffff:0:0/96", "::/96", "64:ff9b::/96"))
#: The middle of an ISATAP interface id, after any network; the IPv4 address follows.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def refusal(address: str, reach: Reach = "public") -> str | None:
    """Why no connection may be made to `address`, a literal as resolvers return it, or None.

    Every reach includes the previous one: public addresses, this machine, private networks.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return f"{address!r} is not an address"
    why = _kind(parsed, reach)
    return None if why is None else f"{address} is {why}"


def is_loopback(address: str) -> bool:
    """Whether `address`, a literal, is this machine, also as IPv4 mapped into IPv6."""
    try:
        parsed = _endpoint_of(ip_address(address))
    except ValueError:
        return False
    return _is_in(parsed, _LOOPBACK_NETWORKS)


def is_loopback_host(host: str) -> bool:
    """Whether a host is this machine: `localhost` or a loopback address."""
    return host == "localhost" or is_loopback(host)


def _kind(address: IPv4Address | IPv6Address, reach: Reach) -> str | None:
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "bound to an interface"
    endpoint = _endpoint_of(address)
    if _is_in(endpoint, _METADATA_NETWORKS):
        return "a cloud's metadata service"
    if _is_in(endpoint, _LOOPBACK_NETWORKS):
        return "loopback" if reach == "public" else None
    if _is_in(endpoint, _PRIVATE_NETWORKS):
        return None if reach == "private" else "private"
    for network, why in _SPECIAL_NETWORKS:
        if endpoint in network:
            return why
    if isinstance(endpoint, IPv6Address) and endpoint not in _PUBLIC_V6:
        return "not of the public internet"
    return None


def _endpoint_of(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 one, if a connection ends there."""
    if isinstance(address, IPv4Address):
        return address
    embedded = IPv4Address(int(address) & 0xFFFFFFFF)
    if _is_in(address, _EMBEDDING):
        # :: and ::1 are addresses of their own, not 0.0.0.0 and 0.0.0.1.
        return address if int(address) <= 1 else embedded
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return embedded
    return address


def _is_in(address: IPv4Address | IPv6Address, networks: tuple[_Network, ...]) -> bool:
    return any(address in network for network in networks)


def without_password(url: str) -> str:
    """A connection string without its password, for display."""
    scheme, separator, rest = url.partition("://")
    account, at, address = rest.rpartition("@")
    return f"{scheme}{separator}{account.partition(':')[0]}{at}{address}"
