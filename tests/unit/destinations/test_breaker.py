"""The breaker, drawn as timelines: . is a success, x a failure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from tests.support.generated_records import SEED

from storepulse.destinations.rules.breaker import LONGEST_WAIT, REMEMBERED, Breaker

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def after(marks: str, breaker: Breaker | None = None, now: datetime = NOW) -> Breaker:
    return (breaker or Breaker()).with_outcomes([mark == "." for mark in marks], now)


@pytest.mark.parametrize(
    ("marks", "state"),
    [
        ("", "closed"),
        ("xxxxxxxxx", "closed"),  # nine are not yet ten
        ("xxxxxxxxxx", "open"),
        ("...xxxxxxx", "open"),  # seven of ten
        ("....xxxxxx", "closed"),  # six of ten
        ("xxxxxxx...", "open"),
        ("..........", "closed"),
        ("." * 50 + "x" * 13, "closed"),  # thirteen of the twenty that are remembered
        ("." * 50 + "x" * 14, "open"),
    ],
)
def test_opens_at_seventy_percent_of_at_least_ten(marks: str, state: str) -> None:
    assert after(marks).state == state


def test_remembers_few() -> None:
    assert after("." * 100).recent == "." * REMEMBERED


def test_closed_lets_everything_through() -> None:
    assert Breaker().allows(NOW)


def test_open_lets_one_probe_through_after_its_wait() -> None:
    opened = after("x" * 10)
    assert opened.probe_at is not None
    assert opened.probe_at > NOW
    assert not opened.allows(opened.probe_at - timedelta(microseconds=1))
    assert opened.allows(opened.probe_at)
    probing = opened.probing(opened.probe_at + timedelta(seconds=30))
    assert not probing.allows(opened.probe_at + timedelta(seconds=29))


def test_a_probe_that_was_lost_is_repeated() -> None:
    until = NOW + timedelta(minutes=1)
    probing = after("x" * 10).probing(until)
    assert not probing.allows(until - timedelta(seconds=1))
    assert probing.allows(until)


def test_closes_on_success_and_forgets() -> None:
    probing = after("x" * 10).probing(NOW + timedelta(minutes=1))
    assert after(".", probing) == Breaker()
    # Old failures must not open it again at once.
    assert after("x", after(".", probing)).state == "closed"


def test_a_failed_probe_waits_twice_as_long_up_to_a_limit() -> None:
    breaker, now, waits = after("x" * 10), NOW, []
    for _ in range(12):
        assert breaker.probe_at is not None
        waits.append(breaker.probe_at - now)
        now = breaker.probe_at
        breaker = after("x", breaker.probing(now + timedelta(minutes=1)), now)
        assert breaker.state == "open"
    assert waits[1] == 2 * waits[0]
    assert waits[2] == 4 * waits[0]
    assert max(waits) == waits[-1] == LONGEST_WAIT


@pytest.mark.parametrize("late", ["x", ".", "xxxx...."])
def test_late_outcomes_say_nothing_while_it_is_open(late: str) -> None:
    opened = after("x" * 10)
    assert after(late, opened, NOW + timedelta(minutes=1)) == opened


@seed(SEED)
@settings(max_examples=200, deadline=None, database=None)
@given(
    st.lists(
        st.tuples(st.lists(st.booleans(), max_size=15), st.floats(0, 400), st.booleans()),
        max_size=30,
    )
)
def test_whatever_happens_a_request_goes_out_again(
    story: list[tuple[list[bool], float, bool]],
) -> None:
    """Through any story of outcomes, waits and probes: never shut for longer than it may be."""
    breaker, now = Breaker(), NOW
    for outcomes, seconds, probes in story:
        now += timedelta(seconds=seconds)
        if probes and breaker.state != "closed" and breaker.allows(now):
            breaker = breaker.probing(now + timedelta(seconds=30))
            assert not breaker.allows(now)
        breaker = breaker.with_outcomes(outcomes, now)
        assert len(breaker.recent) <= REMEMBERED
        assert breaker.allows(now) or breaker.state != "closed"
        assert breaker.allows(now + LONGEST_WAIT)
