"""Events that wait to be sent, in memory.

Rules: the sender's thread alone changes a backlog. A portion stays in it until it is settled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from storepulse.client.encoding import QueuedEvent


@dataclass(slots=True)
class Portion:
    """The oldest events of a backlog. `taken_at`: when they came, in seconds since 1970."""

    events: list[QueuedEvent] = field(default_factory=list)
    taken_at: float = 0.0
    #: Whether this process took them in; those of others were left in a spool.
    is_own: bool = True
    file: Path | None = None


class EventBacklog(Protocol):
    """Where events wait."""

    #: Why events that should be on disk are in memory, until somebody has told it.
    fault: str | None

    @property
    def is_safe(self) -> bool:
        """Whether what is in it outlives the process."""

    @property
    def waiting_count(self) -> int:
        """Events in memory."""

    def add(self, events: list[QueuedEvent], now: float) -> list[QueuedEvent]:
        """Takes events in, and gives back those that it has no room for."""

    def oldest_time(self) -> float | None:
        """When the oldest of them came, in seconds since 1970."""

    def has_older(self) -> bool:
        """Whether there is a portion that waits for nothing."""

    def take(self) -> Portion | None:
        """The oldest portion; it stays in the backlog until it is settled."""

    def settle(self, portion: Portion) -> None:
        """Forgets a portion: each of its events was taken or refused."""

    def look_for_others(self) -> None:
        """Finds what other processes have left."""

    def close(self) -> None:
        """Leaves what outlives the process to others."""

    def abandon(self) -> None:
        """Forgets everything without touching it: after a fork it is the parent's."""


class MemoryBacklog:
    """A backlog that ends with the process."""

    is_safe = False
    fault: str | None = None

    def __init__(self, portion_events: int) -> None:
        self._portion_events = portion_events
        self._events: deque[tuple[float, QueuedEvent]] = deque()
        self.waiting_count = 0

    def add(self, events: list[QueuedEvent], now: float) -> list[QueuedEvent]:
        """Takes all: whoever queues them counts them."""
        self._events.extend((now, event) for event in events)
        self.waiting_count += len(events)
        return []

    def oldest_time(self) -> float | None:
        """When the oldest of them came."""
        return self._events[0][0] if self._events else None

    def has_older(self) -> bool:
        """Whether a portion is full."""
        return len(self._events) >= self._portion_events

    def take(self) -> Portion | None:
        """Up to a portion of the oldest."""
        if not self._events:
            return None
        portion = Portion(taken_at=self._events[0][0])
        while self._events and len(portion.events) < self._portion_events:
            portion.events.append(self._events.popleft()[1])
        return portion

    def settle(self, portion: Portion) -> None:
        """Makes room for as many as the portion had."""
        self.waiting_count -= len(portion.events)

    def look_for_others(self) -> None:
        """There are none."""

    def close(self) -> None:
        """Nothing outlives the process."""

    def abandon(self) -> None:
        """Nothing is held."""


MakeBacklog = Callable[[], EventBacklog]
