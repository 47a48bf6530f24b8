"""Counts of each second, and how many events are kept of it."""

from __future__ import annotations

from storepulse.query.live.allowance import Allowance
from storepulse.query.live.rates import SECONDS_KEPT, Rates


def test_counts_by_store_stream_and_outcome() -> None:
    rates = Rates()
    rates.count(5_000, "a", "cart", "applied")
    rates.count(5_999, "a", "activity", "applied", 2)
    rates.count(5_500, "b", "cart", "rejected")
    rates.count(6_000, "a", "cart", "applied")
    assert rates.of_second(5, None, None)["applied"] == 3
    assert rates.of_second(5, "a", "cart") == {
        "accepted": 0, "applied": 1, "duplicate": 0, "rejected": 0, "dead": 0,
    }  # fmt: skip
    assert rates.of_second(5, "b", None)["rejected"] == 1
    assert rates.of_second(7, None, None)["applied"] == 0


def test_a_second_is_told_when_it_is_over_and_again_when_it_changes() -> None:
    rates = Rates()
    rates.count(100_000, "a", "cart", "accepted")
    rates.count(101_000, "a", "cart", "accepted")
    changed, mark = rates.changed_since(0, 101)
    assert changed == [100]
    changed, mark = rates.changed_since(mark, 102)
    assert changed == [101]
    changed, mark = rates.changed_since(mark, 103)
    assert changed == []
    rates.count(100_500, "a", "cart", "applied")
    changed, mark = rates.changed_since(mark, 103)
    assert changed == [100]


def test_old_seconds_are_forgotten() -> None:
    rates = Rates()
    for second in range(1_000):
        rates.count(second * 1000, "a", "cart", "accepted")
    assert len(rates._seconds) == len(rates._changes) == SECONDS_KEPT + 1
    rates.count(0, "a", "cart", "accepted")
    assert rates.of_second(0, None, None)["accepted"] == 0


def test_a_store_has_its_part_of_each_second() -> None:
    allowance = Allowance(of_store=10, of_all=16)
    assert [allowance.take("a", 1) for _ in range(12)].count(True) == 8
    assert allowance.take("b", 1)
    assert allowance.take("a", 2)


def test_a_flood_of_one_store_leaves_room_for_small_ones() -> None:
    allowance = Allowance(of_store=100, of_all=400)
    for store in "abcdef":
        for _ in range(1_000):
            allowance.take(store, 1)
    assert [allowance.take("quiet", 1) for _ in range(5)] == [True] * 5


def test_memory_of_seconds_is_bounded() -> None:
    allowance = Allowance()
    for second in range(1_000):
        allowance.take("a", second)
    assert len(allowance._taken) == len(allowance._totals) == 120
