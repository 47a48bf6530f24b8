"""Events in memory that wait to be sent.

Only the sender's thread changes a backlog. A portion stays in it until it is settled.
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
    """The oldest events of a backlog. `taken_at`: when they were queued, in seconds since 1970."""

    events: list[QueuedEvent] = field(default_factory=list)
    taken_at: float = 0.0
    #: Whether this process queued them; otherwise another process left them in a spool.
    is_own: bool = True
    file: Path | None = None


class EventBacklog(Protocol):
    """A queue of events that wait to be sent."""

    #: Why events that should be on disk are in memory, until it is reported.
    fault: str | None

    @property
    def is_safe(self) -> bool:
        """Whether its events outlive the process."""

    @property
    def waiting_count(self) -> int:
        """The number of events in memory."""

    def add(self, events: list[QueuedEvent], now: float) -> list[QueuedEvent]:
        """Add events; return those for which there is no room."""

    def oldest_time(self) -> float | None:
        """When the oldest event was queued, in seconds since 1970."""

    def has_older(self) -> bool:
        """Whether a portion is ready to be sent."""

    def take(self) -> Portion | None:
        """The oldest portion; it stays in the backlog until it is settled."""

    def settle(self, portion: Portion) -> None:
        """Remove a portion whose events were all accepted or refused."""

    def look_for_others(self) -> None:
        """Find segments that other processes left."""

    def close(self) -> None:
        """Release what outlives the process to other processes."""

    def abandon(self) -> None:
        """Forget everything without changing it: after a fork it belongs to the parent."""


class MemoryBacklog:
    """A backlog in memory, lost when the process ends."""

    is_safe = False
    fault: str | None = None

    def __init__(self, portion_events: int) -> None:
        self._portion_events = portion_events
        self._events: deque[tuple[float, QueuedEvent]] = deque()
        self.waiting_count = 0

    def add(self, events: list[QueuedEvent], now: float) -> list[QueuedEvent]:
        """Add all events; the caller has checked the limit."""
        self._events.extend((now, event) for event in events)
        self.waiting_count += len(events)
        return []

    def oldest_time(self) -> float | None:
        """When the oldest event was queued."""
        return self._events[0][0] if self._events else None

    def has_older(self) -> bool:
        """Whether there is a full portion."""
        return len(self._events) >= self._portion_events

    def take(self) -> Portion | None:
        """Take the oldest events, at most a portion."""
        if not self._events:
            return None
        portion = Portion(taken_at=self._events[0][0])
        while self._events and len(portion.events) < self._portion_events:
            portion.events.append(self._events.popleft()[1])
        return portion

    def settle(self, portion: Portion) -> None:
        """Subtract the portion's events from the waiting ones."""
        self.waiting_count -= len(portion.events)

    def look_for_others(self) -> None:
        """Do nothing: other processes leave no events in memory."""

    def close(self) -> None:
        """Do nothing: no events outlive the process."""

    def abandon(self) -> None:
        """Do nothing: no file is open."""


MakeBacklog = Callable[[], EventBacklog]
