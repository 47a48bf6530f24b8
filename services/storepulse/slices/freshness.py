"""How fresh a stream's effects are, in seconds, computed when the metric is read.

While records wait, the value is the age of the oldest waiting one: for slices in hand, by the
broker's timestamp of their first record; for records not yet fetched, since they were noticed. So
it grows while PostgreSQL is away and while a partition is halted. Otherwise it is the age that the
newest event had when it was applied.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from time import time

from storepulse.adapters import metrics
from storepulse.slices.slice import Slice

#: Producers can set timestamps: one older than Kafka's retention is ignored.
OLDEST_SECONDS = 30 * 86_400.0


class Freshness:
    """The freshness of one consumer. Only for the event loop's thread."""

    def __init__(self, name: str, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self._newest_age = 0.0
        #: By partition, the slices in hand that are not applied: their end offset, and time.
        self._in_hand: dict[int, deque[tuple[int, float]]] = defaultdict(deque)
        #: By partition with unread records: committed offset, and since when it has this value.
        self._positions: dict[int, tuple[int, float]] = {}
        self._stuck_since: dict[int, float] = {}
        metrics.FRESHNESS.labels(name).set_function(self.measure)

    def begin(self, piece: Slice) -> None:
        """Note a slice that was handed over."""
        now, written_at = self._clock(), piece.timestamps[0] / 1000
        self._in_hand[piece.partition].append(
            (piece.end, written_at if now - OLDEST_SECONDS <= written_at <= now else now)
        )

    def finish(self, piece: Slice, newest_received_ms: int | None) -> None:
        """Note that a slice and everything before it in its partition no longer waits."""
        slices_in_hand = self._in_hand[piece.partition]
        while slices_in_hand and slices_in_hand[0][0] <= piece.end:
            slices_in_hand.popleft()
        if newest_received_ms is not None:
            self._newest_age = max(0.0, self._clock() - newest_received_ms / 1000)

    def update(self, committed_offsets: Mapping[int, int]) -> None:
        """Take the committed offset of each assigned partition that is behind; called regularly."""
        now = self._clock()
        for partition in [p for p in self._in_hand if p not in committed_offsets]:
            del self._in_hand[partition]
        positions = {
            p: self._positions[p]
            if p in self._positions and self._positions[p][0] == offset
            else (offset, now)
            for p, offset in committed_offsets.items()
        }
        # Only partitions that did not move since the last call: during traffic, some records are
        # always uncommitted.
        self._stuck_since = {p: since for p, (_, since) in positions.items() if since < now}
        self._positions = positions

    def measure(self) -> float:
        """Return the freshness in seconds."""
        waiting_since = [slices[0][1] for slices in self._in_hand.values() if slices]
        waiting_since += self._stuck_since.values()
        return max(0.0, self._clock() - min(waiting_since)) if waiting_since else self._newest_age
