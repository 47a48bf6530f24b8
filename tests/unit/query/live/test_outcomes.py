"""Which accepted event an outcome belongs to."""

from __future__ import annotations

import pytest

from storepulse.query.live import outcomes
from storepulse.query.live.outcomes import LedgerLook, PartitionOutcomes, WaitingEvent


def waiting(*offsets: int, key: int | None = None) -> PartitionOutcomes:
    partition = PartitionOutcomes()
    for offset in offsets:
        partition.add(WaitingEvent(offset, offset if key is None else key, None, None))
    return partition


def repeats(partition: PartitionOutcomes) -> list[int]:
    return [event.offset for event in partition.take_repeats()]


def test_of_equal_records_the_first_was_applied() -> None:
    partition = waiting(5, 6, key=1)
    first = partition.take_applied(1, 0)
    assert first is not None
    assert first.offset == 5
    assert list(partition.waiting) == [6]


def test_a_repeat_is_told_when_the_ledger_holds_it_and_all_outcomes_are_read() -> None:
    partition = waiting(5, 6, 7)
    partition.note_ledger(LedgerLook([(0, 7)], events_end=10, dead_end=3))
    partition.events_read, partition.dead_read = 9, 3
    assert repeats(partition) == []
    partition.events_read, partition.dead_read = 10, 2
    assert repeats(partition) == []
    partition.dead_read = 3
    assert repeats(partition) == [5, 6]
    assert list(partition.waiting) == [7]


def test_an_outcome_that_is_read_in_between_is_none_of_the_repeats() -> None:
    partition = waiting(5, 6)
    partition.note_ledger(LedgerLook([(0, 7)], 10, 0))
    partition.take_applied(6, 0)
    partition.events_read = 10
    assert repeats(partition) == [5]


def test_outcomes_may_come_first() -> None:
    partition = PartitionOutcomes()
    assert partition.take_applied(1, 77) is None
    assert partition.take_dead(9, {"x": "y"}) is None
    assert partition.pop_early(WaitingEvent(8, 1, None, None)) == 77
    assert partition.pop_early(WaitingEvent(8, 1, None, None)) is None
    assert partition.pop_early(WaitingEvent(9, 2, None, None)) == {"x": "y"}


def test_who_waits_longest_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "MOST_WAITING", 2)
    monkeypatch.setattr(outcomes, "MOST_EARLY", 2)
    partition = waiting(1, 2)
    given_up = partition.add(WaitingEvent(3, 3, None, None))
    assert given_up is not None
    assert given_up.offset == 1
    for key in (11, 12, 13):
        partition.take_applied(key, key)
    assert partition.pop_early(WaitingEvent(4, 11, None, None)) is None
    assert partition.pop_early(WaitingEvent(4, 13, None, None)) == 13


def test_nothing_is_left_of_what_is_cleared() -> None:
    partition = waiting(1, 2)
    partition.note_ledger(LedgerLook([(0, 9)], 0, 0))
    assert [event.offset for event in partition.clear()] == [1, 2]
    assert repeats(partition) == []
    assert partition.take_applied(1, 0) is None
