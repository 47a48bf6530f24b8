"""Rate limits as timelines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storepulse.domain import ratelimit
from storepulse.domain.ratelimit import RateWindow, take_all


def passes(window: RateWindow, times: list[float], client: str = "a") -> str:
    return "".join("+" if window.take(client, at).allowed else "-" for at in times)


def test_the_limit_passes_and_then_nothing() -> None:
    assert passes(RateWindow(3, 60), [1000, 1001, 1002, 1003, 1059]) == "+++--"


def test_clients_do_not_share() -> None:
    window = RateWindow(1, 60)
    assert passes(window, [1000]) == "+"
    assert passes(window, [1000], "b") == "+"


def test_room_comes_back_as_the_window_slides() -> None:
    window = RateWindow(4, 60)
    assert passes(window, [1000] * 5) == "++++-"
    # A quarter into the next window three quarters of the old one still count.
    assert passes(window, [1075, 1075]) == "+-"
    # After two windows nothing is left.
    assert passes(window, [1180] * 5) == "++++-"


def test_refused_requests_are_not_counted() -> None:
    window = RateWindow(2, 60)
    passes(window, [1000] * 50)
    assert passes(window, [1089, 1089]) == "+-"


def test_headers_tell_what_is_left() -> None:
    window = RateWindow(2, 60)
    first, second, third = (window.take("a", at) for at in (1000, 1010, 1020))
    assert (first.limit, first.remaining, first.reset_seconds) == (2, 1, 61)
    assert (second.remaining, second.reset_seconds) == (0, 51)
    assert (third.allowed, third.remaining, third.reset_seconds) == (False, 0, 41)


def test_the_tightest_of_several_limits_decides() -> None:
    minute, hour = RateWindow(2, 60), RateWindow(3, 3600)
    told = [take_all((minute, hour), "a", at) for at in (1000, 1001, 1002, 1200, 1201)]
    assert [d.allowed for d in told] == [True, True, False, True, False]
    assert told[4].limit == 3


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratelimit, "MAX_CLIENTS", 3)
    window = RateWindow(2, 60)
    for number in range(3):
        assert window.take(f"c{number}", 1000).allowed
    assert passes(window, [1000] * 5, "one too many") == "+++++"
    assert passes(window, [1000] * 3, "c1") == "+--"
    assert len(window._current) == 3


@given(st.lists(st.floats(0, 30), min_size=1, max_size=200), st.integers(1, 5))
def test_no_aligned_window_lets_more_than_the_limit_pass(gaps: list[float], limit: int) -> None:
    window, now, passed = RateWindow(limit, 60), 1000.0, []
    start = now
    for gap in gaps:
        now += gap
        if window.take("a", now).allowed:
            passed.append(now)
    by_window: dict[int, int] = {}
    for at in passed:
        by_window[int((at - start) // 60)] = by_window.get(int((at - start) // 60), 0) + 1
    assert max(by_window.values(), default=0) <= 2 * limit
