"""Periods and filters that several paths share.

`from` is inside the period, `to` is not. Dates, and times without an offset, are in `tz`. Its
default is the zone of the store that is read, or UTC if a path reads several stores. Figures are
kept by UTC hour or by the store's local day, so their periods are widened to whole hours or days;
the answer's `from`, `to` and `tz` are the period that its figures cover.

    window = query.in_days(await clock_of(database(request), store_id))
    ...  # a statement with **window.bounds
    return Answer(**window.fields, data=...)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.domain.calendars import (
    FIRST_DAY,
    LAST_DAY,
    UTC_CALENDAR,
    Calendar,
    calendar_of_zone,
)
from storepulse.domain.errors import Rejected
from storepulse.domain.time_zones import A_DAY, ZonePeriod, time_zone
from storepulse.query.pages import MAX_LIMIT, Position
from storepulse.query.windows import Comparison, Grain, Window, hour_of, whole_hour_from
from storepulse.query.wire import Moment, Utc, is_local

Figures = TypeVar("Figures")
#: No event is older. The search for zones whose hours differ from UTC's starts here.
_FIRST_EVENTS = datetime(2020, 1, 1, tzinfo=UTC)
_FIRST = datetime.combine(FIRST_DAY, time(), UTC)
_LAST = datetime.combine(LAST_DAY, time(), UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class StoreClock:
    """A store's calendar and the current time. `store_id` None: all stores, with UTC days because
    their own days differ."""

    now: datetime
    store_id: UUID | None = None
    calendar: Calendar = UTC_CALENDAR

    @property
    def tz(self) -> str:
        """The zone in force now."""
        return self.calendar.zone_at(self.now)


class Period(BaseModel):
    """Query parameters of every read. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    start: Moment | None = Field(None, alias="from", description="First moment; default: all")
    end: Moment | None = Field(None, alias="to", description="First moment after; default: all")
    tz: str | None = Field(
        None,
        max_length=64,
        description="IANA time zone of days, and of times without an offset; default: the store's",
        examples=["Europe/Berlin"],
    )
    include_bots: bool = Field(False, description="Count crawlers and headless agents too")

    @field_validator("tz")
    @classmethod
    def _check_zone(cls, name: str | None) -> str | None:
        try:
            return None if name is None else time_zone("tz", name)
        except Rejected as error:
            raise PydanticCustomError("range", "{why}", {"why": error.reason}) from None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.is_local:  # else checked once the store's zone is known
            self.moments(UTC_CALENDAR)
        return self

    @property
    def is_local(self) -> bool:
        """Whether its start or end depends on a time zone."""
        return any(at is not None and is_local(at) for at in (self.start, self.end))

    def moments(self, calendar: Calendar) -> tuple[datetime | None, datetime | None]:
        """The first moment of the period, and the first one after it.

        `calendar` resolves dates and times without an offset. Raises Rejected if they are out of
        order.
        """
        start = None if self.start is None else _instant_of(self.start, calendar)
        end = None if self.end is None else _instant_of(self.end, calendar)
        if start is not None and end is not None and start >= end:
            raise Rejected("to", "is not after from")
        return start, end

    async def read_moments(
        self, reads: ReadSnapshot, store_id: UUID | None
    ) -> tuple[datetime | None, datetime | None]:
        """The same, but reads the store's zone if it is needed."""
        calendar = UTC_CALENDAR
        if self.tz is not None:
            calendar = calendar_of_zone(self.tz)
        elif self.is_local:
            calendar = (await clock_of(reads, store_id)).calendar
        return self.moments(calendar)

    def in_own_days(self, clock: StoreClock) -> Window:
        """The local days of the store that this period touches, for figures that are kept by day.
        Raises Rejected for a zone other than the store's: figures are not kept by its days."""
        if self.tz not in (None, clock.tz):
            reason = f"must be {clock.tz}, the store's zone: these figures are kept by its days"
            if clock.store_id is None:
                reason = "requires a store: these figures are kept by the days of each store"
            raise Rejected("tz", reason)
        return self._days_of(clock.calendar, clock.tz, clock)

    def in_days(self, clock: StoreClock) -> Window:
        """The local days that this period touches, for figures that are also kept by hour.

        They may be days of the store, of UTC for several stores, or of any zone whose hours are UTC
        hours. Raises Rejected for other zones.
        """
        if clock.store_id is not None and self.tz in (None, clock.tz):
            return self.in_own_days(clock)
        tz = self.tz or clock.tz
        return _checked(self._days_of(calendar_of_zone(tz), tz, clock))

    def in_hours(self, clock: StoreClock) -> Window:
        """The UTC hours that this period touches. Raises Rejected as `in_days` does."""
        is_own = self.tz is None or self.tz == clock.tz
        tz = clock.tz if self.tz is None else self.tz
        calendar = clock.calendar if is_own else calendar_of_zone(tz)
        start, end = self.moments(calendar)
        window = Window(
            start=start and hour_of(start),
            end=end and whole_hour_from(end),
            first_day=None,
            end_day=None,
            calendar=calendar,
            tz=tz,
            now=clock.now,
            is_own=is_own,
        )
        return window if is_own else _checked(window)

    def _days_of(self, calendar: Calendar, tz: str, clock: StoreClock) -> Window:
        start, end = self.moments(calendar)
        first_day = None if start is None else calendar.day_of(start)
        end_day = None if end is None else calendar.day_of(end - _MICROSECOND) + A_DAY
        return Window(
            start=None if first_day is None else calendar.start_of(first_day),
            end=None if end_day is None else calendar.start_of(end_day),
            first_day=first_day,
            end_day=end_day,
            calendar=calendar,
            tz=tz,
            now=clock.now,
            is_own=calendar is clock.calendar,
        )


class ComparedPeriod(Period):
    """A period whose figures may be compared with those of an earlier one."""

    compare: Comparison | None = Field(
        None,
        description="Figures of an earlier period beside these: the same number of days before, or "
        "the same dates a year earlier; needs from and to",
    )

    @model_validator(mode="after")
    def _has_bounds(self) -> Self:
        if self.compare is not None and (self.start is None or self.end is None):
            raise PydanticCustomError("range", "needs from and to", {"field": "compare"})
        return self

    async def comparison(
        self, window: Window, grain: Grain, read: Callable[[Window], Awaitable[Figures]]
    ) -> Figures | None:
        """The result of `read` for the earlier window; None if the request does not compare.

        `grain`: that of the tables it reads. Raises Rejected if there is no such window.
        """
        if self.compare is None:
            return None
        earlier = window.earlier(self.compare, grain)
        return await read(earlier if earlier.is_own else _checked(earlier))


class LimitedPeriod(Period):
    """A period of which the first `limit` entries are returned."""

    limit: int = Field(50, ge=1, le=MAX_LIMIT, description="Most entries of the answer")


class PagedPeriod(LimitedPeriod):
    """A period whose rows are returned in pages, newest first."""

    cursor: str | None = Field(
        None, max_length=1024, description="`next_cursor` of the page before this one"
    )

    async def page_after(
        self, after: Position | None, reads: ReadSnapshot, store_id: UUID | None
    ) -> dict[str, Any]:
        """Parameters of a statement that lists rows; one row more than a page shows that there are
        more. `after` is the position in the cursor. Reads the store's zone if it is needed."""
        start, end = await self.read_moments(reads, store_id)
        return {
            "start": start,
            "end": end,
            "before": after and after.at,
            "after_id": after and after.ids[0],
            "count": self.limit + 1,
        }


class CoveredPeriod(BaseModel):
    """The period that an answer's figures cover; null where it is open."""

    start: Utc | None = Field(serialization_alias="from")
    end: Utc | None = Field(serialization_alias="to")
    tz: str = Field(
        description="Zone of the days; on days before a change of the store's zone, the one before",
        examples=["Europe/Berlin"],
    )


async def clock_of(
    reads: ReadSnapshot, store_id: UUID | None, domain: str | None = None
) -> StoreClock:
    """A store's calendar and the database's current time. The store is found by its domain if no id
    is given; without either, the clock is of all stores."""
    asked = {"store_id": store_id, "domain": domain}
    row = await reads.row(named_sql("query/periods")["zones"], asked)
    zones = tuple(map(ZonePeriod, row["days"], row["zones"]))
    return StoreClock(row["now"], row["store_id"], Calendar(zones))


def _instant_of(moment: date | datetime, calendar: Calendar) -> datetime:
    """Clamped to the days that calendars know."""
    if not isinstance(moment, datetime):
        return calendar.start_of(min(max(moment, FIRST_DAY), LAST_DAY))
    if moment.tzinfo is not None:
        return min(max(moment, _FIRST), _LAST)
    if not FIRST_DAY <= moment.date() <= LAST_DAY:
        return _instant_of(moment.date(), calendar)
    return calendar.instant_of(moment.date(), moment.time())


def _checked(window: Window) -> Window:
    """Returns the window. Raises Rejected if the zone's hours are not UTC hours in all of it."""
    start = max(window.start or _FIRST_EVENTS, _FIRST_EVENTS)
    end = min(window.end or _LAST, window.now + 2 * A_DAY)
    if not window.calendar.is_in_whole_hours(start, end):
        reason = (
            "is not whole hours from UTC in all of the period; only a store's own zone may be so"
        )
        raise Rejected("tz", reason)
    return window
