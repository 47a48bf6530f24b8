"""Time zones of a store: IANA names, and which of them held when.

Rules: a store without a zone is on UTC. A change holds from the next local midnight, that of the
zone before it; what held earlier is kept, so that past days stay what they were.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from storepulse.domain.errors import Rejected

UTC_ZONE = "UTC"
LONGEST_NAME = 64
#: Listed by some systems, and the zone of no place.
_NO_ZONES = frozenset({"localtime", "Factory"})


@dataclass(frozen=True, slots=True)
class ZonePeriod:
    """A zone, and the first local day on which it holds."""

    from_day: date
    zone: str


@cache
def _names() -> Mapping[str, str]:
    """Every IANA name by its lower case."""
    return {name.lower(): name for name in zoneinfo.available_timezones() - _NO_ZONES}


def time_zone(field: str, name: str) -> str:
    """The IANA name as it is written: `europe/berlin` is `Europe/Berlin`. Raises Rejected."""
    found = _names().get(name.lower()) if len(name) <= LONGEST_NAME else None
    if found is None:
        raise Rejected(field, "is no IANA time zone such as Europe/Berlin")
    return found


def zone_at(periods: tuple[ZonePeriod, ...], at: datetime) -> str:
    """The zone that holds at an instant. `periods` are in the order of their days."""
    zone = UTC_ZONE
    for period in periods:
        if at < datetime.combine(period.from_day, time(), ZoneInfo(zone)):
            break
        zone = period.zone
    return zone


def first_period(zone: str, at: datetime) -> ZonePeriod:
    """The zone that a new store is made with: it holds on the day of its making already."""
    days = (at.astimezone(ZoneInfo(name)).date() for name in (UTC_ZONE, zone))
    return ZonePeriod(min(days), zone)


def next_period(periods: tuple[ZonePeriod, ...], zone: str, at: datetime) -> ZonePeriod:
    """A change of zone that is made now: it holds from the next local midnight."""
    today = at.astimezone(ZoneInfo(zone_at(periods, at))).date()
    return ZonePeriod(today + timedelta(days=1), zone)
