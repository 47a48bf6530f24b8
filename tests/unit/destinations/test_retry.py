"""When a failed attempt is repeated, and what a status means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from tests.support.generated_records import SEED

from storepulse.destinations.rules.model import DEFAULT_RETRIES
from storepulse.destinations.rules.retry import (
    retry_after_seconds,
    verdict_of_status,
    wait_before_retry,
)

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "draw", "retry_after", "wait"),
    [
        (1, 0.5, None, 1.0),
        (2, 0.5, None, 2.0),
        (3, 0.5, None, 4.0),
        (4, 0.5, None, 60.0),
        (9, 0.5, None, 36_000.0),
        (10, 0.5, None, None),
        (4, 0.0, None, 48.0),
        (4, 1.0, None, 72.0),
        # Retry-After: not sooner than asked, up to twice the step; never sooner than our own wait.
        (4, 0.5, 90.0, 90.0),
        (4, 0.5, 121.0, 120.0),
        (4, 0.5, 1e9, 120.0),
        (4, 0.5, 10.0, 60.0),
        (4, 0.0, 50.0, 50.0),
        (10, 0.5, 1.0, None),
    ],
)
def test_waits(failures: int, draw: float, retry_after: float | None, wait: float | None) -> None:
    found = wait_before_retry(DEFAULT_RETRIES, failures, draw, retry_after)
    assert found == (None if wait is None else pytest.approx(wait))


def test_no_retries_at_all() -> None:
    assert wait_before_retry((), 1, 0.5, 10.0) is None


def test_all_retries_together_last_most_of_a_day() -> None:
    waits = [wait_before_retry(DEFAULT_RETRIES, n, 0.5, None) or 0.0 for n in range(1, 10)]
    assert sum(waits) == pytest.approx(17.617 * 3600, rel=0.001)


@pytest.mark.parametrize(
    ("verdict", "statuses"),
    [
        ("delivered", [200, 201, 202, 204, 299]),
        ("refused", [300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 409, 413, 422, 451, 499]),
        ("retry", [408, 425, 429, 500, 501, 502, 503, 504, 507, 599, 100, 199, 600, 999]),
        ("gone", [410]),
    ],
)
def test_verdicts(verdict: str, statuses: list[int]) -> None:
    assert {status: verdict_of_status(status) for status in statuses} == dict.fromkeys(
        statuses, verdict
    )


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("9" * 400, 999_999_999_999.0),
        ("Thu, 01 Jan 2026 12:01:30 GMT", 90.0),
        ("Thu, 01 Jan 2026 12:01:30 -0000", 90.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Thu, 01 Jan 99999999999999999999 12:01:30 GMT", None),
        ("Thu, 99 Foo 2026 12:01:30 GMT", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


@seed(SEED)
@settings(max_examples=200, deadline=None, database=None)
@given(
    st.lists(st.floats(0.1, 1e6), min_size=1, max_size=30),
    st.integers(1, 40),
    st.floats(0, 1, exclude_max=True),
    st.none() | st.floats(0, 1e9),
)
def test_any_wait_is_near_its_step(
    steps: list[float], failures: int, draw: float, retry_after: float | None
) -> None:
    wait = wait_before_retry(steps, failures, draw, retry_after)
    if failures > len(steps):
        assert wait is None
        return
    assert wait is not None
    step = steps[failures - 1]
    assert 0.79999 * step <= wait <= 2 * step
    if retry_after is not None:
        assert wait >= min(retry_after, 2 * step)


@seed(SEED)
@settings(max_examples=200, deadline=None, database=None)
@given(st.text(max_size=40))
def test_any_retry_after_is_a_wait_or_nothing(header: str) -> None:
    seconds = retry_after_seconds(header, NOW)
    assert seconds is None or seconds >= 0
