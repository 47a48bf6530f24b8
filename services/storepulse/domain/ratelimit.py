"""Rate limits as sliding windows over two generations of counters.

The estimate for a client's last window is its count in the current generation plus the share of the
previous one that overlaps the window. At most the limit passes in any window, if the previous one's
requests were spread evenly. Refused requests do not count, so a client that slows down is let in
again. Time is passed in. Memory is bounded: two generations of at most `MAX_CLIENTS` clients.
Further clients are not limited: a limit per address does not help against that many addresses, and
refusing a busy shop's visitors because of each other would be worse.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_CLIENTS = 200_000

#: Window lengths in seconds.
MINUTE = 60.0
HOUR = 3600.0


class Decision(NamedTuple):
    """Whether a request may pass, and the values of its RateLimit headers."""

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int


class RateWindow:
    """One limit: `limit` requests in `seconds`, per client."""

    __slots__ = ("_current", "_previous", "_started", "limit", "seconds")

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._current: dict[str, int] = {}
        self._previous: dict[str, int] = {}
        self._started = 0.0

    def take(self, client: str, now: float) -> Decision:
        """Count one request of `client` at `now` (seconds of any monotonic clock)."""
        elapsed = now - self._started
        if elapsed >= self.seconds:
            self._turn(now, elapsed)
            elapsed = now - self._started
        current = self._current
        count = current.get(client, 0)
        used = count
        if self._previous:
            share = 1.0 - elapsed / self.seconds
            used += int(self._previous.get(client, 0) * share)
        reset = int(self.seconds - elapsed) + 1
        if used >= self.limit:
            return Decision(False, self.limit, 0, reset)
        if count or len(current) < MAX_CLIENTS:
            current[client] = count + 1
        return Decision(True, self.limit, self.limit - used - 1, reset)

    def give_back(self, client: str) -> None:
        """Undo the count of a request of `client` that does not belong to this limit."""
        count = self._current.get(client, 0)
        if count:
            self._current[client] = count - 1

    def _turn(self, now: float, elapsed: float) -> None:
        self._previous = self._current if elapsed < 2 * self.seconds else {}
        self._current = {}
        self._started = self._started + self.seconds if self._previous else now


def take_all(windows: tuple[RateWindow, ...], client: str, now: float) -> Decision:
    """The decision of the tightest window: the first that refuses, else the least remaining."""
    tightest = windows[0].take(client, now)
    for window in windows[1:]:
        if not tightest.allowed:
            break
        decision = window.take(client, now)
        if not decision.allowed or decision.remaining < tightest.remaining:
            tightest = decision
    return tightest
