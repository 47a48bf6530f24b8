"""A short-lived cache of look-ups by hash in PostgreSQL.

A revocation takes effect within `FRESH_SECONDS`. While PostgreSQL is unavailable, cached values
stay valid for `STALE_SECONDS`, and others cannot be looked up.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

from storepulse.adapters.logging import logger
from storepulse.domain.errors import Transient

T = TypeVar("T")

FRESH_SECONDS = 2.0
STALE_SECONDS = 300.0
MOST_REMEMBERED = 10_000
#: How long PostgreSQL is not queried again after it did not answer.
AWAY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Found(Generic[T]):
    at: float
    value: T


class LookupMemory(Generic[T]):
    """Values by their hash.

    Unknown hashes have a cache of their own, so that a flood of them does not evict known ones.
    `look_up` returns None for them, or raises Transient.
    """

    def __init__(
        self,
        look_up: Callable[[bytes], Awaitable[T | None]],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._look_up = look_up
        self._clock = clock
        self._known: dict[bytes, _Found[T]] = {}
        self._unknown: dict[bytes, float] = {}
        self._away_until = 0.0

    async def find(self, value_hash: bytes) -> T | None:
        """The value, or None if there is none. Raises Transient."""
        now = self._clock()
        remembered = self._known.get(value_hash)
        if remembered is not None and now - remembered.at < FRESH_SECONDS:
            return remembered.value
        if now - self._unknown.get(value_hash, -FRESH_SECONDS) < FRESH_SECONDS:
            return None
        if now < self._away_until:
            return self._stale_value(remembered, now)
        try:
            found = await self._look_up(value_hash)
        except Transient as fault:
            logger().warning("keys_not_looked_up", fault=str(fault))
            self._away_until = self._clock() + AWAY_SECONDS
            return self._stale_value(remembered, now)
        self._remember(value_hash, found, now)
        return found

    def forget(self, value_hash: bytes) -> None:
        """Drop a value, so that the next `find` queries PostgreSQL."""
        self._known.pop(value_hash, None)

    def _stale_value(self, remembered: _Found[T] | None, now: float) -> T:
        if remembered is None or now - remembered.at >= STALE_SECONDS:
            raise Transient("keys cannot be looked up")
        return remembered.value

    def _remember(self, value_hash: bytes, found: T | None, now: float) -> None:
        memory: dict[bytes, _Found[T]] | dict[bytes, float]
        memory = self._unknown if found is None else self._known
        if len(memory) >= MOST_REMEMBERED:
            memory.clear()
        if found is None:
            self._known.pop(value_hash, None)
            self._unknown[value_hash] = now
        else:
            self._unknown.pop(value_hash, None)
            self._known[value_hash] = _Found(now, found)
