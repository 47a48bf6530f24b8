"""Time zones of a store: IANA names, and the periods in which they apply.

A store without a zone uses UTC. A new store's zone applies to all of its days. A change applies
from the next local midnight in the previous zone; if there are events later than that, from the
midnight after the last of them. Earlier periods are kept. So the day of a stored event never
changes.

A zone begins when the previous zone's clock reaches its first day, as in PostgreSQL's `store_day`.
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
#: Listed by some systems, but not a place's zone.
_NO_ZONES = frozenset({"localtime", "Factory"})
#: Old names that PostgreSQL takes for abbreviations, without daylight saving time.
_ABBREVIATIONS = frozenset({"CET", "EET", "MET", "WET"})


@dataclass(frozen=True, slots=True)
class ZonePeriod:
    """A zone, and the first local day on which it applies."""

    from_day: date
    zone: str


@cache
def _names() -> Mapping[str, str]:
    """Every IANA name, keyed by its lower case."""
    places = zoneinfo.available_timezones() - _NO_ZONES - _ABBREVIATIONS
    return {name.lower(): name for name in places}


def time_zone(field: str, name: str) -> str:
    """The IANA name in its official case: `europe/berlin` is `Europe/Berlin`. Raises Rejected."""
    found = _names().get(name.lower()) if len(name) <= LONGEST_NAME else None
    if found is None:
        raise Rejected(field, "is not an IANA time zone such as Europe/Berlin")
    return found


def zone_at(periods: tuple[ZonePeriod, ...], at: datetime) -> str:
    """The zone at an instant. `periods` are sorted by day."""
    begun = _begun_periods(periods, at)
    return begun[-1].zone if begun else UTC_ZONE


def first_period(zone: str) -> ZonePeriod:
    """The period of a new store's zone, before any events."""
    return ZonePeriod(BEGINNING, zone)


def next_period(periods: tuple[ZonePeriod, ...], zone: str, at: datetime) -> ZonePeriod:
    """The period of a zone that is set at an instant.

    It applies from the next local midnight, and replaces periods that begin later. No event after
    `at` may be stored.
    """
    begun = _begun_periods(periods, at)
    today = _day_in(zone_at(periods, at), at)
    # West of the previous zone, the first day of a zone that has begun may be in the future.
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
