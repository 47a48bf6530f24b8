"""What was looked up in PostgreSQL by a hash, remembered for a moment.

What was ended there is known within `FRESH_SECONDS`; while PostgreSQL is away, what was found stays
so for `STALE_SECONDS`, other things cannot be judged.
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
#: How long nobody asks PostgreSQL again after it did not answer.
AWAY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Found(Generic[T]):
    at: float
    value: T


class LookupMemory(Generic[T]):
    """Values by their hash. Hashes of nothing are remembered apart, so that no flood of them makes
    us forget what exists. `look_up` gives None for those, or raises Transient."""

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
        """The value; None where there is none. Raises Transient."""
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
        """Asks PostgreSQL the next time."""
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
