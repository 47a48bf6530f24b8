"""The outcome of accepted events: applied, duplicate or dead. Pure.

The agents publish what they apply, byte for byte, to the partition of the same number. A dead
letter names the offset that its event had. A duplicate leaves no record: it is recognized once its
offset is in the ledger and all records published up to that look have been read, without one for
it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from storepulse.query.live.entries import Entry

#: Most accepted events of one partition that wait for an outcome. Beyond that it stays unknown.
MOST_WAITING = 6_000
#: Most outcomes kept that arrive before their event; the topics are read concurrently.
MOST_EARLY = 6_000

V = TypeVar("V")
Ranges = Sequence[tuple[int, int]]


@dataclass(slots=True)
class WaitingEvent:
    """An accepted event without an outcome. `entry` is None if the event is only counted."""

    offset: int
    key: int
    store_id: str | None
    entry: Entry | None


@dataclass(slots=True)
class LedgerLook:
    """A partition's applied offsets in the ledger, and the ends up to which its outcomes must be
    read."""

    applied: Ranges
    events_end: int
    dead_end: int


@dataclass(slots=True)
class PartitionOutcomes:
    """The events of one partition that wait for their outcome."""

    waiting: OrderedDict[int, WaitingEvent] = field(default_factory=OrderedDict)
    _by_key: dict[int, list[int]] = field(default_factory=dict)
    _early_applied: OrderedDict[int, int] = field(default_factory=OrderedDict)
    _early_dead: OrderedDict[int, dict[str, str]] = field(default_factory=OrderedDict)
    #: The offsets up to which the two topics of outcomes were read.
    events_read: int = 0
    dead_read: int = 0
    _look: LedgerLook | None = None

    def add(self, event: WaitingEvent) -> WaitingEvent | None:
        """Add a waiting event. Returns the oldest one, removed, if there are too many."""
        self.waiting[event.offset] = event
        self._by_key.setdefault(event.key, []).append(event.offset)
        if len(self.waiting) <= MOST_WAITING:
            return None
        return self._remove(next(iter(self.waiting)))

    def pop_early(self, event: WaitingEvent) -> int | dict[str, str] | None:
        """The outcome that arrived before this event, if any: the time it was applied, or the
        headers of a dead letter."""
        applied_at = self._early_applied.pop(event.key, None)
        return applied_at if applied_at is not None else self._early_dead.pop(event.offset, None)

    def take_applied(self, key: int, at_ms: int) -> WaitingEvent | None:
        """Remove the event that was applied: the first of equal ones. None if it has not arrived
        yet."""
        offsets = self._by_key.get(key)
        if not offsets:
            _remember(self._early_applied, key, at_ms)
            return None
        return self._remove(min(offsets))

    def take_dead(self, offset: int, headers: dict[str, str]) -> WaitingEvent | None:
        """Remove the event that died. None if it has not arrived yet."""
        if offset not in self.waiting:
            _remember(self._early_dead, offset, headers)
            return None
        return self._remove(offset)

    def note_ledger(self, look: LedgerLook) -> None:
        """Store a look at the ledger. It is used once outcomes have been read up to its ends."""
        self._look = look

    def take_repeats(self) -> Iterator[WaitingEvent]:
        """Remove the events that are in the ledger but left no outcome."""
        look = self._look
        if look is None or self.events_read < look.events_end or self.dead_read < look.dead_end:
            return
        self._look = None
        held = [
            offset
            for offset in self.waiting
            if any(lower <= offset < upper for lower, upper in look.applied)
        ]
        for offset in held:
            yield self._remove(offset)

    def clear(self) -> list[WaitingEvent]:
        """Remove and return all waiting events."""
        given_up = list(self.waiting.values())
        self.waiting.clear()
        self._by_key.clear()
        self._early_applied.clear()
        self._early_dead.clear()
        self._look = None
        return given_up

    def _remove(self, offset: int) -> WaitingEvent:
        event = self.waiting.pop(offset)
        offsets = self._by_key[event.key]
        offsets.remove(offset)
        if not offsets:
            del self._by_key[event.key]
        return event


def _remember(early: OrderedDict[int, V], key: int, value: V) -> None:
    early[key] = value
    if len(early) > MOST_EARLY:
        early.popitem(last=False)
