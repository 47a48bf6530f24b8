"""Whole days of UTC and the hours around them hold each hour of a window once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storepulse.domain.calendars import UTC_CALENDAR
from storepulse.query.windows import HOUR, Window, closed_days_of, parts_of, weeks_of

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = 24 * 6
Bound = st.none() | st.integers(0, HOURS)


def window(start: int | None, end: int | None) -> Window:
    return Window(
        start=None if start is None else BEGIN + start * HOUR,
        end=None if end is None else BEGIN + end * HOUR,
        first_day=None,
        end_day=None,
        calendar=UTC_CALENDAR,
        tz="UTC",
        now=BEGIN,
    )


def read_by(parts: dict[str, date | datetime | None], at: datetime) -> list[str]:
    """The parts that count an hour."""
    first, last = parts["first_whole_day"], parts["end_whole_day"]
    day = at.date()
    found = []
    if (first is None or first <= day) and (last is None or day < last):
        found.append("day")
    for part in ("head", "tail"):
        start, end = parts[f"{part}_start"], parts[f"{part}_end"]
        if isinstance(start, datetime) and isinstance(end, datetime) and start <= at < end:
            found.append(part)
    return found


@given(Bound, Bound)
def test_each_hour_of_a_window_is_read_once(start: int | None, end: int | None) -> None:
    if start is not None and end is not None and start >= end:
        start, end = end, start + 1
    parts = parts_of(window(start, end))
    for hour in range(-30, HOURS + 30):
        at = BEGIN + hour * HOUR
        is_inside = (start is None or start <= hour) and (end is None or hour < end)
        assert len(read_by(parts, at)) == is_inside, (start, end, hour, parts)


def test_whole_days_are_read_by_the_day_alone() -> None:
    parts = parts_of(window(24, 72))
    assert parts["first_whole_day"] == date(2026, 3, 2)
    assert parts["end_whole_day"] == date(2026, 3, 4)
    midnight = datetime.combine(date(2026, 3, 2), time(), UTC)
    assert (parts["head_start"], parts["head_end"]) == (midnight, midnight)
    assert parts["tail_end"] - parts["tail_start"] == timedelta(0)


@given(Bound, Bound)
def test_each_day_of_a_window_is_read_once(start: int | None, end: int | None) -> None:
    if start is not None and end is not None and start >= end:
        start, end = end, start + 1
    first = None if start is None else BEGIN.date() + timedelta(days=start)
    last = None if end is None else BEGIN.date() + timedelta(days=end)
    weeks = weeks_of(replace(window(None, None), first_day=first, end_day=last))
    first_week, end_week = weeks["first_week"], weeks["end_week"]
    assert all(monday is None or monday.weekday() == 0 for monday in (first_week, end_week))
    for number in range(-20, HOURS + 20):
        day = BEGIN.date() + timedelta(days=number)
        monday = day - timedelta(days=day.weekday())
        is_inside = (first is None or first <= day) and (last is None or day < last)
        by_week = (first_week is None or first_week <= monday) and (
            end_week is None or monday < end_week
        )
        # As the statements say it: what is open compares with nothing.
        beside = (first_week is not None and day < first_week) or (
            end_week is not None and day >= end_week
        )
        assert by_week + (is_inside and beside) == is_inside, (first, last, day, weeks)


@pytest.mark.parametrize(
    ("first", "end", "now", "closed_end"),
    [
        # Until an hour after midnight the day before yesterday is still open.
        (1, 20, datetime(2026, 3, 10, 0, 59, tzinfo=UTC), 8),
        (1, 20, datetime(2026, 3, 10, 1, tzinfo=UTC), 9),
        (1, 5, datetime(2026, 3, 10, 1, tzinfo=UTC), 5),
        (9, 20, datetime(2026, 3, 10, 1, tzinfo=UTC), 9),
        (15, 20, datetime(2026, 3, 10, 1, tzinfo=UTC), 15),
        (None, None, datetime(2026, 3, 10, 1, tzinfo=UTC), 9),
    ],
)
def test_days_are_closed_that_are_over_everywhere(
    first: int | None, end: int | None, now: datetime, closed_end: int
) -> None:
    first_day, end_day = (None if day is None else date(2026, 3, day) for day in (first, end))
    asked = replace(window(None, None), first_day=first_day, end_day=end_day, now=now)
    assert closed_days_of(asked) == {
        "first_day": first_day, "closed_end": date(2026, 3, closed_end),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "first", "closed_end"), [(5, 80, 1, 4), (5, 400, 1, 9), (30, 40, 2, 2)]
)
def test_hours_are_closed_by_days_of_utc(start: int, end: int, first: int, closed_end: int) -> None:
    asked = replace(window(start, end), now=datetime(2026, 3, 10, 1, tzinfo=UTC))
    assert closed_days_of(asked) == {
        "first_day": date(2026, 3, first), "closed_end": date(2026, 3, closed_end),
    }  # fmt: skip
