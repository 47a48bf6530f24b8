"""Who sent a request: the client's address behind proxies, and whether it is a robot.

Addresses: with trusted proxies configured, a peer that is one of them is believed: the client is
the first address of X-Forwarded-For, read from the right, that is no trusted proxy; then
X-Real-IP; then the peer. Any other peer's headers are ignored. The rule "first" takes the first
address in the list from any peer; it is for installations behind a proxy that cleans the header.

Robots are labelled, never dropped: crawlers, headless and automated browsers, link previews and
monitors name themselves in the user agent. HTTP libraries are not listed: servers use them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from storepulse.domain.errors import Misconfigured

Network = IPv4Network | IPv6Network


_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_is_ipv4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}").fullmatch


def canonical_ip(text: str) -> str | None:
    """`1.2.3.4:80`, `[::1]:80` and `::ffff:1.2.3.4` as plain addresses; None for anything else."""
    text = text.strip()
    # Visitors come in turns, more of them than a cache holds: it would miss every time.
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


def limited_as(ip: str) -> str:
    """The name under which an address is rate limited: IPv6 clients own at least a /64."""
    return _network_of(ip) if ":" in ip else ip


@lru_cache(maxsize=16_384)
def _network_of(ip: str) -> str:
    return str(ip_network((ip, 64), strict=False))


@dataclass(frozen=True)
class AddressRules:
    """Which headers are believed. `first_from` = whose first X-Forwarded-For address counts."""

    trusted: tuple[Network, ...]
    first_from: Literal["any", "loopback", "nobody"]

    @classmethod
    def of(cls, trusted_proxies: str, trust_forwarded: str) -> AddressRules:
        """From the settings of these names. Raises Misconfigured for what is no network."""
        try:
            trusted = tuple(
                ip_network(part.strip(), strict=False)
                for part in trusted_proxies.split(",")
                if part.strip()
            )
        except ValueError as error:
            raise Misconfigured("trusted_proxies", str(error)) from None
        if trust_forwarded == "first":
            return cls(trusted, "any")
        return cls(trusted, "nobody" if trusted else "loopback")

    def client(self, peer: str, forwarded: str, real: str) -> str:
        """The client's address: `peer` with the values of X-Forwarded-For and X-Real-IP."""
        if self.first_from == "any" or (self.first_from == "loopback" and _is_loopback(peer)):
            first = canonical_ip(forwarded.partition(",")[0]) if forwarded else None
            return first or (canonical_ip(real) if real else None) or peer
        if not self.trusted or not self._trusts(peer):
            return peer
        for part in reversed(forwarded.split(",")) if forwarded else ():
            address = canonical_ip(part)
            if address is None:
                break
            if not self._trusts(address):
                return address
        return (canonical_ip(real) if real else None) or peer

    def _trusts(self, ip: str) -> bool:
        try:
            address = ip_address(ip)
        except ValueError:
            return False
        return any(address in network for network in self.trusted)


@lru_cache(maxsize=1024)
def _is_loopback(peer: str) -> bool:
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return False


#: What robots call themselves, by kind; lower case, matched anywhere in the user agent.
_ROBOTS = {
    "headless": r"headless|phantomjs|electron/.*headless|htmlunit|splash",
    "automation": r"selenium|webdriver|puppeteer|playwright|cypress|browserless|testcafe",
    "crawler": (
        r"(?<!cu)bot\b|bots\b|spider|crawl|slurp|bingpreview|yandex(?:bot|images|metrika)"
        r"|baiduspider|sogou|duckduckgo|applebot|petalbot|bytespider|gptbot|chatgpt-user|oai-search"
        r"|claudebot|claude-web|anthropic-ai|perplexity|ccbot|amazonbot|ahrefs|semrush|mj12|dotbot"
        r"|dataforseo|screaming frog|archive\.org|ia_archiver|mediapartners-google|feedfetcher"
        r"|google-inspectiontool|googleother|storebot|scrapy|nutch|heritrix|facebookcatalog"
    ),
    "preview": (
        r"facebookexternalhit|facebot|meta-external|twitterbot|linkedinbot|slackbot|slack-imgproxy"
        r"|telegrambot|whatsapp|discordbot|skypeuripreview|pinterestbot|redditbot|embedly|iframely"
        r"|vkshare|quora link preview|outbrain|google-read-aloud"
    ),
    "monitor": (
        r"lighthouse|pagespeed|gtmetrix|pingdom|uptimerobot|statuscake|site24x7|newrelicpinger"
        r"|datadog|catchpoint|webpagetest|ptst/|speedcurve|dareboost|chrome-lighthouse|monitis"
        r"|checkly|better uptime|hetrixtools"
    ),
}
_ROBOT = re.compile("|".join(f"(?P<{kind}>{names})" for kind, names in _ROBOTS.items()))


@lru_cache(maxsize=8_192)
def bot_reason(user_agent: str) -> str | None:
    """`crawler: googlebot` for a robot's user agent, None for what looks like a person's."""
    found = _ROBOT.search(user_agent.lower())
    return None if found is None else f"{found.lastgroup}: {found.group()}"
