"""Windows: the whole days or hours that an answer's figures are of, and earlier ones beside them.

Rules: days are local. A day's figures are complete when the day is over by the database's clock;
late events may still be added. The period before one of n days is the n days before it; the year
before takes the same dates, and 28 February for a 29th where there is none. Beside a period that
is not over stands an earlier one up to the same local moment: to the end of the hour, or of the
day where figures are kept by day alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, Literal

from storepulse.domain.calendars import FIRST_DAY, Calendar
from storepulse.domain.errors import Rejected
from storepulse.domain.time_zones import A_DAY

Comparison = Literal["previous_period", "previous_weeks", "previous_year"]
Grain = Literal["hour", "day"]
HOUR = timedelta(hours=1)
#: No instant lies on days of two zones that are further apart.
_BETWEEN_ZONES = 2 * A_DAY
_A_WEEK = 7 * A_DAY


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to before `end`, local days from `first_day` to before `end_day`; None is open.

    `tz`: the zone of the days. `is_own`: whether they are the days that are kept with the figures,
    each store's own. `cut`: the instant at which the last day ends early, as in a comparison with a
    day that is not over.
    """

    start: datetime | None
    end: datetime | None
    first_day: date | None
    end_day: date | None
    calendar: Calendar
    tz: str
    now: datetime
    is_own: bool = True
    cut: datetime | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of an answer that is a `CoveredPeriod`."""
        return {"start": self.start, "end": self.cut or self.end, "tz": self.tz}

    @property
    def bounds(self) -> dict[str, Any]:
        """Parameters of the statements. What is kept by day goes by `first_day` and `end_day`; with
        an hour beside it by `cut` too, and where not `is_own` by `start` and `end`: the days are
        then all those that any store's calendar may have in them."""
        margin = timedelta() if self.is_own else _BETWEEN_ZONES
        return {
            "start": self.start,
            "end": self.cut or self.end,
            "first_day": self.first_day and self.first_day - margin,
            "end_day": self.end_day and self.end_day + margin,
            "cut": self.cut,
            "is_own": self.is_own,
            "tz": self.tz,
        }

    def is_day_complete(self, day: date) -> bool:
        """Whether a local day is over."""
        return self.calendar.start_of(day + A_DAY) <= self.now

    def is_complete(self, begins: datetime, grain: Grain) -> bool:
        """Whether the hour, or the local day, that begins then is over."""
        if grain == "day":
            return self.is_day_complete(self.calendar.day_of(begins))
        return begins + HOUR <= self.now

    def earlier(self, comparison: Comparison, grain: Grain) -> Window:
        """The window to compare this one with, which is of days and bounded on both sides. `grain`:
        that of the tables. Raises Rejected where it would leave the calendar."""
        return self.earlier_with_rest(comparison, grain)[0]

    def earlier_with_rest(self, comparison: Comparison, grain: Grain) -> tuple[Window, Window]:
        """The same; and the whole earlier window, also where this one is not over."""
        if self.first_day is None or self.end_day is None:
            raise Rejected("compare", "needs from and to")
        if comparison == "previous_year":
            return self._shifted(_a_year_before, grain)
        days = self.end_day - self.first_day
        if comparison == "previous_weeks":  # as few as keep the two apart
            days = -(-days // _A_WEEK) * _A_WEEK
        return self._shifted(partial(_days_before, days), grain)

    def _shifted(self, shift: Callable[[date], date], grain: Grain) -> tuple[Window, Window]:
        """The window whose days are those that `shift` makes of this one's, up to the same moment;
        and the whole of it."""
        assert self.first_day is not None  # noqa: S101 - as was asked before
        assert self.end_day is not None  # noqa: S101
        try:
            first_day, end_day = shift(self.first_day), shift(self.end_day - A_DAY) + A_DAY
        except (OverflowError, ValueError):
            first_day = end_day = date.min
        if first_day < FIRST_DAY:
            raise Rejected("compare", "reaches before the first year")
        whole = self._of_days(first_day, end_day)
        if not self._is_under_way:
            return whole, whole
        day = shift(self.calendar.day_of(self.now))
        begun = self._of_days(first_day, day + A_DAY)
        moment = self.calendar.instant_of(day, self.calendar.clock_at(self.now))
        return (begun if grain == "day" else begun._up_to(whole_hour_from(moment))), whole

    @property
    def _is_under_way(self) -> bool:
        return self.start is not None and self.end is not None and self.start <= self.now < self.end

    def _of_days(self, first_day: date, end_day: date) -> Window:
        return replace(
            self,
            start=self.calendar.start_of(first_day),
            end=self.calendar.start_of(end_day),
            first_day=first_day,
            end_day=end_day,
        )

    def _up_to(self, cut: datetime) -> Window:
        return self if self.end is None or cut >= self.end else replace(self, cut=cut)


def parts_of(window: Window) -> dict[str, Any]:
    """Parameters of a statement that reads whole days of UTC by the day, from `first_whole_day` to
    before `end_whole_day`, where None is open, and by the hour what of the window lies before them
    (`head_start` to `head_end`) and after them. A part may be empty: it ends where it starts."""
    start, end = window.start, window.end
    first = None if start is None else _day_from(start)
    last = None if end is None else end.astimezone(UTC).date()
    if first is not None and last is not None and first > last:  # within a day
        first = last = first - A_DAY
        head, tail = (start, end), (end, end)
    else:
        head = (start, start) if first is None else (start, _midnight_of(first))
        tail = (end, end) if last is None else (_midnight_of(last), end)
    return {
        "first_whole_day": first,
        "end_whole_day": last,
        "head_start": head[0],
        "head_end": head[1],
        "tail_start": tail[0],
        "tail_end": tail[1],
    }


def weeks_of(window: Window) -> dict[str, Any]:
    """Parameters of a statement that reads whole weeks of the store's days by the week, from the
    Monday `first_week` to before the Monday `end_week`, where None is open, and the others by the
    day. Without a whole week the two are the same."""
    first, end = window.first_day, window.end_day
    first_week = None if first is None else first + timedelta(days=-first.weekday() % 7)
    end_week = None if end is None else end - timedelta(days=end.weekday())
    if first_week is not None and end_week is not None and first_week > end_week:
        end_week = first_week
    return {"first_week": first_week, "end_week": end_week}


def closed_days_of(window: Window) -> dict[str, Any]:
    """Parameters of statements that read closed days from what is remembered: those from
    `first_day` to before `closed_end`, in the window; days of UTC where it is one of hours.

    A day is closed an hour after it is for who writes: no transaction of the agents lasts longer.
    """
    first, end = window.first_day, window.end_day
    if first is None and window.start is not None:
        first = window.start.astimezone(UTC).date()
    if end is None and window.end is not None:
        end = window.end.astimezone(UTC).date()
    closed_end = (window.now - HOUR).astimezone(UTC).date() - A_DAY
    closed_end = closed_end if end is None else min(closed_end, end)
    return {
        "first_day": first,
        "closed_end": closed_end if first is None else max(closed_end, first),
    }


def _midnight_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _day_from(at: datetime) -> date:
    """The first day of UTC that begins at `at` or later."""
    day = at.astimezone(UTC).date()
    return day if at == _midnight_of(day) else day + A_DAY


def hour_of(at: datetime) -> datetime:
    """The hour of UTC in which an instant lies."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def whole_hour_from(at: datetime) -> datetime:
    hour = hour_of(at)
    return hour if hour == at else hour + HOUR


def _days_before(days: timedelta, day: date) -> date:
    return day - days


def _a_year_before(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return day.replace(year=day.year - 1, day=28)
    return day.replace(year=day.year - 1)
