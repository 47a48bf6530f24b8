"""How long records gather before they are sent together, depending on how busy the broker is.

A produce request costs gateway and broker as much as a dozen records, however few it has. While the
broker acknowledges promptly, it can handle many small requests, and waiting would only delay
clients. When acknowledgements take longer, a few more milliseconds are hardly noticeable and save
both sides a third of a request's cost.
"""

from __future__ import annotations

#: Acknowledgements within this time come from a broker that is not busy: the producer's own linger,
#: a round trip and a poll of the event loop.
PROMPT_SECONDS = 0.003
#: The weight of the newest acknowledgement in the average, which covers a few dozen requests.
NEWEST = 0.05


class Gathering:
    """`seconds` is how long to gather now, at most `most`."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._usual = 0.0
        self.seconds = 0.0

    def note_acknowledgement(self, seconds: float) -> None:
        """Record an acknowledgement that came `seconds` after its records were handed over."""
        self._usual += (seconds - self._usual) * NEWEST
        self.seconds = min(self._most, max(0.0, self._usual - PROMPT_SECONDS))
