"""Stores and their settings in memory, for processes that must not query PostgreSQL per event.

`table_reader` keeps the table up to date. A store that is not known has the default settings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from storepulse.access.limit_table import LimitTable
from storepulse.access.secret_table import SecretTable
from storepulse.adapters.clock import Clock, system_clock
from storepulse.domain.store_secrets import SecretKind
from storepulse.domain.store_settings import DEFAULTS, Addresses, StoreSettings
from storepulse.domain.time_zones import ZonePeriod


@dataclass(frozen=True, slots=True)
class KnownStore:
    """A store for processing events. `store_id` is a UUID in canonical form; `zones` are in the
    order of their days."""

    store_id: str
    domain: str | None
    settings: StoreSettings
    zones: tuple[ZonePeriod, ...] = ()


class StoreTable:
    """Looks stores up; `is_loaded` is False until they have been read once.

    `kept_addresses`: what is kept of visitors' addresses, of each store that does not keep them in
    full; so other stores cost nothing. `limits`: reached limits of plans. `secrets` stays empty in
    a process without the box that opens them.
    """

    def __init__(self, clock: Clock = system_clock) -> None:
        self._by_id: dict[str, KnownStore] = {}
        self._id_of_domain: dict[str, str] = {}
        self.secrets = SecretTable()
        self.limits = LimitTable(clock)
        self.kept_addresses: dict[str, Addresses] = {}
        self.is_loaded = False

    def __len__(self) -> int:
        return len(self._by_id)

    def find(self, store_id: str) -> KnownStore | None:
        """The store, or None if it was never declared."""
        return self._by_id.get(store_id)

    def find_by_domain(self, domain: str) -> KnownStore | None:
        """The store with a domain in normal form, or None if no declared store has it."""
        store = self._by_id.get(self._id_of_domain.get(domain, ""))
        # A domain that a store gave up may belong to another one by now.
        return store if store is not None and store.domain == domain else None

    def secrets_of(self, store_id: str, kind: SecretKind) -> tuple[str, ...]:
        """The valid secrets of a store, newest first."""
        return self.secrets.of(store_id, kind)

    def settings_of(self, store_id: str) -> StoreSettings:
        """The settings of a store, declared or not."""
        store = self._by_id.get(store_id)
        return DEFAULTS if store is None else store.settings

    def load(self, stores: Iterable[KnownStore]) -> None:
        """Replace the whole table at once."""
        self._by_id = {store.store_id: store for store in stores}
        self._id_of_domain = {
            store.domain: store_id for store_id, store in self._by_id.items() if store.domain
        }
        self.kept_addresses = {
            store_id: store.settings.addresses
            for store_id, store in self._by_id.items()
            if store.settings.addresses != "full"
        }
        self.is_loaded = True

    def update(self, stores: Iterable[KnownStore]) -> None:
        """Add new stores and replace changed ones."""
        for store in stores:
            self._by_id[store.store_id] = store
            if store.domain:
                self._id_of_domain[store.domain] = store.store_id
            if store.settings.addresses == "full":
                self.kept_addresses.pop(store.store_id, None)
            else:
                self.kept_addresses[store.store_id] = store.settings.addresses
