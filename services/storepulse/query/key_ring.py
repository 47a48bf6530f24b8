"""Keys as the query service looks them up: in PostgreSQL, each remembered for a moment.

A revoked key is refused within `FRESH_SECONDS`; while PostgreSQL is away, keys that were good stay
so for `STALE_SECONDS`, others cannot be judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from storepulse.access.keys import ApiKey, hash_of
from storepulse.access.rules.needs import KEY_STARTS
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.pool import Pool
from storepulse.domain.errors import Transient

FRESH_SECONDS = 2.0
STALE_SECONDS = 300.0
MOST_KEYS = 10_000
#: How long nobody asks PostgreSQL again after it did not answer.
AWAY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _RememberedKey:
    at: float
    key: ApiKey


class KeyRing:
    """Keys by their hash. Unknown ones are remembered apart, so that no flood of them makes us
    forget those that exist."""

    def __init__(self, database: Pool, clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[bytes, _RememberedKey] = {}
        self._unknown: dict[bytes, float] = {}
        self._away_until = 0.0

    async def find(self, key: str) -> ApiKey | None:
        """The stored key, revoked or not; None for one that was never made. Raises Transient."""
        if not key.startswith(KEY_STARTS):
            return None
        key_hash, now = hash_of(key), self._clock()
        remembered = self._known.get(key_hash)
        if remembered is not None and now - remembered.at < FRESH_SECONDS:
            return remembered.key
        if now - self._unknown.get(key_hash, -FRESH_SECONDS) < FRESH_SECONDS:
            return None
        if now < self._away_until:
            return self._stale_key(remembered, now)
        statement = named_sql("query/service")["key"]
        try:
            stored = await self._database.instance(ApiKey, statement, {"key_hash": key_hash})
        except Transient as fault:
            logger().warning("keys_not_looked_up", fault=str(fault))
            self._away_until = self._clock() + AWAY_SECONDS
            return self._stale_key(remembered, now)
        self._remember(key_hash, stored, now)
        return stored

    def _stale_key(self, remembered: _RememberedKey | None, now: float) -> ApiKey:
        if remembered is None or now - remembered.at >= STALE_SECONDS:
            raise Transient("keys cannot be looked up")
        return remembered.key

    def _remember(self, key_hash: bytes, key: ApiKey | None, now: float) -> None:
        memory: dict[bytes, _RememberedKey] | dict[bytes, float]
        memory = self._unknown if key is None else self._known
        if len(memory) >= MOST_KEYS:
            memory.clear()
        if key is None:
            self._known.pop(key_hash, None)
            self._unknown[key_hash] = now
        else:
            self._unknown.pop(key_hash, None)
            self._known[key_hash] = _RememberedKey(now, key)
