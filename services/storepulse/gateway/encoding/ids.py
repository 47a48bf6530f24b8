"""Ids that the gateway assigns: random ones, and the public ones of cart events.

The rules of ids are in `domain.identity`.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from storepulse.domain.envelope import iso_ms
from storepulse.domain.identity import UUID7_DIGITS, uuid7, uuid7_prefix

_ENTROPY_BYTES = 4_096
_PUBLIC_IDS = 65_536


class RandomIds:
    """Random hex digits from the system, fetched in blocks, and ids made of them."""

    __slots__ = ("_at", "_ms", "_pool", "_prefix")

    def __init__(self) -> None:
        self._pool = ""
        self._at = 0
        self._ms = -1
        self._prefix = ""

    def take_digits(self) -> str:
        """The random digits of one UUIDv7."""
        at = self._at
        end = self._at = at + UUID7_DIGITS
        if end > len(self._pool):
            self._pool = os.urandom(_ENTROPY_BYTES).hex()
            at, self._at = 0, UUID7_DIGITS
            end = UUID7_DIGITS
        return self._pool[at:end]

    def make_uuid7(self, now_ms: int) -> str:
        """A new UUIDv7 for a time in milliseconds."""
        if now_ms != self._ms:
            self._ms, self._prefix = now_ms, uuid7_prefix(now_ms)
        return uuid7(self._prefix, self.take_digits())


class PublicIds:
    """The public id and creation time given to each event, remembered for its retries.

    `make` makes an id from milliseconds and a random number.
    """

    def __init__(self, make: Callable[[int, int], str]) -> None:
        self._make = make
        self._by_event: dict[tuple[str, str], tuple[str, int]] = {}

    def give(self, store_id: str, event_id: str, fresh: tuple[str, int]) -> tuple[str, int]:
        """Return what the event was given before, else remember and return `fresh`."""
        given = self._by_event.get((store_id, event_id))
        if given is None:
            if len(self._by_event) >= _PUBLIC_IDS:
                del self._by_event[next(iter(self._by_event))]
            self._by_event[store_id, event_id] = given = fresh
        return given

    def give_new(
        self, store_id: str, event_id: str, now_ms: int, random_ids: RandomIds
    ) -> tuple[str, str]:
        """An event's public id and creation time as text, made now unless it has one already."""
        fresh = (self._make(now_ms, int(random_ids.take_digits(), 16)), now_ms)
        text, created_at = self.give(store_id, event_id, fresh)
        return text, iso_ms(created_at)
