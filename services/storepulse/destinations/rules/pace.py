"""The pace of one process at one destination: its rate limit, and how far it claims ahead."""

from __future__ import annotations

from dataclasses import dataclass

#: Maximum of batches claimed ahead of those in flight.
MOST_AHEAD = 512
#: Seconds between claim and request above which a batch was claimed too early.
LONGEST_WAIT = 1.0


@dataclass(slots=True)
class Tokens:
    """A token bucket of `rate` requests per second, with a capacity of one second.

    Times are seconds of a monotonic clock.
    """

    rate: float
    tokens: float = 1.0
    at: float | None = None

    def take(self, now: float) -> float:
        """Takes a token and returns 0, or returns the seconds until there is one."""
        if self.at is not None:
            saved = self.tokens + (now - self.at) * self.rate
            self.tokens = min(max(1.0, self.rate), saved)
        self.at = now
        if self.tokens < 1:
            return (1 - self.tokens) / self.rate
        self.tokens -= 1
        return 0.0


def next_ahead(ahead: int, *, ran_dry: bool, longest_wait: float) -> int:
    """How many batches to claim ahead in the next round.

    Doubles if the sender ran out of work although more was available. Halves if batches waited too
    long (`longest_wait`, in seconds), because other processes cannot send claimed batches.
    """
    if longest_wait > LONGEST_WAIT:
        return ahead // 2
    if ran_dry:
        return min(MOST_AHEAD, max(2 * ahead, 8))
    return ahead
