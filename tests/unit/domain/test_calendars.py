"""Local days by random times and zones, against zoneinfo; and the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from tests.support.generated_records import SEED

from storepulse.domain.calendars import FIRST_DAY, LAST_DAY, Calendar, calendar_of_zone
from storepulse.domain.time_zones import ZonePeriod

ZONES = [
    "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
    "America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Pacific/Apia", "Pacific/Kiritimati",
    "Pacific/Pago_Pago", "America/Scoresbysund", "Africa/Casablanca", "Europe/London", "UTC",
]  # fmt: skip
DAY, HOUR, TICK = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)


def _zone_by_rule(zones: tuple[ZonePeriod, ...], at: datetime) -> str:
    """Of all changes that have begun by the zone before them, the last."""
    found = "UTC"
    for before, period in zip(["UTC", *(one.zone for one in zones)], zones, strict=False):
        if at.astimezone(ZoneInfo(before)).date() >= period.from_day:
            found = period.zone
    return found


def test_a_day_begins_at_its_first_instant() -> None:
    print(f"seed {SEED}")
    random = Random(SEED)
    for _ in range(3_000):
        calendar = calendar_of_zone(random.choice(ZONES))
        day = date(2008, 1, 1) + random.randrange(10_000) * DAY
        start = calendar.start_of(day)
        assert start.tzinfo is UTC
        if calendar.day_of(start) == day:  # Samoa had no 30 December 2011
            zone = ZoneInfo(calendar.zones[0].zone)
            assert start.astimezone(zone).date() == day
            assert (start - TICK).astimezone(zone).date() == day - DAY, (day, zone)


@pytest.mark.parametrize("many", [False, True], ids=["few changes", "a change nearly every day"])
def test_days_of_a_store_that_changes_its_zone(*, many: bool) -> None:
    print(f"seed {SEED}")
    random = Random(SEED)
    # A day's journey east or west skips or repeats days: those zones stay out.
    near = [zone for zone in ZONES if not zone.startswith("Pacific/")]
    for _ in range(150):
        days = sorted(random.sample(range(40), 30 if many else 3))
        zones = tuple(
            ZonePeriod(date(2026, 3, 1) + number * DAY, random.choice(near)) for number in days
        )
        calendar = Calendar(zones)
        for _ in range(10):
            at = datetime(2026, 2, 26, tzinfo=UTC) + random.random() * 50 * DAY
            zone = _zone_by_rule(zones, at)
            assert calendar.zone_at(at) == zone
            day = at.astimezone(ZoneInfo(zone)).date()
            assert calendar.day_of(at) == day
            start = calendar.start_of(day)
            assert start <= at
            assert calendar.day_of(start) == day
            assert calendar.day_of(start - TICK) < day
            assert at < calendar.start_of(day + DAY) or calendar.start_of(day + DAY) == start


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00", 23),
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-24T22:00", 25),
        ("America/New_York", date(2026, 3, 8), "2026-03-08T05:00", 23),
        ("America/New_York", date(2026, 11, 1), "2026-11-01T04:00", 25),
        ("Asia/Kolkata", date(2026, 3, 1), "2026-02-28T18:30", 24),
        ("Asia/Kathmandu", date(2026, 1, 1), "2025-12-31T18:15", 24),
        ("Australia/Lord_Howe", date(2026, 4, 5), "2026-04-04T13:00", 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), "2026-10-03T13:30", 23.5),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00", 0),
        ("America/Havana", date(2026, 3, 8), "2026-03-08T05:00", 23),
        ("UTC", date(2024, 2, 29), "2024-02-29T00:00", 24),
    ],
)
def test_days_on_which_clocks_change(zone: str, day: date, start: str, hours: float) -> None:
    calendar = calendar_of_zone(zone)
    assert calendar.start_of(day) == datetime.fromisoformat(start + "Z")
    assert calendar.start_of(day + DAY) - calendar.start_of(day) == hours * HOUR


def test_times_that_clocks_show_twice_or_never() -> None:
    calendar = calendar_of_zone("Europe/Berlin")
    half_past_two = time(2, 30)
    twice = calendar.instant_of(date(2026, 10, 25), half_past_two)
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    never = calendar.instant_of(date(2026, 3, 29), half_past_two)
    assert never == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert calendar.clock_at(never) == time(3, 30)


def test_times_outside_of_their_day_are_its_ends() -> None:
    # Clocks go from 23:00 to midnight there.
    greenland = calendar_of_zone("America/Scoresbysund")
    never = greenland.instant_of(date(2025, 3, 29), time(23, 30))
    assert never == greenland.start_of(date(2025, 3, 30)) == datetime(2025, 3, 30, 1, tzinfo=UTC)
    # At Berlin's midnight it is seven o'clock in Tokyo.
    moved = Calendar((
        ZonePeriod(date(2020, 1, 1), "Europe/Berlin"), ZonePeriod(date(2026, 7, 5), "Asia/Tokyo"),
    ))  # fmt: skip
    early = moved.instant_of(date(2026, 7, 5), time(6))
    assert early == moved.start_of(date(2026, 7, 5)) == datetime(2026, 7, 4, 22, tzinfo=UTC)


def test_a_store_that_moves_east_over_the_date_line_leaves_out_a_day() -> None:
    moved = Calendar((
        ZonePeriod(date(2020, 1, 1), "Pacific/Pago_Pago"),
        ZonePeriod(date(2026, 7, 5), "Pacific/Kiritimati"),
    ))  # fmt: skip
    change = datetime(2026, 7, 5, 11, tzinfo=UTC)
    assert moved.start_of(date(2026, 7, 5)) == moved.start_of(date(2026, 7, 6)) == change
    assert moved.day_of(change - TICK) == date(2026, 7, 4)
    assert moved.day_of(change) == date(2026, 7, 6)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_ends_of_the_calendar(zone: str) -> None:
    calendar = calendar_of_zone(zone)
    for day in (FIRST_DAY, LAST_DAY):
        assert calendar.day_of(calendar.start_of(day)) == day
        assert calendar.start_of(day + DAY) - calendar.start_of(day) == DAY


@pytest.mark.parametrize(
    ("zone", "start", "end", "whole"),
    [
        ("Europe/Berlin", "2026-01-01", "2026-12-31", True),
        ("Asia/Kolkata", "2026-01-01", "2026-01-02", False),
        ("Asia/Kathmandu", "2026-01-01", "2026-01-02", False),
        # Ten and a half hours in winter, eleven in summer.
        ("Australia/Lord_Howe", "2026-01-01", "2026-04-01", True),
        ("Australia/Lord_Howe", "2026-01-01", "2026-04-06", False),
        ("Asia/Pyongyang", "2019-01-01", "2019-02-01", True),
        ("Asia/Pyongyang", "2018-01-01", "2019-02-01", False),
    ],
)
def test_which_hours_are_hours_of_utc(zone: str, start: str, end: str, *, whole: bool) -> None:
    first, after = (datetime.fromisoformat(at + "T00:00Z") for at in (start, end))
    assert calendar_of_zone(zone).is_in_whole_hours(first, after) is whole
