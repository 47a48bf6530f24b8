"""Which zone of a store holds when."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from storepulse.domain.time_zones import ZonePeriod, first_period, next_period, zone_at

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
@pytest.mark.parametrize("hour", [0, 5, 12, 20, 23])
def test_a_new_store_is_in_its_zone_at_once(zone: str, hour: int) -> None:
    now = at(f"2026-03-01T{hour:02}:30")
    assert zone_at((first_period(zone, now),), now) == zone
