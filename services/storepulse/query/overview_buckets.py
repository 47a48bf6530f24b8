"""Hours and days of a window, and what was counted in them: values in, values out.

Rules: a bucket is a local day, or the part of an hour of UTC that lies in one. What has no rows
counted nothing. BucketCounts add up, distinct visitors do not; amounts of two currencies never do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from storepulse.domain.time_zones import A_DAY
from storepulse.query.windows import HOUR, Window, hour_of

#: A local day, and the hour of UTC in it; None where days are the buckets.
Place = tuple[date, datetime | None]


@dataclass(frozen=True, slots=True)
class Bucket:
    """One hour or day: from `at` to before `ends`."""

    place: Place
    at: datetime
    ends: datetime

    def share_passed(self, now: datetime) -> float:
        """0 to 1."""
        share = (now - self.at) / (self.ends - self.at)
        return round(min(max(share, 0.0), 1.0), 4)


@dataclass(slots=True)
class Sold:
    """Money of one currency: how many orders and purchases stated an amount, and its sum."""

    paid: int = 0
    revenue: Decimal = Decimal(0)


@dataclass(slots=True)
class BucketCounts:
    """What was counted in one bucket, or in several together."""

    sessions: int = 0
    viewed: int = 0
    added: int = 0
    bought: int = 0
    carts: int = 0
    from_image: int = 0
    orders: int = 0
    purchases: int = 0
    money: dict[str, Sold] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        """Adds a row of a statement, which has some of the counts, and a currency beside money."""
        for name in _COUNTED:
            if name in row:
                setattr(self, name, getattr(self, name) + row[name])
        if row.get("paid"):
            sold = self.money.setdefault(row["currency"], Sold())
            sold.paid += row["paid"]
            sold.revenue += row["revenue"]

    def add_all(self, other: BucketCounts) -> None:
        """Adds what another one counted."""
        for name in _COUNTED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for currency, more in other.money.items():
            sold = self.money.setdefault(currency, Sold())
            sold.paid += more.paid
            sold.revenue += more.revenue


_COUNTED = tuple(one.name for one in fields(BucketCounts) if one.name != "money")


def buckets_of(window: Window, *, by_hour: bool) -> list[Bucket]:
    """All buckets of a bounded window of days, in order."""
    assert window.first_day is not None  # noqa: S101 - such windows alone are asked for
    assert window.end_day is not None  # noqa: S101
    days = [window.first_day + A_DAY * n for n in range((window.end_day - window.first_day).days)]
    starts = [*map(window.calendar.start_of, days), window.calendar.start_of(window.end_day)]
    found: list[Bucket] = []
    for day, start, end in zip(days, starts, starts[1:], strict=False):
        if start >= end:  # a day that a change of zone leaves out
            continue
        if not by_hour:
            found.append(Bucket((day, None), start, end))
            continue
        found += (
            Bucket((day, hour), max(hour, start), min(hour + HOUR, end))
            for hour in _hours(hour_of(start), end)
        )
    return found


def counts_by_place(rows: Iterable[Mapping[str, Any]]) -> dict[Place, BucketCounts]:
    """The rows of statements, each with its `day` and perhaps its `hour`, by these."""
    found: dict[Place, BucketCounts] = {}
    for row in rows:
        found.setdefault((row["day"], row.get("hour")), BucketCounts()).add(row)
    return found


def sum_of(counts: Iterable[BucketCounts]) -> BucketCounts:
    """What was counted in several buckets together."""
    total = BucketCounts()
    for one in counts:
        total.add_all(one)
    return total


def moment_beside(window: Window, at: datetime, later: timedelta) -> datetime:
    """The instant some days later at which the local clocks show the same."""
    calendar = window.calendar
    return calendar.instant_of(calendar.day_of(at) + later, calendar.clock_at(at))


def currencies_of(money: Mapping[str, Sold]) -> list[str]:
    """The currencies, that of the most sales first."""
    return sorted(money, key=lambda currency: (-money[currency].paid, currency))


def _hours(first: datetime, end: datetime) -> Iterator[datetime]:
    at = first
    while at < end:
        yield at
        at += HOUR
