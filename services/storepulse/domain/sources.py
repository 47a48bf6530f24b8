"""The source of a visit: the host of its referrer, and the UTM parameters of its page.

The host is in lower case, without port and `www.`; an IPv6 address has no brackets; an Android app
has its name. A referrer in the shop itself is not a source: its host is the page's own or one of
the store's domains, with or without `www.`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl

SOURCE_CHARACTERS = 253
UTM_CHARACTERS = 255
#: The maximum of parameters that are read from one URL.
_MOST_PARAMETERS = 100

_host = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@\\]*@)?(?:\[([0-9A-Fa-f:.]+)\]|([^\s/?#:@\\\[\]]+))"
    r"(?::\d*)?(?=[/?#]|\Z)"
).match


class Utm(NamedTuple):
    """The UTM parameters of a URL; None for missing ones."""

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    term: str | None = None
    content: str | None = None


NO_UTM = Utm()


def host_of_source(url: str | None) -> str | None:
    """The host of a URL of any scheme, in the form of a source; None if it has none."""
    found = _host(url) if url else None
    if found is None:
        return None
    host = (found[1] or found[2]).lower().rstrip(".").removeprefix("www.")
    return host if 0 < len(host) <= SOURCE_CHARACTERS else None


def source_of(
    referrer: str | None, page_url: str | None = None, domains: Iterable[str | None] = ()
) -> str | None:
    """The source of an event; None for the shop itself, and if no host can be read.

    `domains`: the store's own.
    """
    host = host_of_source(referrer)
    if host is None or host == host_of_source(page_url):
        return None
    own = (domain.lower().removeprefix("www.") for domain in domains if domain)
    return None if host in own else host


def utm_of(url: str | None) -> Utm:
    """The UTM parameters of a URL, decoded, trimmed, and truncated to 255 characters.

    Of a repeated parameter the first non-empty one counts.
    """
    if not url or "utm_" not in url.lower():
        return NO_UTM
    query = url.partition("#")[0].partition("?")[2]
    found: dict[str, str] = {}
    # Truncated here, because the parser's own limit would refuse all parameters.
    few = "&".join(query.split("&", _MOST_PARAMETERS)[:_MOST_PARAMETERS])
    for name, value in parse_qsl(few, errors="replace"):
        text = value.replace("\0", "\ufffd").strip()[:UTM_CHARACTERS].strip()
        if text:
            found.setdefault(name.lower(), text)
    return Utm(*(found.get(f"utm_{field}") for field in Utm._fields))
