"""Latencies as counters, and their quantiles."""

from __future__ import annotations

import random
from statistics import quantiles

import pytest

from storepulse.destinations.rules.addresses import shown_address
from storepulse.destinations.rules.latency import BOUNDS, COUNTERS, counter_of, quantile_of


@pytest.mark.parametrize(
    ("seconds", "counter"),
    [(0.0, 0), (0.002, 0), (0.00201, 1), (BOUNDS[7], 7), (BOUNDS[-1], 40), (15.9, 41), (999, 41)],
)
def test_a_request_is_counted_once(seconds: float, counter: int) -> None:
    assert counter_of(seconds) == counter


def test_counters_reach_from_the_loopback_to_the_longest_time_out() -> None:
    assert BOUNDS[0] <= 0.002
    assert 15 < BOUNDS[-1] < 15.1
    assert len(BOUNDS) + 1 == COUNTERS


@pytest.mark.parametrize("seed", range(5))
def test_quantiles_are_off_by_less_than_a_quarter(seed: int) -> None:
    draw = random.Random(seed)
    times = [draw.lognormvariate(-2, 0.8) for _ in range(2_000)]
    counts = [0] * COUNTERS
    for seconds in times:
        counts[counter_of(seconds)] += 1
    exact = quantiles(times, n=100)
    for percent in (50, 95):
        found = quantile_of(counts, percent / 100)
        assert found is not None
        assert found == pytest.approx(exact[percent - 1], rel=0.25), f"seed {seed}"


def test_what_is_not_known_is_none() -> None:
    assert quantile_of([0] * COUNTERS, 0.95) is None
    assert quantile_of([*[0] * (COUNTERS - 1), 3], 0.5) == round(BOUNDS[-1], 3)


@pytest.mark.parametrize(
    ("kind", "config", "shown"),
    [
        ("webhook", {"url": "https://crm.example/hooks/T0KEN?key=s3cret"}, "crm.example"),
        ("webhook", {"url": "https://user:s3cret@crm.example:8443/"}, "crm.example:8443"),
        ("ga4", {"measurement_id": "G-ABC123", "debug": True}, "G-ABC123"),
        ("meta_capi", {"pixel_id": "1234567890"}, "pixel 1234567890"),
        ("image_archive", {"account_id": "0123456789abcdef"}, "account 0123…cdef"),
        ("image_archive", {"folder": "images"}, "a folder of the service"),
        ("of another version", {"token": "s3cret"}, ""),
    ],
)
def test_an_address_holds_no_secret(kind: str, config: dict[str, object], shown: str) -> None:
    assert shown_address(kind, config) == shown
