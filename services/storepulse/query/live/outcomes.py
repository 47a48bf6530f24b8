"""Which accepted event was applied, which was a repeat, which died. Pure.

What the agents apply they publish, byte for byte, into the partition of the same number; what dies
they copy with the offset it had. A repeat leaves no record: it is one whose offset the ledger
holds, when all that was published up to that moment has been read and was not it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from storepulse.query.live.entries import Entry

#: Accepted events of one partition whose outcome is waited for; of more it stays unknown.
MOST_WAITING = 6_000
#: Outcomes that may come before their event does: topics are read side by side.
MOST_EARLY = 6_000

V = TypeVar("V")
Ranges = Sequence[tuple[int, int]]


@dataclass(slots=True)
class WaitingEvent:
    """An accepted event without an outcome. `entry` is None where it is counted alone."""

    offset: int
    key: int
    store_id: str | None
    entry: Entry | None


@dataclass(slots=True)
class LedgerLook:
    """What the ledger held of a partition, and up to where its outcomes have to be read."""

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
    #: How far the two topics of outcomes were read.
    events_read: int = 0
    dead_read: int = 0
    _look: LedgerLook | None = None

    def add(self, event: WaitingEvent) -> WaitingEvent | None:
        """One more waits. The one that has waited longest, where there are too many now."""
        self.waiting[event.offset] = event
        self._by_key.setdefault(event.key, []).append(event.offset)
        if len(self.waiting) <= MOST_WAITING:
            return None
        return self._remove(next(iter(self.waiting)))

    def pop_early(self, event: WaitingEvent) -> int | dict[str, str] | None:
        """The outcome of an event that came before it did: when it was applied, or the headers of
        a dead letter."""
        applied_at = self._early_applied.pop(event.key, None)
        return applied_at if applied_at is not None else self._early_dead.pop(event.offset, None)

    def take_applied(self, key: int, at_ms: int) -> WaitingEvent | None:
        """The event that was applied: of equal ones the first. None where it has not come yet."""
        offsets = self._by_key.get(key)
        if not offsets:
            _remember(self._early_applied, key, at_ms)
            return None
        return self._remove(min(offsets))

    def take_dead(self, offset: int, headers: dict[str, str]) -> WaitingEvent | None:
        """The event that died. None where it has not come yet."""
        if offset not in self.waiting:
            _remember(self._early_dead, offset, headers)
            return None
        return self._remove(offset)

    def note_ledger(self, look: LedgerLook) -> None:
        """What the ledger says; it counts once all outcomes up to then have been read."""
        self._look = look

    def take_repeats(self) -> Iterator[WaitingEvent]:
        """Events that the ledger holds though nothing was made of them."""
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
        """Gives up all that waits."""
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
