"""Secrets in memory: the newest first, ended in time, and never shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storepulse.access.secret_table import KnownSecret, SecretTable
from storepulse.access.store_table import KnownStore, StoreTable
from storepulse.domain.store_settings import DEFAULTS

NOW = datetime(2026, 3, 1, tzinfo=UTC)
A, B = "store-a", "store-b"


def secret(
    name: str, value: str, age: int = 0, store: str = A, ends: int | None = None
) -> KnownSecret:
    retired_at = None if ends is None else NOW + timedelta(seconds=ends)
    return KnownSecret(name, store, "signing", value, NOW - timedelta(seconds=age), retired_at)


def test_the_newest_comes_first_and_stores_do_not_meet() -> None:
    table = SecretTable()
    assert (table.is_loaded, table.of(A, "signing")) == (False, ())
    table.load([secret("1", "old", 9), secret("2", "new", 1), secret("3", "theirs", store=B)])
    assert table.is_loaded
    assert table.of(A, "signing") == ("new", "old")
    assert table.of(B, "signing") == ("theirs",)
    assert table.of(A, "shopify") == ()


def test_what_changes_replaces_what_was() -> None:
    table = SecretTable()
    table.load([secret("1", "old", 9)])
    table.update([secret("1", "old", 9, ends=5), secret("2", "new")])
    table.update([secret("1", "old", 9, ends=5)])  # read again by the next round
    assert table.of(A, "signing") == ("new", "old")
    table.update([secret("1", "", 9, ends=0)])
    assert table.of(A, "signing") == ("new",)
    table.load([])
    assert table.of(A, "signing") == ()


def test_they_end_by_themselves() -> None:
    table = SecretTable()
    table.load([secret("1", "old", 9, ends=5), secret("2", "new")])
    table.end_retired(NOW + timedelta(seconds=4))
    assert table.of(A, "signing") == ("new", "old")
    table.end_retired(NOW + timedelta(seconds=5))
    assert table.of(A, "signing") == ("new",)
    table.end_retired(NOW + timedelta(days=5))
    assert table.of(A, "signing") == ("new",)


def test_no_secret_is_shown() -> None:
    assert "hidden" not in repr(secret("1", "hidden")) + repr([secret("1", "hidden")])


def test_a_store_is_found_by_its_domain_of_now() -> None:
    table = StoreTable()
    table.load([KnownStore(A, "a.example", DEFAULTS), KnownStore(B, None, DEFAULTS)])
    found = table.find_by_domain("a.example")
    assert found is not None
    assert found.store_id == A
    table.update([KnownStore(A, "new.example", DEFAULTS)])
    assert table.find_by_domain("a.example") is None
    table.update([KnownStore(B, "a.example", DEFAULTS)])
    moved = table.find_by_domain("a.example")
    assert moved is not None
    assert moved.store_id == B
    assert table.find_by_domain("") is None
