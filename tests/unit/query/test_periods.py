"""Which days and hours a period covers, and which earlier ones it is compared with."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError
from tests.support.generated_records import SEED

from storepulse.domain.calendars import Calendar
from storepulse.domain.errors import Rejected
from storepulse.domain.time_zones import ZonePeriod
from storepulse.query.periods import ComparedPeriod, StoreClock
from storepulse.query.windows import Grain, Window

STORE = UUID("11111111-1111-4111-8111-111111111111")
ZONES = [
    "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
]  # fmt: skip
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = datetime(2026, 11, 15, 9, 20, tzinfo=UTC)


def clock_in(zone: str, now: datetime = NOW) -> StoreClock:
    return StoreClock(now, STORE, Calendar((ZonePeriod(date(2020, 1, 1), zone),)))


def period(start: str | None = None, end: str | None = None, **more: Any) -> ComparedPeriod:
    asked = {"from": start, "to": end, **more}
    return ComparedPeriod.model_validate({name: at for name, at in asked.items() if at is not None})


def instants(window: Window) -> tuple[str, str]:
    said = window.fields
    return tuple(f"{said[name]:%m-%dT%H:%M}" for name in ("start", "end"))  # type: ignore[return-value] # two


def compared(asked: ComparedPeriod, clock: StoreClock, grain: Grain = "hour") -> Window:
    async def read(window: Window) -> Window:
        return window

    found = asyncio.run(asked.comparison(asked.in_days(clock), grain, read))
    assert found is not None
    return found


def test_days_touched_at_random_times_in_any_zone() -> None:
    print(f"seed {SEED}")
    random = Random(SEED)
    for _ in range(500):
        zone = ZoneInfo(random.choice(ZONES))
        clock = clock_in(zone.key)
        minutes = random.randrange(1_000_000) * timedelta(minutes=1)
        first = datetime.fromisoformat("2026-01-01") + minutes
        last = first + random.randrange(1, 200_000) * timedelta(minutes=1)
        # As local times, as instants, and as instants in the writing of another place.
        for zone_of_writing in (None, UTC, ZoneInfo("Pacific/Apia")):
            written = [
                (
                    at
                    if zone_of_writing is None
                    else at.replace(tzinfo=zone).astimezone(zone_of_writing)
                ).isoformat()
                for at in (first, last)
            ]
            window = period(*written).in_own_days(clock)
            assert window.first_day == first.date(), written
            assert window.end_day == (last - timedelta(microseconds=1)).date() + DAY, written
            for day, at in ((window.first_day, window.start), (window.end_day, window.end)):
                assert at == datetime.combine(day, time(), zone), written


@pytest.mark.parametrize(
    ("zone", "day", "start", "end"),
    [
        ("Europe/Berlin", "2026-03-29", "03-28T23:00", "03-29T22:00"),
        ("Europe/Berlin", "2026-10-25", "10-24T22:00", "10-25T23:00"),
        ("America/New_York", "2026-03-08", "03-08T05:00", "03-09T04:00"),
        ("America/New_York", "2026-11-01", "11-01T04:00", "11-02T05:00"),
        ("Asia/Kolkata", "2026-02-28", "02-27T18:30", "02-28T18:30"),
        ("Asia/Kathmandu", "2026-12-31", "12-30T18:15", "12-31T18:15"),
        ("Australia/Lord_Howe", "2026-04-05", "04-04T13:00", "04-05T13:30"),
        ("Australia/Lord_Howe", "2026-10-04", "10-03T13:30", "10-04T13:00"),
    ],
)
def test_a_date_is_the_store_s_day(zone: str, day: str, start: str, end: str) -> None:
    after = str(date.fromisoformat(day) + DAY)
    for asked in (period(day, after), period(day, after, tz=zone)):
        window = asked.in_own_days(clock_in(zone))
        assert instants(window) == (start, end)
        assert (str(window.first_day), str(window.end_day), window.tz) == (day, after, zone)
        assert asked.in_days(clock_in(zone)) == window


def test_hours_are_those_that_the_period_touches() -> None:
    # A day of half an hour's distance touches 25 hours of UTC, and is said as such.
    window = period("2026-02-28", "2026-03-01").in_hours(clock_in("Asia/Kolkata"))
    assert instants(window) == ("02-27T18:00", "02-28T19:00")
    window = period("2026-03-29", "2026-03-30").in_hours(clock_in("Europe/Berlin"))
    assert instants(window) == ("03-28T23:00", "03-29T22:00")
    window = period("2026-03-29T12:00Z", tz="Asia/Tokyo").in_hours(clock_in("Europe/Berlin"))
    assert (window.tz, window.end) == ("Asia/Tokyo", None)


def test_another_zone_s_days_come_from_hours() -> None:
    window = period("2026-03-29", "2026-03-30", tz="america/new_york").in_days(clock_in(ZONES[0]))
    assert instants(window) == ("03-29T04:00", "03-30T04:00")
    assert (window.tz, window.is_own) == ("America/New_York", False)
    # Whatever day a store says of these hours.
    assert window.bounds["first_day"] == date(2026, 3, 27)
    assert window.bounds["end_day"] == date(2026, 4, 1)


def test_several_stores_have_days_of_utc() -> None:
    window = period("2026-03-29", "2026-03-30").in_days(StoreClock(NOW))
    assert instants(window) == ("03-29T00:00", "03-30T00:00")
    assert (window.tz, window.is_own) == ("UTC", False)


def test_days_before_a_change_of_zone_are_those_of_the_zone_before() -> None:
    zones = (ZonePeriod(date(2026, 3, 1), "Europe/Berlin"), ZonePeriod(date(2026, 6, 1), ZONES[2]))
    clock = StoreClock(NOW, STORE, Calendar(zones))
    window = period("2026-02-28", "2026-06-02", tz="Asia/Kolkata").in_own_days(clock)
    assert instants(window) == ("02-28T00:00", "06-01T18:30")
    assert (str(window.first_day), str(window.end_day)) == ("2026-02-28", "2026-06-02")
    # From its midnight on, the clocks show 3:30.
    window = period("2026-06-01", "2026-06-02T00:00:00+05:30").in_own_days(clock)
    assert instants(window) == ("05-31T22:00", "06-01T18:30")
    with pytest.raises(Rejected, match=r"^tz: must be Asia/Kolkata"):
        period("2026-03-01", tz="Europe/Berlin").in_own_days(clock)


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"tz": "Asia/Tokyo"}, "tz: must be Europe/Berlin, the store's zone"),
        ({"tz": "Europe/London"}, "tz: must be Europe/Berlin"),
        ({"start": "2026-03-02", "end": "2026-03-01"}, "to: is not after from"),
        ({"start": "2026-03-01", "end": "2026-03-01"}, "to: is not after from"),
        # One of them is later only as the store's clocks go.
        ({"start": "2026-03-01T00:30Z", "end": "2026-03-01T01:00"}, "to: is not after from"),
    ],
)
def test_periods_of_days_that_are_refused(asked: dict[str, str], refusal: str) -> None:
    with pytest.raises(Rejected) as refused:
        period(**asked).in_own_days(clock_in("Europe/Berlin"))
    assert str(refused.value).startswith(refusal)


@pytest.mark.parametrize(
    ("zone", "start", "end", "is_taken"),
    [
        ("Asia/Kolkata", "2026-03-01", "2026-03-02", False),
        ("Asia/Kathmandu", None, None, False),
        ("Australia/Lord_Howe", "2026-01-01", "2026-02-01", True),
        ("Australia/Lord_Howe", "2026-01-01", "2026-05-01", False),
        ("Australia/Lord_Howe", "2026-01-01", None, False),
        ("Asia/Tokyo", None, None, True),
        ("America/New_York", "0001-01-01", "9999-12-31", True),
    ],
)
def test_other_zones_are_taken_at_whole_hours(
    zone: str, start: str | None, end: str | None, *, is_taken: bool
) -> None:
    asked = period(start, end, tz=zone)
    for read in (asked.in_days, asked.in_hours):
        if is_taken:
            assert read(clock_in("Europe/Berlin")).tz == zone
            continue
        with pytest.raises(Rejected, match=r"^tz: is not whole hours from UTC"):
            read(clock_in("Europe/Berlin"))
    assert asked.in_own_days(clock_in(zone)).tz == zone


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"tz": "Mars/Base"}, "is not an IANA time zone"),
        ({"tz": ""}, "is not an IANA time zone"),
        ({"start": "2026-03-02T00:00Z", "end": "2026-03-01T00:00Z"}, "is not after from"),
        ({"compare": "previous_year"}, "needs from and to"),
        ({"compare": "previous_period", "start": "2026-03-01"}, "needs from and to"),
        ({"compare": "last", "start": "2026-03-01", "end": "2026-03-02"}, "previous_year"),
    ],
)
def test_parameters_that_are_refused(asked: dict[str, str], reason: str) -> None:
    with pytest.raises((ValidationError, Rejected), match=reason):
        period(**asked)


@pytest.mark.parametrize(
    ("compare", "start", "end", "from_", "to"),
    [
        ("previous_period", "2026-03-01", "2026-04-01", "2026-01-29", "2026-03-01"),
        ("previous_period", "2026-03-29", "2026-03-30", "2026-03-28", "2026-03-29"),
        ("previous_period", "2026-10-25", "2026-10-27", "2026-10-23", "2026-10-25"),
        ("previous_weeks", "2026-03-29", "2026-03-30", "2026-03-22", "2026-03-23"),
        ("previous_weeks", "2026-03-23", "2026-03-30", "2026-03-16", "2026-03-23"),
        ("previous_weeks", "2026-10-19", "2026-10-27", "2026-10-05", "2026-10-13"),
        ("previous_year", "2026-03-01", "2026-04-01", "2025-03-01", "2025-04-01"),
        ("previous_year", "2024-02-29", "2024-03-01", "2023-02-28", "2023-03-01"),
        ("previous_year", "2024-02-28", "2024-02-29", "2023-02-28", "2023-03-01"),
        ("previous_year", "2024-02-01", "2024-03-01", "2023-02-01", "2023-03-01"),
        ("previous_year", "2025-02-01", "2025-03-01", "2024-02-01", "2024-02-29"),
        ("previous_year", "2026-01-01", "2026-01-02", "2025-01-01", "2025-01-02"),
    ],
)
@pytest.mark.parametrize("zone", ZONES)
def test_the_period_that_is_compared(
    zone: str, compare: str, start: str, end: str, from_: str, to: str
) -> None:
    found = compared(period(start, end, compare=compare), clock_in(zone))
    assert (str(found.first_day), str(found.end_day)) == (from_, to)
    assert (found.cut, found.is_own) == (None, True)
    for day, at in ((from_, found.start), (to, found.end)):
        assert at == datetime.combine(date.fromisoformat(day), time(), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "now", "start", "end", "compare", "from_", "to"),
    [
        # Today at 14:30 in Berlin beside yesterday up to 15:00: the hour that has begun counts.
        ("Europe/Berlin", "2026-11-15T13:30", "2026-11-15", "2026-11-16", "previous_period",
         "11-13T23:00", "11-14T14:00"),
        ("Europe/Berlin", "2026-11-15T13:00", "2026-11-15", "2026-11-16", "previous_period",
         "11-13T23:00", "11-14T13:00"),
        ("Europe/Berlin", "2026-10-26T09:00", "2026-10-26", "2026-10-27", "previous_weeks",
         "10-18T22:00", "10-19T08:00"),
        # The clocks, not the hours since midnight: the day before had 25 hours, or 23.
        ("Europe/Berlin", "2026-10-26T09:00", "2026-10-26", "2026-10-27", "previous_period",
         "10-24T22:00", "10-25T09:00"),
        ("Europe/Berlin", "2026-03-30T08:00", "2026-03-30", "2026-03-31", "previous_period",
         "03-28T23:00", "03-29T08:00"),
        # The 15th day of a month that is not over.
        ("America/New_York", "2026-11-15T15:10", "2026-11-01", "2026-12-01", "previous_period",
         "10-02T04:00", "10-16T15:00"),
        ("America/New_York", "2026-11-15T15:10", "2026-11-01", "2026-12-01", "previous_year",
         "11-01T04:00", "11-15T16:00"),
        # Half past of their clocks is a whole hour of UTC.
        ("Asia/Kolkata", "2026-11-15T13:10", "2026-11-15", "2026-11-16", "previous_period",
         "11-13T18:30", "11-14T14:00"),
        ("Asia/Kathmandu", "2026-11-15T18:05", "2026-11-15", "2026-11-16", "previous_period",
         "11-13T18:15", "11-14T18:15"),
        ("Europe/Berlin", "2028-02-29T10:00", "2028-02-29", "2028-03-01", "previous_year",
         "02-27T23:00", "02-28T10:00"),
        # Not begun, or over: all of it.
        ("Europe/Berlin", "2026-11-15T13:30", "2026-11-16", "2026-11-17", "previous_period",
         "11-14T23:00", "11-15T23:00"),
        ("Europe/Berlin", "2026-11-15T23:00", "2026-11-15", "2026-11-16", "previous_period",
         "11-13T23:00", "11-14T23:00"),
    ],
)  # fmt: skip
def test_a_period_that_is_not_over_is_compared_up_to_the_same_moment(
    zone: str, now: str, start: str, end: str, compare: str, from_: str, to: str
) -> None:
    clock = clock_in(zone, datetime.fromisoformat(now).replace(tzinfo=UTC))
    asked = period(start, end, compare=compare)
    found = compared(asked, clock)
    assert instants(found) == (from_, to)
    assert found.bounds["end"] == found.fields["end"]
    whole = compared(asked, clock, "day")
    # Of figures by day alone the day counts in full.
    assert (whole.cut, whole.first_day, whole.end_day) == (None, found.first_day, found.end_day)
    assert whole.fields["end"] == datetime.combine(
        whole.end_day or date.min, time(), ZoneInfo(zone)
    )


def test_a_comparison_is_refused_where_its_days_are_not_there() -> None:
    with pytest.raises(Rejected, match=r"^compare: reaches before the first year"):
        compared(period("0001-02-01", "9999-01-01", compare="previous_period"), clock_in(ZONES[0]))
    with pytest.raises(Rejected, match=r"^compare: reaches before the first year"):
        compared(period("0001-02-01", "0002-02-01", compare="previous_year"), clock_in(ZONES[0]))
    # Summer's hours are whole, those of the winter before are not.
    asked = period("2026-10-05", "2026-11-05", tz="Australia/Lord_Howe", compare="previous_period")
    assert asked.in_days(clock_in("Europe/Berlin")).tz == "Australia/Lord_Howe"
    with pytest.raises(Rejected, match=r"^tz: is not whole hours"):
        compared(asked, clock_in("Europe/Berlin"))


def test_what_is_not_over_is_not_complete() -> None:
    now = datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)  # 23:59:59 in Berlin, of 25 hours
    window = period().in_own_days(clock_in("Europe/Berlin", now))
    assert window.is_day_complete(date(2026, 10, 24))
    assert not window.is_day_complete(date(2026, 10, 25))
    assert not window.is_complete(datetime(2026, 10, 24, 22, tzinfo=UTC), "day")
    assert window.is_complete(datetime(2026, 10, 25, 21, tzinfo=UTC), "hour")
    assert not window.is_complete(datetime(2026, 10, 25, 22, tzinfo=UTC), "hour")
    later = period().in_own_days(clock_in("Europe/Berlin", now + timedelta(seconds=1)))
    assert later.is_day_complete(date(2026, 10, 25))
    assert not later.is_day_complete(date(2026, 10, 26))
