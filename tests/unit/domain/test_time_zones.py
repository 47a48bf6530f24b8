"""Which zone of a store holds when."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from storepulse.domain.errors import Rejected
from storepulse.domain.time_zones import ZonePeriod, first_period, next_period, time_zone, zone_at
from storepulse.exactness.model.days import local_day

BERLIN, TOKYO, HONOLULU = "Europe/Berlin", "Asia/Tokyo", "Pacific/Honolulu"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "zone", "now", "begins"),
    [
        # The zone before says which midnight is the next.
        ((), BERLIN, "2026-03-01T23:30", "2026-03-02"),
        ((ZonePeriod(date(2026, 1, 1), BERLIN),), TOKYO, "2026-03-01T23:30", "2026-03-03"),
        ((ZonePeriod(date(2026, 1, 1), HONOLULU),), TOKYO, "2026-03-01T05:00", "2026-03-01"),
        # A change that has not begun yet is not the zone that holds.
        ((ZonePeriod(date(2026, 3, 2), TOKYO),), BERLIN, "2026-03-01T16:00", "2026-03-02"),
        # The zone that holds began on a day that has not begun in it.
        ((ZonePeriod(date(2026, 3, 2), HONOLULU),), BERLIN, "2026-03-02T01:00", "2026-03-03"),
    ],
)
def test_a_change_holds_from_the_next_local_midnight(
    before: tuple[ZonePeriod, ...], zone: str, now: str, begins: str
) -> None:
    assert next_period(before, zone, at(now)) == ZonePeriod(date.fromisoformat(begins), zone)


def test_each_instant_has_the_zone_of_its_time() -> None:
    periods = (ZonePeriod(date(2026, 3, 2), BERLIN), ZonePeriod(date(2026, 3, 5), TOKYO))
    for instant, zone in {
        "2026-03-01T23:59": "UTC", "2026-03-02T00:00": BERLIN,
        "2026-03-04T22:59": BERLIN, "2026-03-04T23:00": TOKYO, "2030-01-01": TOKYO,
    }.items():  # fmt: skip
        assert zone_at(periods, at(instant)) == zone, instant
    assert zone_at((), at("2026-03-01")) == "UTC"


@pytest.mark.parametrize("zone", [BERLIN, TOKYO, HONOLULU, "UTC"])
@pytest.mark.parametrize("instant", ["2000-01-01", "2026-03-01T00:30", "2026-03-01T23:30"])
def test_a_new_store_is_in_its_zone_on_all_of_its_days(zone: str, instant: str) -> None:
    assert zone_at((first_period(zone),), at(instant)) == zone


def test_no_change_moves_a_day_before_it() -> None:
    zones = ("UTC", BERLIN, TOKYO, HONOLULU, "Pacific/Kiritimati", "Pacific/Pago_Pago")
    chance = random.Random(7)
    for _ in range(200):
        periods: tuple[ZonePeriod, ...] = ()
        now, told = at("2026-03-01"), {}
        for _ in range(6):
            for _ in range(8):
                now += timedelta(minutes=chance.randrange(15 * 60))
                told[now] = local_day([(p.from_day, p.zone) for p in periods], now)
            period = next_period(periods, chance.choice(zones), now)
            periods = (*(p for p in periods if p.from_day < period.from_day), period)
            stated = [(p.from_day, p.zone) for p in periods]
            assert {moment: local_day(stated, moment) for moment in told} == told, periods


@pytest.mark.parametrize("name", ["CET", "cet", "EET", "MET", "WET"])
def test_an_abbreviation_is_no_zone(name: str) -> None:
    """PostgreSQL reads it as a fixed offset, Python as a zone with summer time."""
    with pytest.raises(Rejected):
        time_zone("time_zone", name)
