"""Windows: the whole days or hours that an answer covers, and earlier ones to compare with.

Rules: days are local. A day's figures are complete when the day is over by the database's clock;
late events may still be added. The period before one of n days is the n days before it. The year
before has the same dates, with 28 February for a missing 29th. If a period is not over, the earlier
one ends at the same local moment: at the end of that hour, or of that day for figures that are kept
by day only.
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

    `tz`: the zone of the days. `is_own`: whether these are the days that the figures are kept by,
    each store's own. `cut`: the instant at which the last day ends early, for example in a
    comparison with a day that is not over.
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
        """Parameters of the statements.

        Tables by day use `first_day` and `end_day`; tables by day and hour also use `cut` and,
        unless `is_own`, `start` and `end`. The days then include all that any store's calendar may
        have in the window.
        """
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
        """Whether the hour, or the local day, that starts at `begins` is over."""
        if grain == "day":
            return self.is_day_complete(self.calendar.day_of(begins))
        return begins + HOUR <= self.now

    def earlier(self, comparison: Comparison, grain: Grain) -> Window:
        """The window to compare this one with; it has days and is bounded on both sides. `grain`:
        that of the tables. Raises Rejected if it would leave the calendar."""
        return self.earlier_with_rest(comparison, grain)[0]

    def earlier_with_rest(self, comparison: Comparison, grain: Grain) -> tuple[Window, Window]:
        """The same, and the whole earlier window, even if this one is not over."""
        if self.first_day is None or self.end_day is None:
            raise Rejected("compare", "needs from and to")
        if comparison == "previous_year":
            return self._shifted(_a_year_before, grain)
        days = self.end_day - self.first_day
        if comparison == "previous_weeks":  # the fewest weeks without an overlap
            days = -(-days // _A_WEEK) * _A_WEEK
        return self._shifted(partial(_days_before, days), grain)

    def _shifted(self, shift: Callable[[date], date], grain: Grain) -> tuple[Window, Window]:
        """The window with this one's days shifted by `shift`, up to the same moment; and the
        whole shifted window."""
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
    """Parameters of a statement that reads whole UTC days by the day and the rest by the hour.

    Whole days are from `first_whole_day` to before `end_whole_day`, where None is open. The hours
    before them are `head_start` to `head_end`, those after them `tail_start` to `tail_end`. An
    empty part ends where it starts.
    """
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
    """Parameters of a statement that reads whole weeks by the week and other days by the day.

    The weeks are of the store's days, from the Monday `first_week` to before the Monday `end_week`;
    None is open. Without a whole week the two are the same.
    """
    first, end = window.first_day, window.end_day
    first_week = None if first is None else first + timedelta(days=-first.weekday() % 7)
    end_week = None if end is None else end - timedelta(days=end.weekday())
    if first_week is not None and end_week is not None and first_week > end_week:
        end_week = first_week
    return {"first_week": first_week, "end_week": end_week}


def closed_days_of(window: Window) -> dict[str, Any]:
    """Parameters of statements that read remembered sums of closed days.

    The days of the window from `first_day` to before `closed_end`; UTC days if the window has hours
    only. Readers treat a day as closed one hour later than writers do, because no transaction of
    the agents lasts longer.
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
    """The first UTC day that begins at `at` or later."""
    day = at.astimezone(UTC).date()
    return day if at == _midnight_of(day) else day + A_DAY


def hour_of(at: datetime) -> datetime:
    """The UTC hour that contains an instant."""
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
