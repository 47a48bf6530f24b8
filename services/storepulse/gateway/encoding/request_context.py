"""The values of a request that apply to all its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from storepulse.access.limit_table import JudgedLimits
from storepulse.domain.clients import kept_address
from storepulse.domain.store_settings import Addresses
from storepulse.domain.stores import host_of


@dataclass(slots=True)
class RequestContext:
    """The sender, and when the request came. `received_at` in milliseconds since 1970.

    `ip` and `user_agent` are the visitor's, None if unknown; a server's own are never used.
    `trusted`: the sender holds a secret key. `key_store`: the store that its key is tied to.
    `correlation`: the id that the sender gave, if any. `page_host`: the host of the page that sent
    it. `country`: the visitor's. `clock_error`: how far the sender's clock is ahead, in
    milliseconds. `kept_addresses`: for each store that does not keep the full `ip`, what it keeps.
    `judged`: the reached plan limits, if the events must be checked against them. `is_own_work`:
    the sender is Storepulse itself, which alone may report its own meters.
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
        """The context in the kept form already if the key is tied to a store, since no other store
        occurs."""
        if not self.kept_addresses or self.key_store is None:
            return self
        own = self.narrowed(self.kept_addresses.get(self.key_store, "full"))
        return replace(own, kept_addresses=None)

    def narrowed(self, kept: Addresses) -> RequestContext:
        """The context with the visitor's address in the form that is kept."""
        if kept == "full" or self.ip is None:
            return self
        return replace(self, ip=kept_address(self.ip, kept))


def page_host_of(origin: str, referer: str) -> str | None:
    """The host of the page that sent a beacon, from its Origin or Referer header."""
    return host_of(origin) or host_of(referer)
