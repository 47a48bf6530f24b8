"""Buckets of web vitals: fixed bounds, exact shares, and percentiles beside numpy's."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from itertools import pairwise
from math import nextafter

import numpy as np
import pytest

from storepulse.domain.web_vitals import METRICS, VitalMetric
from storepulse.exactness.model import web_vitals as model

EACH = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
#: What tables hold are numbers of these bounds: they never change.
BOUNDS = {
    "CLS": "8662e952a0d130fa",
    "FCP": "abddf341511cef34",
    "INP": "8c2b1ef237b026e3",
    "LCP": "9bbb7a49d201ff6a",
    "TTFB": "f73e8fc0913f79c3",
}


def counted(metric: VitalMetric, values: list[float]) -> Counter[int]:
    return Counter(metric.bucket_of(value) for value in values)


@EACH
def test_bounds_stay_as_they_are(metric: VitalMetric) -> None:
    text = " ".join(map(repr, metric.bounds))
    assert sha256(text.encode()).hexdigest()[:16] == BOUNDS[metric.name]


@EACH
def test_bounds_rise_by_less_than_five_percent_and_hold_the_limits(metric: VitalMetric) -> None:
    assert metric.bounds[0] == 0
    assert metric.bounds[-1] == metric.most
    assert metric.bounds[1] <= metric.least * 1.06
    assert max(high / low for low, high in pairwise(metric.bounds[1:])) < 1.045
    assert {metric.good, metric.poor} <= set(metric.bounds)


@EACH
@pytest.mark.parametrize("spread", [0.05, 0.5, 1.5])
@pytest.mark.parametrize("count", [1, 2, 3, 10, 4_000])
def test_percentiles_are_less_than_five_percent_off(
    metric: VitalMetric, spread: float, count: int
) -> None:
    drawn = np.random.default_rng(count)
    values = drawn.lognormal(np.log(metric.good), spread, count).clip(metric.least, metric.most)
    counts = counted(metric, list(map(float, values)))
    for share in (0.5, 0.75, 0.99):
        exact = float(np.quantile(values, share, method="inverted_cdf"))
        told = metric.percentile(counts, share)
        assert told is not None
        assert abs(told - exact) / exact < 0.05


@EACH
def test_ratings_are_exact(metric: VitalMetric) -> None:
    around = {
        "good": [0.0, metric.good / 2, metric.good],
        "needs_improvement": [nextafter(metric.good, metric.most), metric.poor],
        "poor": [nextafter(metric.poor, metric.most), metric.most],
    }
    for rating, values in around.items():
        for value in values:
            assert metric.rating_of(value) == rating
            assert metric.rating_of_bucket(metric.bucket_of(value)) == rating, value


def test_nothing_has_no_percentile_and_zero_is_zero() -> None:
    assert METRICS["CLS"].percentile({}, 0.75) is None
    assert METRICS["CLS"].percentile(counted(METRICS["CLS"], [0, 0, 0, 9]), 0.75) == 0


@EACH
def test_the_plain_model_finds_the_same_buckets(metric: VitalMetric) -> None:
    drawn = np.random.default_rng(7).uniform(-8, np.log(metric.most), 500)
    edges = [edge for bound in metric.bounds for edge in (bound, nextafter(bound, metric.most))]
    for value in [*map(float, np.exp(drawn)), *edges]:
        assert model._bucket_of(metric.name, value) == metric.bucket_of(value), value
