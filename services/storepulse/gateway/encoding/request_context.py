"""What one request says about all its events."""

from __future__ import annotations

from dataclasses import dataclass

from storepulse.domain.stores import host_of


@dataclass(slots=True)
class RequestContext:
    """Who sends, and when it came. `received_at` in milliseconds since 1970.

    `ip` and `user_agent` are the visitor's, None where nobody says: a server's own are in neither.
    `trusted`: the sender holds a secret key. `key_store`: the store that its key is tied to.
    `correlation`: the id that the sender gave, if any. `page_host`: of the page that sent it.
    """

    received_at: int
    source: str
    ip: str | None
    user_agent: str | None
    key_store: str | None
    correlation: str | None
    page_host: str | None = None
    trusted: bool = False
    key_id: object = None


def page_host_of(origin: str, referer: str) -> str | None:
    """The host of the page that sent a beacon, from its Origin or Referer header."""
    return host_of(origin) or host_of(referer)
