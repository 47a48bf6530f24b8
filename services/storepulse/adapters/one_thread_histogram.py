"""A histogram for a single thread: the event loop of the gateway or of another service.

prometheus_client's own histogram takes two locks and searches the bucket in a loop for each
observation. The gateway's two per request took a tenth of its time; these take a fifth of that.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.utils import floatToGoString


class Observations:
    """The observations under one set of label values."""

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value


class OneThreadHistogram:
    """A replacement for prometheus_client's Histogram, as a collector of a registry."""

    def __init__(
        self, name: str, text: str, labels: Iterable[str], buckets: tuple[float, ...]
    ) -> None:
        self._name = name
        self._text = text
        self._labels = tuple(labels)
        self._bounds = buckets
        self._names = [*map(floatToGoString, buckets), "+Inf"]
        self._children: dict[tuple[str, ...], Observations] = {}
        if not self._labels:
            self.labels()

    def labels(self, *values: str) -> Observations:
        """The observations under these label values, created on first use."""
        if len(values) != len(self._labels):
            raise ValueError(f"{self._name} has the labels {', '.join(self._labels)}")
        child = self._children.get(values)
        if child is None:
            child = self._children[values] = Observations(self._bounds)
        return child

    def describe(self) -> Iterator[HistogramMetricFamily]:
        """Name, meaning and labels, without observations."""
        yield HistogramMetricFamily(self._name, self._text, labels=self._labels)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """All observations, for a scrape."""
        for family in self.describe():
            for values, child in self._children.items():
                counts = map(float, accumulate(child.counts))
                family.add_metric(values, list(zip(self._names, counts, strict=True)), child.total)
            yield family
