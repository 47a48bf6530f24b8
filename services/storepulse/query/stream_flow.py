"""How many events come in and wait, by stream: what looks at Kafka's ends and the ledger tell.

Rules: rates are differences of ends between two looks, so they need no process to tell them; where
a topic was made anew, or between looks that are too far apart, there is no rate. Nothing is said
once the last look is old. Values in, values out; times are seconds since 1970.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

#: What is kept, and shown as a chart.
KEPT_SECONDS = 300.0
#: Over how long the rate of now is, and that of a stream: single looks jump.
NOW_SECONDS = 15.0
STREAM_SECONDS = 60.0
#: After so long nothing is known of now.
OLD_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Standing:
    """A stream at a look: the sum of its ends, what waits, and for how long (seconds)."""

    end: int
    lag: int
    behind: float


@dataclass(frozen=True, slots=True)
class StreamNow:
    """A stream now. `per_second` None: not known yet."""

    stream: str
    per_second: float | None
    lag: int
    behind: float


@dataclass(frozen=True, slots=True)
class StreamPace:
    """Events a second between two looks, from `at` to `ends`."""

    at: float
    ends: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Flow:
    """All streams as the last look saw them."""

    as_of: float
    per_second: float | None
    rates: list[StreamPace]
    streams: list[StreamNow]

    @property
    def lag(self) -> int:
        """Events that wait in all streams."""
        return sum(one.lag for one in self.streams)

    @property
    def most_behind(self) -> float:
        """How long what has waited for the longest has waited, seconds."""
        return max((one.behind for one in self.streams), default=0.0)


class StreamFlow:
    """The looks of the last minutes."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, dict[str, Standing]]] = deque()

    def add(self, now: float, streams: Mapping[str, Standing]) -> None:
        """Takes a look."""
        self._looks.append((now, dict(streams)))
        while now - self._looks[0][0] > KEPT_SECONDS:
            self._looks.popleft()

    def read(self, now: float) -> Flow | None:
        """What is known now; None without a fresh look."""
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
        """Of one stream or of all, over the time before the last look."""
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
