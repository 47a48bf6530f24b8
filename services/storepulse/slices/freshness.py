"""How fresh a stream's effects are, in seconds, at the moment somebody asks.

While something waits, it is the age of what waits for the longest: of the slices in hand by the
broker's time of their first record, of what is not even fetched by when that was noticed. So it
grows while PostgreSQL is away and while a partition is halted. Else it is how old the newest event
was when it was applied.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from time import time

from storepulse.adapters import metrics
from storepulse.slices.slice import Slice

#: Producers write the broker's times: an older one than Kafka keeps records is none.
OLDEST_SECONDS = 30 * 86_400.0


class Freshness:
    """Of one consumer; for the event loop's thread."""

    def __init__(self, name: str, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self._newest_age = 0.0
        #: By partition, the slices that are in hand and not applied: offset after them, and time.
        self._in_hand: dict[int, deque[tuple[int, float]]] = defaultdict(deque)
        #: By partition with records behind: committed offset, and since when it is this one.
        self._positions: dict[int, tuple[int, float]] = {}
        self._stuck_since: dict[int, float] = {}
        metrics.FRESHNESS.labels(name).set_function(self.measure)

    def begin(self, piece: Slice) -> None:
        """Notes a slice that was handed over."""
        now, written_at = self._clock(), piece.timestamps[0] / 1000
        self._in_hand[piece.partition].append(
            (piece.end, written_at if now - OLDEST_SECONDS <= written_at <= now else now)
        )

    def finish(self, piece: Slice, newest_received_ms: int | None) -> None:
        """Notes that a slice, and with it all before in its partition, waits no more."""
        slices_in_hand = self._in_hand[piece.partition]
        while slices_in_hand and slices_in_hand[0][0] <= piece.end:
            slices_in_hand.popleft()
        if newest_received_ms is not None:
            self._newest_age = max(0.0, self._clock() - newest_received_ms / 1000)

    def update(self, committed_offsets: Mapping[int, int]) -> None:
        """From time to time: the committed offset of each assigned partition that is behind."""
        now = self._clock()
        for partition in [p for p in self._in_hand if p not in committed_offsets]:
            del self._in_hand[partition]
        positions = {
            p: self._positions[p]
            if p in self._positions and self._positions[p][0] == offset
            else (offset, now)
            for p, offset in committed_offsets.items()
        }
        # Only what did not move since the last look: while there is traffic, something is always
        # not yet committed.
        self._stuck_since = {p: since for p, (_, since) in positions.items() if since < now}
        self._positions = positions

    def measure(self) -> float:
        """Seconds, for the metric."""
        waiting_since = [slices[0][1] for slices in self._in_hand.values() if slices]
        waiting_since += self._stuck_since.values()
        return max(0.0, self._clock() - min(waiting_since)) if waiting_since else self._newest_age
