"""URLs of destinations: which ones are accepted, and what a request needs of one.

HTTPS, or plain HTTP to loopback. No names or passwords, no fragments, no network interfaces, no
addresses that are never reached whatever the settings say.
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
from storepulse.domain.addresses import Reach, is_loopback, refusal
from storepulse.domain.errors import Rejected

#: Characters of a URL.
URL_LIMIT = 2048
#: Characters of a part of a host's name (RFC 1035).
LABEL_LIMIT = 63
_is_numeric = re.compile(r"[0-9a-fA-FxX.]*[0-9][0-9a-fA-FxX.]*").fullmatch


def checked_url(field: str, text: object, reach: Reach = "private") -> httpx.URL:
    """The URL of a destination, an address in which is within `reach`.

    Raises Rejected, naming `field`, where none could be reached.
    """
    if not isinstance(text, str) or not 0 < len(text) <= URL_LIMIT:
        raise Rejected(field, f"must be a URL of at most {URL_LIMIT} characters")
    try:
        url = httpx.URL(text)
        host = url.host
    except (httpx.InvalidURL, UnicodeError) as error:
        # Also for a host that is named as if it were Punycode, and is not.
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
    if url.scheme == "http" and name != "localhost" and not is_loopback(name):
        raise Rejected(field, "must use https outside of loopback")
    # A setting decides about this machine and private networks; the rest is never reached.
    literal = literal_of(name)
    if literal is not None and (why := refusal(literal, reach)) is not None:
        raise Rejected(field, f"must not be reached: {why}")
    return url


def host_of(text: str) -> str:
    """Host and port of a URL; all of what is none."""
    try:
        return target_of(text).host
    except RequestFailed:
        return text


def literal_of(host: str) -> str | None:
    """The address that a URL's host is; None for a name that has to be asked for.

    Systems also take decimal, octal, hexadecimal and short forms: `2130706433`, `0x7f.1`.
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
    """A checked URL as requests take it: `url` is sent as it stands, `host` in its header."""

    url: yarl.URL
    host: str
    is_plain: bool


@lru_cache(maxsize=1024)
def target_of(text: str, reach: Reach = "private") -> RequestTarget:
    """The target of a URL. Raises RequestFailed where the URL could not be reached."""
    try:
        url = checked_url("its URL", text, reach)
    except Rejected as error:
        raise RequestFailed("address", str(error)) from error
    host = url.netloc.decode("ascii")
    whole = f"{url.scheme}://{host}{url.raw_path.decode('ascii')}"
    return RequestTarget(yarl.URL(whole, encoded=True), host, url.scheme == "http")
