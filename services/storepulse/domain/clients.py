"""The client of a request: its address behind proxies.

A peer that is a configured trusted proxy is believed: the client is the first address of
X-Forwarded-For, read from the right, that is not a trusted proxy; then X-Real-IP; then the peer.
Any other peer with a secret key is a shop's server and may state its visitor's address: the first
of X-Forwarded-For, else X-Real-IP. Headers of all other peers are ignored. The rule "first" takes
the first address from any peer; it is for installations behind a proxy that cleans the header.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from storepulse.domain.errors import Misconfigured
from storepulse.domain.store_settings import Addresses

Network = IPv4Network | IPv6Network

#: An IPv6 address with brackets, zone and port is shorter.
_ADDRESS_CHARACTERS = 64
#: The limit for a list of proxies, which is longer than any chain of them.
_FORWARDED_CHARACTERS = 2_048

#: The maximum length of a stored user agent.
USER_AGENT_CHARACTERS = 1_024
#: The device is recognized within this length.
_AGENT_READ = 256

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_is_ipv4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}").fullmatch


def canonical_ip(text: str) -> str | None:
    """`1.2.3.4:80`, `[::1]:80` and `::ffff:1.2.3.4` as plain addresses; None for anything else."""
    if len(text) > _ADDRESS_CHARACTERS:
        return None
    text = text.strip()
    # Not cached: there are more visitors than cache entries, so every lookup would miss.
    return text if _is_ipv4(text) else _parsed_ip(text)


@lru_cache(maxsize=16_384)
def _parsed_ip(text: str) -> str | None:
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        if address.scope_id is not None:
            return None
    return str(address)


_is_country = re.compile(r"[A-Z]{2}").fullmatch
#: Codes of proxies and databases for addresses without a country.
_NO_COUNTRIES = frozenset({"XX", "ZZ"})


def country_code(text: str) -> str | None:
    """An ISO 3166-1 alpha-2 code in upper case; None for anything else, such as `XX` and `T1`."""
    code = text.strip().upper()
    return code if _is_country(code) and code not in _NO_COUNTRIES else None


_is_tablet = re.compile(r"iPad|Tablet|Silk/|PlayBook|Android(?!.*\bMobile\b)").search
_is_mobile = re.compile(r"Mobi|iPhone|iPod|Android|Opera Mini|IEMobile").search


@lru_cache(maxsize=8_192)
def _device_of_agent(user_agent: str) -> str:
    if _is_tablet(user_agent):
        return "tablet"
    return "mobile" if _is_mobile(user_agent) else "desktop"


def device_of(user_agent: str | None, mobile_hint: str = "") -> str | None:
    """mobile, tablet or desktop; None if unknown.

    `mobile_hint` is the value of Sec-CH-UA-Mobile, which does not count tablets as mobile.
    """
    if mobile_hint == "?1":
        return "mobile"
    return _device_of_agent(user_agent[:_AGENT_READ]) if user_agent else None


def limited_as(ip: str) -> str:
    """The key of an address for rate limits: an IPv6 client owns at least a /64."""
    return _network_of(ip) if ":" in ip else ip


@lru_cache(maxsize=16_384)
def _network_of(ip: str) -> str:
    return str(ip_network((ip, 64), strict=False))


#: The prefix of a shortened address: the network of a household or an office.
_IPV6_BITS = 48
#: The first 48 bits of a 6to4 address contain an IPv4 address, which is shortened like others.
_6TO4_BITS = 40


def kept_address(ip: str, kept: Addresses) -> str | None:
    """The stored form of a visitor's address.

    In full, shortened (`203.0.113.0`, `2001:db8:1::`), or None. An invalid address is stored only
    in full.
    """
    if kept == "full":
        return ip
    if kept == "none":
        return None
    return f"{ip.rpartition('.')[0]}.0" if _is_ipv4(ip) else _shortened_ipv6(ip)


@lru_cache(maxsize=16_384)
def _shortened_ipv6(ip: str) -> str | None:
    try:
        address = IPv6Address(ip)
    except ValueError:
        return None
    if address.ipv4_mapped is not None:
        return kept_address(str(address.ipv4_mapped), "shortened")
    bits = _IPV6_BITS if address.sixtofour is None else _6TO4_BITS
    return str(IPv6Network((int(address), bits), strict=False).network_address)


def _last_of(forwarded: str) -> list[str]:
    """The last addresses of a list, up to the longest chain of proxies."""
    if len(forwarded) <= _FORWARDED_CHARACTERS:
        return forwarded.split(",") if forwarded else []
    return forwarded[-_FORWARDED_CHARACTERS:].split(",")[1:]


@dataclass(frozen=True)
class AddressRules:
    """Which headers are believed. `first`: believe any peer's first address."""

    trusted: tuple[Network, ...]
    first: bool

    @classmethod
    def of(cls, trusted_proxies: str, trust_forwarded: str) -> AddressRules:
        """Parse the settings of these names. Raises Misconfigured for an invalid network."""
        try:
            trusted = tuple(
                ip_network(part.strip(), strict=False)
                for part in trusted_proxies.split(",")
                if part.strip()
            )
        except ValueError as error:
            raise Misconfigured("trusted_proxies", str(error)) from None
        return cls(trusted, trust_forwarded == "first")

    def client(self, peer: str, forwarded: str, real: str, *, secret: bool = False) -> str:
        """The client's address, from `peer` and the values of X-Forwarded-For and X-Real-IP.

        `secret`: the request has a secret key.
        """
        own = canonical_ip(peer) or peer
        through_proxy = bool(self.trusted) and self._trusts(own)
        if self.first or (secret and not through_proxy):
            first = canonical_ip(forwarded.partition(",")[0]) if forwarded else None
            return first or (canonical_ip(real) if real else None) or own
        if not through_proxy:
            return own
        for part in reversed(_last_of(forwarded)):
            address = canonical_ip(part)
            if address is None:
                break
            if not self._trusts(address):
                return address
        return (canonical_ip(real) if real else None) or own

    def stated_client(self, peer: str, forwarded: str, real: str) -> str | None:
        """The visitor's address as a sender with a secret key states it; None if it does not.

        Such a sender is a shop's server, so its own address is not a visitor's. Behind trusted
        proxies the last address is the sender's, as the proxies saw it; the sender states those
        before it.
        """
        own = canonical_ip(peer) or peer
        if self.first or not (self.trusted and self._trusts(own)):
            first = canonical_ip(forwarded.partition(",")[0]) if forwarded else None
            return first or (canonical_ip(real) if real else None)
        hops = _last_of(forwarded)
        while hops and (hop := canonical_ip(hops[-1])) is not None and self._trusts(hop):
            hops.pop()
        return canonical_ip(hops[0]) if len(hops) > 1 else None

    def trusts(self, peer: str) -> bool:
        """Whether the peer is a trusted proxy."""
        return bool(self.trusted) and self._trusts(canonical_ip(peer) or peer)

    def _trusts(self, ip: str) -> bool:
        try:
            address = ip_address(ip)
        except ValueError:
            return False
        return any(address in network for network in self.trusted)
