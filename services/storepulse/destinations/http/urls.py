"""URLs of destinations: which are accepted, and the parts that a request needs.

HTTPS, or plain HTTP to loopback. No user or password, no fragment, no network interface, and no
address that is refused whatever the settings are.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

import yarl

from storepulse.adapters.plain_httpx import httpx
from storepulse.destinations.http.failures import RequestFailed
from storepulse.domain.addresses import Reach, is_loopback_host, refusal
from storepulse.domain.errors import Rejected

#: Characters of a URL.
URL_LIMIT = 2048
#: Characters of a part of a host's name (RFC 1035).
LABEL_LIMIT = 63
_is_numeric = re.compile(r"[0-9a-fA-FxX.]*[0-9][0-9a-fA-FxX.]*").fullmatch


def checked_url(field: str, text: object, reach: Reach = "private") -> httpx.URL:
    """Check a destination's URL. An address literal in it must be within `reach`.

    Raises Rejected, naming `field`, if the URL is not accepted.
    """
    if not isinstance(text, str) or not 0 < len(text) <= URL_LIMIT:
        raise Rejected(field, f"must be a URL of at most {URL_LIMIT} characters")
    try:
        url = httpx.URL(text)
        host = url.host
    except (httpx.InvalidURL, UnicodeError) as error:
        # Also raised for a host with invalid Punycode.
        raise Rejected(field, f"is not a URL: {error}") from None
    if url.scheme not in ("https", "http"):
        raise Rejected(field, "must use https")
    if not host:
        raise Rejected(field, "has no host")
    if "%" in host:
        raise Rejected(field, "names a network interface")
    if url.userinfo:
        raise Rejected(field, "has a user or password: these belong in the secrets")
    if url.fragment:
        raise Rejected(field, "has a fragment")
    if url.port is not None and not 0 < url.port < 65536:
        raise Rejected(field, "has no usable port")
    name = host.removesuffix(".")
    labels = url.raw_host.decode("ascii").removesuffix(".").split(".")
    if ":" not in name and not all(0 < len(label) <= LABEL_LIMIT for label in labels):
        raise Rejected(field, f"has a host with a part of none or over {LABEL_LIMIT} characters")
    if url.scheme == "http" and not is_loopback_host(name):
        raise Rejected(field, "must use https outside of loopback")
    # `reach` decides about this machine and private networks; other special addresses are refused.
    literal = literal_of(name)
    if literal is not None and (why := refusal(literal, reach)) is not None:
        raise Rejected(field, f"must not be reached: {why}")
    return url


def host_of(text: str) -> str:
    """Host and port of a URL; the whole text if it is not an accepted URL."""
    try:
        return target_of(text).host
    except RequestFailed:
        return text


def literal_of(host: str) -> str | None:
    """The address if a URL's host is an address literal; None for a name that must be resolved.

    Includes decimal, octal, hexadecimal and short forms, which systems accept: `2130706433`,
    `0x7f.1`.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host)) if _is_numeric(host) else None
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """A checked URL for a request: `url` is sent unchanged, `host` is the Host header."""

    url: yarl.URL
    host: str
    is_plain: bool


@lru_cache(maxsize=1024)
def target_of(text: str, reach: Reach = "private") -> RequestTarget:
    """The target of a URL. Raises RequestFailed if the URL is not accepted."""
    try:
        url = checked_url("its URL", text, reach)
    except Rejected as error:
        raise RequestFailed("address", str(error)) from error
    host = url.netloc.decode("ascii")
    whole = f"{url.scheme}://{host}{url.raw_path.decode('ascii')}"
    return RequestTarget(yarl.URL(whole, encoded=True), host, url.scheme == "http")
