"""Hours and days of a window, and their counts. Pure.

Rules: a bucket is a local day, or the part of a UTC hour within a local day. A bucket without rows
has counts of zero. BucketCounts can be added up; distinct visitors and amounts of different
currencies cannot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from storepulse.domain.time_zones import A_DAY
from storepulse.query.windows import HOUR, Window, hour_of

#: A local day, and the UTC hour in it; None if buckets are days.
Place = tuple[date, datetime | None]


@dataclass(frozen=True, slots=True)
class Bucket:
    """One hour or day: from `at` to before `ends`."""

    place: Place
    at: datetime
    ends: datetime

    def share_passed(self, now: datetime) -> float:
        """The share of the bucket that has passed, 0 to 1."""
        share = (now - self.at) / (self.ends - self.at)
        return round(min(max(share, 0.0), 1.0), 4)


@dataclass(slots=True)
class Sold:
    """Money of one currency: the number of orders and purchases with an amount, and the sum."""

    paid: int = 0
    revenue: Decimal = Decimal(0)


@dataclass(slots=True)
class BucketCounts:
    """Counts of one bucket, or of several together."""

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
        """Add a row of a statement. It has some of the counts, and a currency with money."""
        for name in _COUNTED:
            if name in row:
                setattr(self, name, getattr(self, name) + row[name])
        if row.get("paid"):
            sold = self.money.setdefault(row["currency"], Sold())
            sold.paid += row["paid"]
            sold.revenue += row["revenue"]

    def add_all(self, other: BucketCounts) -> None:
        """Add another bucket's counts."""
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
        if start >= end:  # a day that a change of zone skips
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
    """The rows of statements by their `day` and, if they have one, `hour`."""
    found: dict[Place, BucketCounts] = {}
    for row in rows:
        found.setdefault((row["day"], row.get("hour")), BucketCounts()).add(row)
    return found


def sum_of(counts: Iterable[BucketCounts]) -> BucketCounts:
    """The sum of several buckets."""
    total = BucketCounts()
    for one in counts:
        total.add_all(one)
    return total


def moment_beside(window: Window, at: datetime, later: timedelta) -> datetime:
    """The instant `later` days after `at` at the same local time."""
    calendar = window.calendar
    return calendar.instant_of(calendar.day_of(at) + later, calendar.clock_at(at))


def currencies_of(money: Mapping[str, Sold]) -> list[str]:
    """The currencies, the one with the most sales first."""
    return sorted(money, key=lambda currency: (-money[currency].paid, currency))


def _hours(first: datetime, end: datetime) -> Iterator[datetime]:
    at = first
    while at < end:
        yield at
        at += HOUR
