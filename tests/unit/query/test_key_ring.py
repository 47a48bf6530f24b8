"""How long the query service believes what it knows about a key."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import pytest

from storepulse.access.keys import ApiKey, hash_of, new_key
from storepulse.adapters.postgres.pool import Pool
from storepulse.domain.errors import Transient
from storepulse.query.key_ring import KeyRing
from storepulse.query.lookup_memory import FRESH_SECONDS, STALE_SECONDS

KEY = new_key("secret")


class Table:
    """The keys of a database that may be away; it counts the questions."""

    def __init__(self) -> None:
        self.revoked = False
        self.away = False
        self.asked = 0

    async def instance(self, _kind: Any, _statement: str, given: Any) -> ApiKey | None:
        self.asked += 1
        if self.away:
            raise Transient("PostgreSQL is away")
        if given["key_hash"] != hash_of(KEY):
            return None
        return ApiKey(UUID(int=1), "secret", hash_of(KEY), "ssk_", None, ["read"], [], self.revoked)


class Ring:
    """A key ring with its table, and the time in hand."""

    def __init__(self) -> None:
        self.table = Table()
        self.now = 100.0
        self.ring = KeyRing(cast("Pool", self.table), lambda: self.now)

    async def good(self, key: str = KEY) -> bool:
        found = await self.ring.find(key)
        return found is not None and not found.revoked


async def test_a_revoked_key_is_good_for_two_seconds_at_most() -> None:
    ring = Ring()
    assert await ring.good()
    ring.table.revoked = True
    ring.now += FRESH_SECONDS - 0.1
    assert await ring.good()
    ring.now += 0.1
    assert not await ring.good()


async def test_what_is_no_key_of_ours_is_not_looked_up() -> None:
    ring = Ring()
    assert not await ring.good("password")
    assert ring.table.asked == 0


async def test_known_keys_stay_good_while_postgresql_is_away_for_a_while() -> None:
    ring = Ring()
    assert await ring.good()
    ring.table.away = True
    ring.now += 60
    assert await ring.good()
    with pytest.raises(Transient):
        await ring.good(new_key("secret"))
    ring.now = 100.0 + STALE_SECONDS
    with pytest.raises(Transient):
        await ring.good()
    ring.table.away = False
    ring.now += 2
    assert await ring.good()


async def test_a_server_that_is_away_is_not_asked_for_every_request() -> None:
    ring = Ring()
    assert await ring.good()
    ring.table.away = True
    ring.now += 10
    for _ in range(50):
        assert await ring.good()
    assert ring.table.asked == 2


async def test_a_flood_of_unknown_keys_does_not_make_it_forget() -> None:
    ring = Ring()
    assert await ring.good()
    for _ in range(10_050):
        assert not await ring.good(new_key("secret"))
    asked = ring.table.asked
    assert await ring.good()
    assert ring.table.asked == asked
