"""Where a visit came from: the host of its referrer, and the UTM parameters of its page.

The host is in lower case, without port and `www.`, an IPv6 address without brackets; of an Android
app it is the app's name. A referrer in the shop itself is none: one whose host is the page's own
or one of the store's domains, with or without `www.`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

SOURCE_CHARACTERS = 253
UTM_CHARACTERS = 255
#: Parameters that are looked at in one URL.
_MOST_PARAMETERS = 100

_host = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@\\]*@)?(?:\[([0-9A-Fa-f:.]+)\]|([^\s/?#:@\\\[\]]+))"
    r"(?::\d*)?(?=[/?#]|\Z)"
).match


class Utm(NamedTuple):
    """The UTM parameters of a URL; None for those that it does not have."""

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    term: str | None = None
    content: str | None = None


NO_UTM = Utm()


def host_of_source(url: str | None) -> str | None:
    """The host of a URL of any scheme, in the form of a source; None where it has none."""
    found = _host(url) if url else None
    if found is None:
        return None
    host = (found[1] or found[2]).lower().rstrip(".").removeprefix("www.")
    return host if 0 < len(host) <= SOURCE_CHARACTERS else None


@lru_cache(maxsize=8_192)
def _source_of(referrer: str, own_hosts: tuple[str | None, ...]) -> str | None:
    host = host_of_source(referrer)
    return None if host in own_hosts else host


def source_of(
    referrer: str | None, page_url: str | None = None, domains: Iterable[str | None] = ()
) -> str | None:
    """The source of an event; None for the shop itself, and where no host can be read.

    `domains`: the store's own.
    """
    if not referrer:
        return None
    names = (domain.lower().removeprefix("www.") for domain in domains if domain)
    return _source_of(referrer, (host_of_source(page_url), *names))


@lru_cache(maxsize=8_192)
def utm_of(url: str | None) -> Utm:
    """The UTM parameters of a URL, decoded and trimmed, cut at 255 characters.

    Of a parameter that stands twice the first one that is not empty counts.
    """
    if not url or "utm_" not in url.lower():
        return NO_UTM
    query = url.partition("#")[0].partition("?")[2]
    found: dict[str, str] = {}
    # The parameters are cut off instead of counted by the parser, which would refuse them all.
    few = "&".join(query.split("&", _MOST_PARAMETERS)[:_MOST_PARAMETERS])
    for name, value in parse_qsl(few, errors="replace"):
        text = value.replace("\0", "\ufffd").strip()[:UTM_CHARACTERS].strip()
        if text:
            found.setdefault(name.lower(), text)
    return Utm(*(found.get(f"utm_{field}") for field in Utm._fields))
