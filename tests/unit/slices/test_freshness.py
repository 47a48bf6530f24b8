"""The age of what waits: it grows for as long as something does."""

from __future__ import annotations

import pytest

from storepulse.adapters import metrics
from storepulse.slices.freshness import Freshness
from storepulse.slices.slice import Slice

NOW = 1_795_240_800.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fresh(clock: Clock) -> Freshness:
    return Freshness("landing", clock)


def piece(partition: int, end: int, at: float) -> Slice:
    return Slice(
        "t", partition, [end - 1], [None], [None], [[]], [round(at * 1000)], 1
    )  # fmt: skip


def shown() -> float | None:
    return metrics.REGISTRY.get_sample_value("storepulse_freshness_seconds", {"stream": "landing"})


def test_the_newest_event_s_age_while_nothing_waits(fresh: Freshness, clock: Clock) -> None:
    assert shown() == 0
    slice_ = piece(0, 5, NOW - 2)
    fresh.begin(slice_)
    assert shown() == 2
    clock.now += 1
    assert shown() == 3
    fresh.finish(slice_, round((NOW - 1) * 1000))
    assert shown() == 2
    clock.now += 60
    assert shown() == 2, "nothing waits"


def test_what_waits_for_the_longest_counts(fresh: Freshness, clock: Clock) -> None:
    halted, other = piece(0, 5, NOW - 10), piece(1, 5, NOW)
    fresh.begin(halted)
    for _ in range(100):
        fresh.begin(other)
        fresh.finish(other, round(clock.now * 1000))
        clock.now += 1
        fresh.update({0: 0})
    assert shown() == 110


def test_what_is_not_even_fetched_counts_from_when_it_was_noticed(
    fresh: Freshness, clock: Clock
) -> None:
    fresh.update({0: 7})
    clock.now += 5
    assert shown() == 0, "it may move before the next look"
    fresh.update({0: 7})
    clock.now += 5
    assert shown() == 10
    fresh.update({0: 9})
    assert shown() == 0, "it moves"
    clock.now += 5
    fresh.update({})
    assert shown() == 0


def test_what_moved_to_another_process_is_forgotten(fresh: Freshness, clock: Clock) -> None:
    fresh.begin(piece(0, 5, NOW))
    clock.now += 100
    fresh.update({})
    assert shown() == 0


@pytest.mark.parametrize("at", [0, NOW + 86_400, -1, NOW - 40 * 86_400])
def test_no_producer_s_clock_makes_it_absurd(fresh: Freshness, clock: Clock, at: float) -> None:
    fresh.begin(piece(0, 5, at))
    clock.now += 3
    assert shown() == 3
