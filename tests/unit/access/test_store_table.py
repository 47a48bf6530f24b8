"""Stores and their settings in memory."""

from __future__ import annotations

from storepulse.access.store_table import KnownStore, StoreTable
from storepulse.domain.store_settings import Addresses, StoreSettings


def store(store_id: str, kept: Addresses) -> KnownStore:
    return KnownStore(store_id, None, StoreSettings(addresses=kept))


def test_stores_that_keep_less_of_addresses_are_known_apart() -> None:
    table = StoreTable()
    table.load([store("a", "full"), store("b", "shortened"), store("c", "none")])
    assert table.kept_addresses == {"b": "shortened", "c": "none"}
    table.update([store("a", "none"), store("b", "full"), store("d", "full")])
    assert table.kept_addresses == {"a": "none", "c": "none"}
    table.load([])
    assert table.kept_addresses == {}
