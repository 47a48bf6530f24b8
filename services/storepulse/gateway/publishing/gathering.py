"""How long records gather before they are sent together, by how busy the broker is.

A produce request costs gateway and broker as much as a dozen records, however few it has. While the
broker acknowledges promptly there is time for many small ones, and waiting would only make clients
wait; when acknowledgements take longer, a few milliseconds more are hardly noticed and save a
third of what a request costs both.
"""

from __future__ import annotations

#: An acknowledgement within it comes from a broker with time to spare: the producer's own linger,
#: a round trip and a poll of the event loop.
PROMPT_SECONDS = 0.003
#: Weight of the newest acknowledgement in the average: the last few dozen requests count.
NEWEST = 0.05


class Gathering:
    """`seconds` is how long to gather now; never longer than `most`, in seconds."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._usual = 0.0
        self.seconds = 0.0

    def note_acknowledgement(self, seconds: float) -> None:
        """An acknowledgement came so many `seconds` after its records were handed over."""
        self._usual += (seconds - self._usual) * NEWEST
        self.seconds = min(self._most, max(0.0, self._usual - PROMPT_SECONDS))
