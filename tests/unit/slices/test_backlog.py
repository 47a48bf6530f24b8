"""What waits in a group's partitions, judged from outside."""

from __future__ import annotations

from storepulse.slices.watching.backlog import ConsumerBacklog

A, B = ("ingest.cart.v1", 0), ("ingest.cart.v1", 1)


def test_what_moves_does_not_wait() -> None:
    backlog = ConsumerBacklog()
    for look in range(5):
        assert backlog.update(look, {A: (look * 10, look * 10 + 7)}) == {}
        assert backlog.lag(A) == 7
    assert backlog.waiting_since("ingest.cart.v1") is None


def test_a_position_that_stands_before_a_record_waits_since_it_was_first_seen() -> None:
    backlog = ConsumerBacklog()
    assert backlog.update(100, {A: (5, 9), B: (9, 9)}) == {}
    assert backlog.update(105, {A: (5, 9), B: (9, 9)}) == {A: 5}
    backlog.judge({A: 6})
    assert backlog.waiting_since("ingest.cart.v1") == 100
    # More comes in, which changes nothing; it is not asked for again.
    assert backlog.update(110, {A: (5, 20), B: (9, 9)}) == {}
    assert (backlog.lag(A), backlog.lag(B)) == (15, 0)
    assert backlog.waiting_since("ingest.cart.v1") == 100
    assert backlog.waiting_since("ingest.bot.v1") is None
    # Somebody reads on.
    backlog.update(115, {A: (20, 20), B: (9, 9)})
    assert backlog.waiting_since("ingest.cart.v1") is None


def test_markers_of_transactions_are_not_waited_for() -> None:
    backlog = ConsumerBacklog()
    backlog.update(0, {A: (5, 6)})
    assert backlog.update(5, {A: (5, 6)}) == {A: 5}
    backlog.judge({A: None})
    assert backlog.update(10, {A: (5, 6)}) == {}
    assert backlog.lag(A) == 0
    assert backlog.waiting_since("ingest.cart.v1") is None
    # A record comes in behind the marker.
    assert backlog.update(15, {A: (5, 8)}) == {A: 5}
    backlog.judge({A: 7})
    assert backlog.waiting_since("ingest.cart.v1") == 0


def test_what_was_not_looked_through_in_time_is_asked_for_again() -> None:
    backlog = ConsumerBacklog()
    backlog.update(0, {A: (5, 9)})
    assert backlog.update(5, {A: (5, 9)}) == {A: 5}
    backlog.judge({})
    assert backlog.update(10, {A: (5, 9)}) == {A: 5}


def test_a_partition_that_is_gone_is_forgotten() -> None:
    backlog = ConsumerBacklog()
    backlog.update(0, {A: (5, 9)})
    backlog.update(5, {A: (5, 9)})
    backlog.judge({A: 5})
    backlog.update(10, {})
    assert backlog.waiting_since("ingest.cart.v1") is None
    assert backlog.lag(A) == 0
