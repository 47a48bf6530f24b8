"""Incoming and waiting events by stream, from reads of Kafka's end offsets and the ledger.

Rules: a rate is the difference of ends between two looks, so that no other process has to report
it. There is no rate if a topic was recreated, or if the looks are too far apart. Nothing is
reported once the last look is old. Pure; times are seconds since 1970.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

#: How long looks are kept, and the span of the chart.
KEPT_SECONDS = 300.0
#: The periods of the current rate, and of a stream's rate; single looks fluctuate.
NOW_SECONDS = 15.0
STREAM_SECONDS = 60.0
#: After this many seconds the last look is too old to describe the present.
OLD_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Standing:
    """A stream at one look: the sum of its ends, its lag, and how long events have waited
    (seconds)."""

    end: int
    lag: int
    behind: float


@dataclass(frozen=True, slots=True)
class StreamNow:
    """A stream now. `per_second` None: unknown."""

    stream: str
    per_second: float | None
    lag: int
    behind: float


@dataclass(frozen=True, slots=True)
class StreamPace:
    """Events per second between two looks, from `at` to `ends`."""

    at: float
    ends: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Flow:
    """All streams at the last look."""

    as_of: float
    per_second: float | None
    rates: list[StreamPace]
    streams: list[StreamNow]

    @property
    def lag(self) -> int:
        """Waiting events in all streams."""
        return sum(one.lag for one in self.streams)

    @property
    def most_behind(self) -> float:
        """The longest wait of any stream, in seconds."""
        return max((one.behind for one in self.streams), default=0.0)


class StreamFlow:
    """The looks of the last minutes."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, dict[str, Standing]]] = deque()

    def add(self, now: float, streams: Mapping[str, Standing]) -> None:
        """Add a look."""
        self._looks.append((now, dict(streams)))
        while now - self._looks[0][0] > KEPT_SECONDS:
            self._looks.popleft()

    def read(self, now: float) -> Flow | None:
        """The current figures; None without a fresh look."""
        if not self._looks or now - self._looks[-1][0] > OLD_SECONDS:
            return None
        as_of, last = self._looks[-1]
        return Flow(
            as_of=as_of,
            per_second=self._rate_of(None, NOW_SECONDS),
            rates=self._rates(),
            streams=[
                StreamNow(name, self._rate_of(name, STREAM_SECONDS), one.lag, one.behind)
                for name, one in last.items()
            ],
        )

    def _rates(self) -> list[StreamPace]:
        looks = list(self._looks)
        found = []
        for (since, before), (until, after) in pairwise(looks):
            rate = _rate(before, after, until - since, None)
            if rate is not None and until - since <= OLD_SECONDS:
                found.append(StreamPace(since, until, rate))
        return found

    def _rate_of(self, stream: str | None, seconds: float) -> float | None:
        """The rate of one stream, or of all, over the time before the last look."""
        until, after = self._looks[-1]
        for since, before in self._looks:
            if until - since <= seconds and since < until:
                return _rate(before, after, until - since, stream)
        return None


def _rate(
    before: Mapping[str, Standing],
    after: Mapping[str, Standing],
    seconds: float,
    stream: str | None,
) -> float | None:
    names = after.keys() if stream is None else {stream}
    if seconds <= 0 or not names <= before.keys():
        return None
    grown = [after[name].end - before[name].end for name in names]
    return None if min(grown, default=0) < 0 else sum(grown) / seconds
