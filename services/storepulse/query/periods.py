"""Periods and filters that several paths share.

`from` is inside the period, `to` is not. Rollups are kept by hour or day of UTC, so their periods
are widened to whole hours or days; the answer's `from` and `to` say which period its figures are
of.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from storepulse.query.pages import MAX_LIMIT, Position
from storepulse.query.wire import Instant, Utc

Unit = Literal["hour", "day"]
_LENGTH = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


class Period(BaseModel):
    """Query parameters of every read. A parameter that a path does not know is refused."""

    model_config = ConfigDict(extra="forbid")

    start: Instant | None = Field(None, alias="from", description="First moment; default: all")
    end: Instant | None = Field(None, alias="to", description="First moment after; default: all")
    include_bots: bool = Field(False, description="Count crawlers and headless agents too")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise PydanticCustomError("range", "is not after from", {"field": "to"})
        return self

    def in_whole(self, unit: Unit) -> CoveredPeriod:
        """The whole hours or days that this period touches."""
        start = None if self.start is None else _floor(self.start, unit)
        end = None if self.end is None else _ceiling(self.end, unit)
        return CoveredPeriod(start=start, end=end)


class LimitedPeriod(Period):
    """A period of which the first `limit` entries are wanted."""

    limit: int = Field(50, ge=1, le=MAX_LIMIT, description="Most entries of the answer")


class PagedPeriod(LimitedPeriod):
    """A period whose rows come in pages, newest first."""

    cursor: str | None = Field(
        None, max_length=1024, description="`next_cursor` of the page before this one"
    )

    def page_after(self, after: Position | None) -> dict[str, Any]:
        """Parameters of a statement that lists rows: one more than a page, which says whether
        there are more. `after` is what the cursor names."""
        return {
            "start": self.start,
            "end": self.end,
            "before": after and after.at,
            "after_id": after and after.ids[0],
            "count": self.limit + 1,
        }


class CoveredPeriod(BaseModel):
    """The period that an answer's figures are of; null where it is open."""

    start: Utc | None = Field(serialization_alias="from")
    end: Utc | None = Field(serialization_alias="to")

    @property
    def bounds(self) -> dict[str, datetime | date | None]:
        """Parameters of the statements."""
        return {
            "start": self.start,
            "end": self.end,
            "first_day": None if self.start is None else self.start.date(),
            "end_day": None if self.end is None else self.end.date(),
        }


def _floor(at: datetime, unit: Unit) -> datetime:
    at = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return at if unit == "hour" else at.replace(hour=0)


def _ceiling(at: datetime, unit: Unit) -> datetime:
    floor = _floor(at, unit)
    if floor == at:
        return floor
    try:
        return floor + _LENGTH[unit]
    except OverflowError:  # the last hour of the calendar
        return datetime.max.replace(tzinfo=UTC)
