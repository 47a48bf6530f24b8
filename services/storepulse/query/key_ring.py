"""Looks up keys in PostgreSQL, with a short-lived cache."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from storepulse.access.keys import ApiKey, hash_of
from storepulse.access.rules.needs import KEY_STARTS
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.pool import Pool
from storepulse.query.lookup_memory import LookupMemory


class KeyRing:
    """Keys by the value that their holders send."""

    def __init__(self, database: Pool, clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._memory = LookupMemory(self._look_up, clock)

    async def find(self, key: str) -> ApiKey | None:
        """The stored key, revoked or not; None if it does not exist. Raises Transient."""
        return await self._memory.find(hash_of(key)) if key.startswith(KEY_STARTS) else None

    async def _look_up(self, key_hash: bytes) -> ApiKey | None:
        statement = named_sql("query/service")["key"]
        return await self._database.instance(ApiKey, statement, {"key_hash": key_hash})
