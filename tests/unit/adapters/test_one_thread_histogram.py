"""A histogram of our own says what the library's says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import Metric

from storepulse.adapters.one_thread_histogram import OneThreadHistogram

BUCKETS = (0.001, 0.25, 1, 10)
VALUES = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from([0.0, *BUCKETS]) | st.floats(0, 20, allow_nan=False),
    )
)


def families(registry: CollectorRegistry) -> list[Metric]:
    """What a scrape finds, without the times at which the library's children were made."""
    found = list(registry.collect())
    for family in found:
        family.samples = [s for s in family.samples if not s.name.endswith("_created")]
    return found


@given(VALUES)
def test_it_says_what_the_librarys_says(values: list[tuple[str, float]]) -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    own = OneThreadHistogram("waits", "Time", ("route",), BUCKETS)
    ours.register(own)
    known = Histogram("waits", "Time", ("route",), buckets=BUCKETS, registry=theirs)
    for route, value in values:
        own.labels(route).observe(value)
        known.labels(route).observe(value)
    assert families(ours) == families(theirs)


def test_without_labels_it_is_there_from_the_start() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    ours.register(OneThreadHistogram("waits", "Time", (), BUCKETS))
    Histogram("waits", "Time", buckets=BUCKETS, registry=theirs)
    assert families(ours) == families(theirs)


def test_a_missing_label_is_an_error() -> None:
    with pytest.raises(ValueError, match="waits has the labels route"):
        OneThreadHistogram("waits", "Time", ("route",), BUCKETS).labels()
