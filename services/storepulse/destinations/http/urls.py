"""URLs of destinations: which ones are accepted, and what a request needs of one.

HTTPS, or plain HTTP to loopback. No names or passwords, no fragments, no network interfaces, no
addresses that are never reached whatever the settings say.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import httpx
import yarl

from storepulse.destinations.http.failures import RequestFailed
from storepulse.domain.addresses import is_literal, is_loopback, refusal
from storepulse.domain.errors import Rejected

#: Characters of a URL.
URL_LIMIT = 2048


def checked_url(field: str, text: object) -> httpx.URL:
    """The URL of a destination. Raises Rejected, naming `field`, where none could be reached."""
    if not isinstance(text, str) or not 0 < len(text) <= URL_LIMIT:
        raise Rejected(field, f"wants a URL of at most {URL_LIMIT} characters")
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise Rejected(field, f"is no URL: {error}") from None
    if url.scheme not in ("https", "http"):
        raise Rejected(field, "wants https")
    if not url.host:
        raise Rejected(field, "has no host")
    if "%" in url.host:
        raise Rejected(field, "names a network interface")
    if url.userinfo:
        raise Rejected(field, "has a user or password: these belong in the secrets")
    if url.fragment:
        raise Rejected(field, "has a fragment")
    if url.port is not None and not 0 < url.port < 65536:
        raise Rejected(field, "has no usable port")
    name = url.host.rstrip(".")
    if url.scheme == "http" and name != "localhost" and not is_loopback(name):
        raise Rejected(field, "wants https outside of loopback")
    # A setting decides about this machine and private networks; the rest is never reached.
    if is_literal(name) and (why := refusal(name, "private")) is not None:
        raise Rejected(field, f"must not be reached: {why}")
    return url


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """A checked URL as requests take it: `url` is sent as it stands, `host` in its header."""

    url: yarl.URL
    host: str
    is_plain: bool


@lru_cache(maxsize=1024)
def target_of(text: str) -> RequestTarget:
    """The target of a URL. Raises RequestFailed where the URL could not be reached."""
    try:
        url = checked_url("its URL", text)
    except Rejected as error:
        raise RequestFailed("address", str(error)) from error
    host = url.netloc.decode("ascii")
    whole = f"{url.scheme}://{host}{url.raw_path.decode('ascii')}"
    return RequestTarget(yarl.URL(whole, encoded=True), host, url.scheme == "http")
