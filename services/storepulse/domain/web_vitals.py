"""Web vitals: the metrics, and the buckets in which their values are counted.

A value is in the first bucket whose upper bound is not below it. The first bound is 0. From `least`
on, adjacent bounds differ by less than 4.5 %, sixteen per octave, and Google's limits of `good` and
`poor` are bounds. So the shares of the ratings are exact, and a percentile interpolated in its
bucket is less than 5 % off. Tables contain bucket numbers: a metric's bounds never change.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, floor, log2
from typing import Literal

MetricName = Literal["CLS", "FCP", "INP", "LCP", "TTFB"]
Rating = Literal["good", "needs_improvement", "poor"]

_OF_OCTAVE = 16
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class VitalMetric:
    """One metric. Values up to `good` are good, those above `poor` are poor.

    Values below `least` are distinguished only from 0. Values above `most` are ignored.
    """

    name: MetricName
    unit: Literal["ms", "score"]
    good: float
    poor: float
    least: float
    most: float
    #: Upper bounds of the buckets, by number.
    bounds: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounds", _bounds_of(self.good, self.poor, self.least, self.most))

    def bucket_of(self, value: float) -> int:
        """The number of a value's bucket."""
        return bisect_left(self.bounds, value)

    def range_of(self, bucket: int) -> tuple[float, float]:
        """The range of a bucket: above the first value, up to the second."""
        return self.bounds[bucket - 1] if bucket else 0.0, self.bounds[bucket]

    def rating_of_bucket(self, bucket: int) -> Rating:
        """The rating of all values of a bucket."""
        return self.rating_of(self.bounds[bucket])

    def rating_of(self, value: float) -> Rating:
        """Google's rating of a value."""
        if value <= self.good:
            return "good"
        return "needs_improvement" if value <= self.poor else "poor"

    def value_at(self, bucket: int, rank: int, count: int) -> float:
        """The value at a rank among the `count` values of a bucket, if they are spread evenly."""
        low, high = self.range_of(bucket)
        return low + (high - low) * (rank - 0.5) / count

    def percentile(self, counts: Mapping[int, int], share: float) -> float | None:
        """The value that `share` of all do not exceed, by nearest rank, interpolated in its bucket.

        None without any values. `counts` is keyed by bucket number.
        """
        total = sum(counts.values())
        rank, before = max(ceil(share * total), 1), 0
        for bucket in sorted(counts):
            if before + counts[bucket] >= rank:
                return self.value_at(bucket, rank - before, counts[bucket])
            before += counts[bucket]
        return None


def _bounds_of(good: float, poor: float, least: float, most: float) -> tuple[float, ...]:
    below = floor(_OF_OCTAVE * log2(good / least))
    between = ceil(_OF_OCTAVE * log2(poor / good))
    above = ceil(_OF_OCTAVE * log2(most / poor))
    bounds = [
        0.0,
        *(good * 2 ** (-step / _OF_OCTAVE) for step in range(below, 0, -1)),
        *(good * (poor / good) ** (step / between) for step in range(between)),
        *(poor * (most / poor) ** (step / above) for step in range(above)),
        most,
    ]
    return tuple(round(bound, _DIGITS) for bound in bounds)


#: By name. The limits are those of web.dev; times are in milliseconds.
METRICS: dict[str, VitalMetric] = {
    metric.name: metric
    for metric in (
        VitalMetric("CLS", "score", good=0.1, poor=0.25, least=0.001, most=100),
        VitalMetric("FCP", "ms", good=1_800, poor=3_000, least=1, most=600_000),
        VitalMetric("INP", "ms", good=200, poor=500, least=1, most=600_000),
        VitalMetric("LCP", "ms", good=2_500, poor=4_000, least=1, most=600_000),
        VitalMetric("TTFB", "ms", good=800, poor=1_800, least=1, most=600_000),
    )
}
