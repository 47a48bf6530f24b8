"""The store's day of an event.

A store uses UTC until the first of its zones begins. A zone begins when the local date of the
previous zone reaches the zone's first day, and is in force until the next one begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.exactness.model.events import Event, moment

#: Store -> its zones with their first days, in order.
Zones = Mapping[str, Sequence[tuple[date, str]]]

_SQL = named_sql("exactness/model/days", zones="")


def local_day(zones: Sequence[tuple[date, str]], at: datetime) -> date:
    """The local day of an instant in a store with these zones."""
    day = at.astimezone(UTC).date()
    for from_day, zone in zones:
        if day < from_day:
            break
        day = at.astimezone(ZoneInfo(zone)).date()
    return day


def with_days(events: Iterable[Event], zones: Zones) -> list[Event]:
    """The events with their days, for `day_of`; orders also with the day on which they were
    placed."""
    return [
        event | _days(event, zones[event["store_id"]]) if event["store_id"] in zones else event
        for event in events
    ]


def _days(event: Event, zones: Sequence[tuple[date, str]]) -> dict[str, date]:
    days = {"day": local_day(zones, moment(event["occurred_at"]))}
    if event.get("ordered_at") is not None:
        days["ordered_day"] = local_day(zones, moment(event["ordered_at"]))
    return days


def stored_zones(connection: Any) -> Zones:
    """The zones of all stores in PostgreSQL (`connection`: psycopg)."""
    zones: dict[str, list[tuple[date, str]]] = {}
    for store_id, from_day, zone in connection.execute(_SQL["zones"]).fetchall():
        zones.setdefault(store_id, []).append((from_day, zone))
    return zones
