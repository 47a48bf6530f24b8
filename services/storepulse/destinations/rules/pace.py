"""How fast one process sends to one destination: the rate limit, and how far it claims ahead."""

from __future__ import annotations

from dataclasses import dataclass

#: Batches that are claimed beyond those in flight, at most.
MOST_AHEAD = 512
#: What waits longer than this between claim and request was claimed too early, in seconds.
LONGEST_WAIT = 1.0


@dataclass(slots=True)
class Tokens:
    """A token bucket: `rate` requests a second, saved up for at most a second.

    Times are seconds of any steady clock.
    """

    rate: float
    tokens: float = 1.0
    at: float | None = None

    def take(self, now: float) -> float:
        """Takes a token and returns 0, or else the seconds until there is one."""
        if self.at is not None:
            saved = self.tokens + (now - self.at) * self.rate
            self.tokens = min(max(1.0, self.rate), saved)
        self.at = now
        if self.tokens < 1:
            return (1 - self.tokens) / self.rate
        self.tokens -= 1
        return 0.0


def next_ahead(ahead: int, *, ran_dry: bool, longest_wait: float) -> int:
    """How many batches to claim ahead after a round of claiming.

    Twice as many where the senders ran out of work although more was to be had, half as many where
    batches waited too long (`longest_wait`, in seconds): what is claimed is kept from others.
    """
    if longest_wait > LONGEST_WAIT:
        return ahead // 2
    if ran_dry:
        return min(MOST_AHEAD, max(2 * ahead, 8))
    return ahead
