"""What one request says about all its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from storepulse.access.limit_table import JudgedLimits
from storepulse.domain.clients import kept_address
from storepulse.domain.store_settings import Addresses
from storepulse.domain.stores import host_of


@dataclass(slots=True)
class RequestContext:
    """Who sends, and when it came. `received_at` in milliseconds since 1970.

    `ip` and `user_agent` are the visitor's, None where nobody says: a server's own are in neither.
    `trusted`: the sender holds a secret key. `key_store`: the store that its key is tied to.
    `correlation`: the id that the sender gave, if any. `page_host`: of the page that sent it.
    `country`: the visitor's. `clock_error`: how far the sender's clock is ahead, in milliseconds.
    `kept_addresses`: of each store that does not keep the whole `ip`, what it keeps. `judged`: the
    limits of plans that stores have reached, where the events are to be judged by them.
    `is_own_work`: the sender is Storepulse, whose meters nobody else reports.
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
    country: str | None = None
    clock_error: int = 0
    kept_addresses: Mapping[str, Addresses] | None = None
    judged: JudgedLimits | None = None
    is_own_work: bool = False

    def narrow_for_key(self) -> RequestContext:
        """The same, narrowed already where a key is tied to its store: there is no other then."""
        if not self.kept_addresses or self.key_store is None:
            return self
        own = self.narrowed(self.kept_addresses.get(self.key_store, "full"))
        return replace(own, kept_addresses=None)

    def narrowed(self, kept: Addresses) -> RequestContext:
        """The same of a visitor whose address is kept so."""
        if kept == "full" or self.ip is None:
            return self
        return replace(self, ip=kept_address(self.ip, kept))


def page_host_of(origin: str, referer: str) -> str | None:
    """The host of the page that sent a beacon, from its Origin or Referer header."""
    return host_of(origin) or host_of(referer)
