"""`/api/analytics/overview`: a store's main figures, with those of an earlier period.

They are the figures of `/api/analytics/visitors`, `funnel` and `revenue` and of the cart paths,
from the same tables and by the same rules, in one answer from one snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain.errors import Rejected
from storepulse.domain.time_zones import A_DAY
from storepulse.query.activity import share
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.overview_buckets import (
    Bucket,
    BucketCounts,
    Place,
    Sold,
    buckets_of,
    counts_by_place,
    currencies_of,
    moment_beside,
    sum_of,
)
from storepulse.query.overview_models import (
    BucketRevenue,
    ComparedBucket,
    ComparedOverview,
    Overview,
    OverviewBucket,
    OverviewFigures,
    OverviewFilter,
)
from storepulse.query.overview_visitors import CountedVisitors
from storepulse.query.periods import clock_of
from storepulse.query.revenue import CurrencyRevenue
from storepulse.query.windows import Window
from storepulse.query.wire import Json

router = APIRouter(
    route_class=CheckedRoute, tags=["audience"], responses=error_responses_of(400, 401, 403, 503)
)
_OF_DAYS = "store_id first_day end_day include_bots"
_SQL = named_sql(
    "query/overview",
    steps_by_day=_OF_DAYS,
    steps_by_hour=f"{_OF_DAYS} start end",
    carts=f"{_OF_DAYS} by_hour cut",
    sales=f"{_OF_DAYS} by_hour cut",
)
#: Longest periods for which `auto` uses hours, and for which hours may be requested.
DAYS_OF_HOURS = timedelta(days=3)
MOST_DAYS_OF_HOURS = timedelta(days=14)
#: The longest period: what is kept, plus a month.
MOST_DAYS = timedelta(days=430)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The store, the steps (hours or days) and the request that statements are run for."""

    request: Request
    store_id: UUID
    include_bots: bool
    by_hour: bool

    async def rows(self, statement: str, window: Window, **more: Any) -> list[Json]:
        """The rows of a statement about the window's days."""
        given = {**window.bounds, "store_id": self.store_id, "include_bots": self.include_bots}
        given |= {"by_hour": self.by_hour, **more}
        return await database(self.request).rows(_SQL[statement], given)

    async def counts(self, window: Window) -> dict[Place, BucketCounts]:
        """The counts of each bucket of a whole window."""
        steps = "steps_by_hour" if self.by_hour else "steps_by_day"
        found = [await self.rows(name, window) for name in (steps, "carts", "sales")]
        return counts_by_place(row for rows in found for row in rows)

    async def total(self, window: Window) -> BucketCounts:
        """The counts of the window, up to its cut."""
        steps = await self._steps_until_cut(window)
        sold = [await self.rows(name, window, by_hour=False) for name in ("carts", "sales")]
        return sum_of(counts_by_place(row for rows in (steps, *sold) for row in rows).values())

    async def _steps_until_cut(self, window: Window) -> list[Json]:
        """Sessions of whole days, and on the last day those that began before the cut."""
        if window.cut is None:
            return await self.rows("steps_by_day", window)
        last_day = _last_day_of(window)
        found = await self.rows("steps_by_day", window, end_day=last_day.first_day)
        hours = await self.rows("steps_by_hour", last_day)
        return found + [row for row in hours if row["hour"] < window.cut]


@router.get("/api/analytics/overview")
async def get_overview(
    request: Request, reader: CanRead, query: Annotated[OverviewFilter, Query()]
) -> Overview:
    """Visitors, carts, orders, revenue and conversion of a store, in total and by hour or day."""
    store_id = reader.one_store(query.store_id)
    window = query.in_own_days(await clock_of(database(request), store_id))
    asked = _Asked(request, store_id, query.include_bots, _is_by_hour(query.bucket, window))
    visitors = CountedVisitors(request, store_id)
    buckets = [one for one in buckets_of(window, by_hour=asked.by_hour) if one.at <= window.now]
    counts, total = await asked.counts(window), await asked.total(window)
    by_place = await visitors.count_by_place(window, by_hour=asked.by_hour)
    returning = await visitors.count_returning(window)
    totals = _figures_of(total, await visitors.count(window), returning)
    order = currencies_of(total.money)
    comparison = None
    if query.compare is not None:
        begun, whole = window.earlier_with_rest(query.compare, "hour")
        comparison = await _compare(asked, visitors, window, begun, whole)
    return Overview(
        **window.fields,
        store_id=store_id,
        as_of=window.now,
        bucket="hour" if asked.by_hour else "day",
        totals=totals,
        series=[
            OverviewBucket(**_bucket_fields(one, counts, by_place, window, order))
            for one in buckets
        ],
        comparison=comparison,
    )


async def _compare(
    asked: _Asked, visitors: CountedVisitors, window: Window, begun: Window, whole: Window
) -> ComparedOverview:
    """The figures of the earlier window: totals up to the same moment, buckets for all of it."""
    assert whole.end is not None  # noqa: S101 - windows of days have all bounds
    assert window.first_day is not None  # noqa: S101
    assert whole.first_day is not None  # noqa: S101
    later = window.first_day - whole.first_day
    counts, total = await asked.counts(whole), await asked.total(begun)
    by_place = await visitors.count_by_place(whole, by_hour=asked.by_hour)
    totals = _figures_of(total, await visitors.count(begun), None)
    order = currencies_of(total.money)
    return ComparedOverview(
        **begun.fields,
        ends=whole.end,
        totals=totals,
        series=[
            ComparedBucket(
                **_bucket_fields(one, counts, by_place, whole, order),
                beside=moment_beside(whole, one.at, later),
            )
            for one in buckets_of(whole, by_hour=asked.by_hour)
        ],
    )


def _is_by_hour(bucket: str, window: Window) -> bool:
    """Whether buckets are hours. Raises Rejected if the window is too long for that, or at all."""
    assert window.first_day is not None  # noqa: S101 - the filter wants both
    assert window.end_day is not None  # noqa: S101
    days = window.end_day - window.first_day
    if days > MOST_DAYS:
        raise Rejected("to", f"is more than {MOST_DAYS.days} days after from")
    if bucket == "hour" and days > MOST_DAYS_OF_HOURS:
        raise Rejected("bucket", f"goes by hour up to {MOST_DAYS_OF_HOURS.days} days")
    return bucket == "hour" or (bucket == "auto" and days <= DAYS_OF_HOURS)


def _last_day_of(window: Window) -> Window:
    assert window.end_day is not None  # noqa: S101 - a window that is cut has one
    day = window.end_day - A_DAY
    start, end = map(window.calendar.start_of, (day, window.end_day))
    return replace(window, first_day=day, start=start, end=end, cut=None)


def _figures_of(total: BucketCounts, visitors: int, returning: int | None) -> OverviewFigures:
    return OverviewFigures(
        visitors=visitors,
        new_visitors=None if returning is None else visitors - returning,
        returning_visitors=returning,
        sessions=total.sessions,
        carts=total.carts,
        carts_from_image=total.from_image,
        added_sessions=total.added,
        orders=total.orders,
        purchases=total.purchases,
        revenue=[
            _money_of(currency, total.money[currency]) for currency in currencies_of(total.money)
        ],
        **_conversion_of(total),
    )


def _bucket_fields(
    bucket: Bucket,
    counts: Mapping[Place, BucketCounts],
    visitors: Mapping[Place, int],
    window: Window,
    order: list[str],
) -> Json:
    """Fields of OverviewBucket. `order`: the period's currencies, in its order."""
    counted = counts.get(bucket.place) or BucketCounts()
    named = [*order, *(one for one in currencies_of(counted.money) if one not in order)]
    return {
        "at": bucket.at,
        "ends": bucket.ends,
        "complete": bucket.ends <= window.now,
        "passed": bucket.share_passed(window.now),
        "visitors": visitors.get(bucket.place, 0),
        "sessions": counted.sessions,
        "carts": counted.carts,
        "orders": counted.orders,
        "revenue": [
            BucketRevenue(currency=one, revenue=counted.money[one].revenue)
            for one in named
            if one in counted.money
        ],
        **_conversion_of(counted),
    }


def _conversion_of(counted: BucketCounts) -> Json:
    return {
        "viewed_sessions": counted.viewed,
        "bought_sessions": counted.bought,
        "conversion": share(counted.bought, counted.viewed),
    }


def _money_of(currency: str, sold: Sold) -> CurrencyRevenue:
    average = round(sold.revenue / sold.paid, 4)
    return CurrencyRevenue(
        currency=currency, sales=sold.paid, revenue=sold.revenue, average=average
    )
