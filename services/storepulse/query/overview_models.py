"""Models of `/api/analytics/overview`."""

from __future__ import annotations

from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from storepulse.query.periods import ComparedPeriod, CoveredPeriod
from storepulse.query.revenue import CurrencyRevenue
from storepulse.query.store_days import StorePeriod
from storepulse.query.wire import Money, Utc


class OverviewFilter(StorePeriod, ComparedPeriod):
    """Which store and days, and a period to compare with. Requires `from` and `to`."""

    bucket: Literal["hour", "day", "auto"] = Field(
        "auto",
        description="Step of the series: hours up to 14 days; auto: hours up to 3 days, then days",
    )

    @model_validator(mode="after")
    def _wants_both(self) -> Self:
        for name, at in (("from", self.start), ("to", self.end)):
            if at is None:
                raise PydanticCustomError("range", "is required", {"field": name})
        return self


class Conversion(BaseModel):
    """How many of the sessions that viewed a page reached a purchase."""

    viewed_sessions: int = Field(description="Sessions that viewed a page: the funnel's first step")
    bought_sessions: int = Field(description="Those that took every step up to a purchase")
    conversion: float | None = Field(
        description="bought_sessions / viewed_sessions; null without any"
    )


class OverviewFigures(Conversion):
    """Figures of a whole period; distinct counts are over all of it."""

    visitors: int = Field(description="Distinct visitors, without robots")
    new_visitors: int | None = Field(
        description="Those who had come on no earlier day that is kept; null where counting them "
        "would take long, and of comparisons"
    )
    returning_visitors: int | None = Field(description="The others")
    sessions: int = Field(description="Sessions that began")
    carts: int = Field(description="Additions to carts, by the cart stream")
    carts_from_image: int = Field(description="Those that name a generated image")
    added_sessions: int = Field(
        description="Sessions that put something into a cart: the funnel's third step"
    )
    orders: int = Field(description="Orders, each once, however often it was told")
    purchases: int = Field(description="Purchases that name no order and state an amount")
    revenue: list[CurrencyRevenue] = Field(
        description="By currency, the one with the most sales first"
    )


class BucketRevenue(BaseModel):
    """Money of one currency in one bucket."""

    currency: str
    revenue: Money


class OverviewBucket(Conversion):
    """Figures of one hour or day. Visitors and sessions of buckets do not add up to a period's."""

    at: Utc = Field(description="When it begins")
    ends: Utc
    complete: bool = Field(description="Whether it is over; late events may still be added")
    passed: float = Field(description="Share of it that has passed, 0 to 1")
    visitors: int
    sessions: int
    carts: int
    orders: int
    revenue: list[BucketRevenue]


class ComparedBucket(OverviewBucket):
    """A bucket of the earlier period."""

    beside: Utc = Field(description="When that of this period begins beside which it stands")


class ComparedOverview(CoveredPeriod):
    """The earlier period. Its totals end at `to`, its series at `ends`."""

    ends: Utc = Field(description="Where the whole earlier period ends")
    totals: OverviewFigures
    series: list[ComparedBucket]


class Overview(CoveredPeriod):
    """The figures of a store's days from `from` up to `to`; the series ends with the current
    bucket."""

    status: Literal["success"] = "success"
    store_id: UUID
    as_of: Utc = Field(description="When the figures were read")
    bucket: Literal["hour", "day"]
    totals: OverviewFigures
    series: list[OverviewBucket]
    comparison: ComparedOverview | None = Field(description="Null unless `compare` asks for it")
