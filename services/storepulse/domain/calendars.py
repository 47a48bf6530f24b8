"""Calendars: the local day of an instant, and the beginning of a local day.

A store's calendar uses its zones, each from its first local day on, and UTC before them or without
any. A day begins at its first instant, whatever the clocks show: a day on which clocks change has
23 or 25 hours, one on which the zone changes more or fewer. `store_day()` in the database gives the
same days.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from storepulse.domain.time_zones import A_DAY, UTC_ZONE, ZonePeriod, zone_at

#: Zones differ by less than a day and a half: a change further away is over or still to come.
_NEAR = timedelta(days=3)
_HOUR = timedelta(hours=1)
#: Days of which all hours are within the years 1 to 9999 in every zone.
FIRST_DAY, LAST_DAY = date(1, 1, 10), date(9999, 12, 20)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days by zones, sorted by day. For days from FIRST_DAY to LAST_DAY."""

    zones: tuple[ZonePeriod, ...] = ()

    def zone_at(self, at: datetime) -> str:
        """The zone at an instant."""
        return zone_at(self._zones_near(at.astimezone(UTC).date()), at)

    def day_of(self, at: datetime) -> date:
        """The local day of an instant."""
        return at.astimezone(ZoneInfo(self.zone_at(at))).date()

    def clock_at(self, at: datetime) -> time:
        """The local time at an instant."""
        return at.astimezone(ZoneInfo(self.zone_at(at))).time()

    def start_of(self, day: date) -> datetime:
        """The first instant of a local day; of the next one if the calendar skips it."""
        near = self._zones_near(day)
        zones = (UTC_ZONE, *(period.zone for period in near))
        starts = [_midnight(day, zone) for zone in zones]
        changes = [
            _midnight(period.from_day, before)
            for before, period in zip(zones, near, strict=False)
            if period.from_day >= FIRST_DAY
        ]
        return next(at for at in sorted(starts + changes) if self.day_of(at) >= day)

    def instant_of(self, day: date, clock: time) -> datetime:
        """The instant at which a day's clocks show this time.

        The first of two; if the clocks skip it, the instant that is as long after midnight.
        """
        start = self.start_of(day)
        at = datetime.combine(day, clock, ZoneInfo(self.zone_at(start))).astimezone(UTC)
        return min(max(at, start), self.start_of(day + A_DAY))

    def is_in_whole_hours(self, start: datetime, end: datetime) -> bool:
        """Whether local hours equal UTC hours from `start` to `end`."""
        return all(_has_whole_hours(self, at) for at in _days(start, end))

    def _zones_near(self, day: date) -> tuple[ZonePeriod, ...]:
        """The zones that apply near a day."""
        if not self.zones:
            return ()
        begun = bisect_right(self.zones, day - _NEAR, key=attrgetter("from_day"))
        coming = bisect_right(self.zones, day + _NEAR, key=attrgetter("from_day"))
        near = self.zones[begun:coming]
        return (ZonePeriod(date.min, self.zones[begun - 1].zone), *near) if begun else near


UTC_CALENDAR = Calendar()


def calendar_of_zone(zone: str) -> Calendar:
    """The calendar of one zone."""
    return Calendar((ZonePeriod(date.min, zone),))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _days(start: datetime, end: datetime) -> Iterator[datetime]:
    at = start
    while at < end:
        yield at
        at += A_DAY
    yield end


def _has_whole_hours(calendar: Calendar, at: datetime) -> bool:
    offset = at.astimezone(ZoneInfo(calendar.zone_at(at))).utcoffset() or timedelta()
    return not offset % _HOUR
