"""Time zones of a store: IANA names, and which of them held when.

Rules: a store without a zone is on UTC. The zone that a store is made with holds for all of its
days. A change holds from the next local midnight, that of the zone before it, and where events lie
ahead, from the midnight after the last of them; what held earlier is kept. So the day of an event
that is stored never changes.

A zone has begun where the zone before it shows its first day, as PostgreSQL's `store_day` says too.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from storepulse.domain.errors import Rejected

UTC_ZONE = "UTC"
LONGEST_NAME = 64
A_DAY = timedelta(days=1)
#: Before every event.
BEGINNING = date(1970, 1, 1)
#: Listed by some systems, and the zone of no place.
_NO_ZONES = frozenset({"localtime", "Factory"})
#: Names of old that are abbreviations too, which PostgreSQL takes them for: without summer time.
_ABBREVIATIONS = frozenset({"CET", "EET", "MET", "WET"})


@dataclass(frozen=True, slots=True)
class ZonePeriod:
    """A zone, and the first local day on which it holds."""

    from_day: date
    zone: str


@cache
def _names() -> Mapping[str, str]:
    """Every IANA name by its lower case."""
    places = zoneinfo.available_timezones() - _NO_ZONES - _ABBREVIATIONS
    return {name.lower(): name for name in places}


def time_zone(field: str, name: str) -> str:
    """The IANA name as it is written: `europe/berlin` is `Europe/Berlin`. Raises Rejected."""
    found = _names().get(name.lower()) if len(name) <= LONGEST_NAME else None
    if found is None:
        raise Rejected(field, "is not an IANA time zone such as Europe/Berlin")
    return found


def zone_at(periods: tuple[ZonePeriod, ...], at: datetime) -> str:
    """The zone that holds at an instant. `periods` are in the order of their days."""
    begun = _begun_periods(periods, at)
    return begun[-1].zone if begun else UTC_ZONE


def first_period(zone: str) -> ZonePeriod:
    """The zone that a store is made with, which has no events yet."""
    return ZonePeriod(BEGINNING, zone)


def next_period(periods: tuple[ZonePeriod, ...], zone: str, at: datetime) -> ZonePeriod:
    """A change of zone that is made at an instant: it holds from the next local midnight, and takes
    the place of those that begin later. No event after `at` may be stored.
    """
    begun = _begun_periods(periods, at)
    today = _day_in(zone_at(periods, at), at)
    # West of the zone before, the day on which a zone began may be still to come.
    days = (today, *(period.from_day for period in begun[-1:]))
    return ZonePeriod(max(days) + A_DAY, zone)


def _begun_periods(periods: tuple[ZonePeriod, ...], at: datetime) -> tuple[ZonePeriod, ...]:
    zone, count = UTC_ZONE, 0
    for period in periods:
        if _day_in(zone, at) < period.from_day:
            break
        zone, count = period.zone, count + 1
    return periods[:count]


def _day_in(zone: str, at: datetime) -> date:
    return at.astimezone(ZoneInfo(zone)).date()
