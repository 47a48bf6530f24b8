"""`/api/customer-activity` and `/api/analytics/…`: what visitors of a store did."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain.event_names import event_name_of
from storepulse.query import pages, properties
from storepulse.query.access import Reader
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.periods import (
    ComparedPeriod,
    CoveredPeriod,
    PagedPeriod,
)
from storepulse.query.properties import PropertyFilter
from storepulse.query.store_days import (
    StorePeriod,
    own_days_of,
    parameters_of_days,
)
from storepulse.query.windows import Window
from storepulse.query.wire import Day, Json, Money, Text, Utc
from storepulse.streams.activity.beacon import ActivityType
from storepulse.streams.activity.funnel import FUNNEL, steps_of

router = APIRouter(
    route_class=CheckedRoute, tags=["activity"], responses=error_responses_of(400, 401, 403, 503)
)


#: The form of a custom event's name in a beacon.
Name = Annotated[Text, StringConstraints(max_length=255)]


class FunnelFilter(StorePeriod, ComparedPeriod):
    """Which sessions, and a period to compare with."""


class VisitFilter(StorePeriod, PagedPeriod):
    """Rows of one store, session or visitor."""

    session_id: Text | None = Field(None, description="This session only")
    visitor_id: Text | None = Field(None, description="This visitor only")


class ActivityFilter(VisitFilter, PropertyFilter):
    """Activity of one store, session, visitor or type, or custom events by their properties."""

    type: ActivityType | None = Field(None, description="This activity type only")
    name: Name | None = Field(
        None, description="Custom events of this name only, in any spelling that counts as it"
    )

    @model_validator(mode="after")
    def _names_are_custom(self) -> Self:
        if self.name is not None and self.type not in (None, "custom"):
            raise PydanticCustomError("range", "goes with type=custom", {"field": "name"})
        if self.name is None and self.properties:
            key = next(iter(self.properties))
            raise PydanticCustomError("range", "needs a name", {"field": properties.PREFIX + key})
        return self


class Activity(BaseModel):
    """One event, as the shop's client sent it and the gateway completed it."""

    event_id: UUID
    store_id: UUID
    session_id: str
    visitor_id: str | None
    correlation_id: str
    activity_type: ActivityType = Field(examples=["product_view"])
    page_url: str | None = Field(examples=["https://shop.example/products/mug"])
    referrer: str | None
    product_id: str | None = Field(examples=["mug-1"])
    product_name: str | None
    search_query: str | None
    quantity: int | None
    value: Money | None
    currency: str | None = Field(examples=["EUR"])
    customer_id: str | None = Field(description="The shop's number of the customer")
    metadata: Json | None
    order_id: str | None = Field(description="The shop's number of the order", examples=["1001"])
    name: str | None = Field(description="Of a custom event", examples=["image_generated"])
    items: list[Json] | None = Field(description="Lines of the order or cart")
    view_id: str | None = Field(description="One view of a page")
    occurred_at: Utc
    received_at: Utc
    source: str
    consent_analytics: str
    consent_marketing: str
    ip: str | None
    user_agent: str | None
    country: str | None
    is_bot: bool


class ActivityPage(BaseModel):
    """Events, newest first."""

    status: Literal["success"] = "success"
    data: list[Activity]
    next_cursor: str | None = Field(description="Null on the last page")
    searched_until: Utc | None = Field(
        description="Where properties are asked for: the time down to which events have been "
        "looked through. A page may be short, or empty, and have a next one",
    )


class FunnelStep(BaseModel):
    """Sessions that took a step and every step before it, in any order."""

    step: str = Field(examples=["add_to_cart"])
    sessions: int
    of_previous: float | None = Field(description="Share of the previous step; null without any")
    of_first: float | None = Field(description="Share of the first step; null without any")


class FunnelDay(BaseModel):
    """The sessions that began on one day."""

    day: Day
    sessions: list[int] = Field(
        description="For each step of the funnel, in its order",
        examples=[[1183, 856, 449, 230, 140]],
    )
    conversion: float | None = Field(
        description="Share of the first step's sessions that took the last one; null without any"
    )
    complete: bool = Field(
        description="Whether the day is over; what its sessions do afterwards still counts"
    )


class FunnelOfPeriod(CoveredPeriod):
    """The funnel of the sessions that began from `from` up to `to`."""

    data: list[FunnelStep]
    series: list[FunnelDay] = Field(description="The days on which a session began")


class Funnel(FunnelOfPeriod):
    """The funnel of the sessions that began on the days from `from` up to `to`."""

    status: Literal["success"] = "success"
    comparison: FunnelOfPeriod | None = Field(description="Null unless `compare` asks for it")


class Session(BaseModel):
    """A session. It ends after 30 minutes without an event."""

    session_id: str
    store_id: UUID
    visitor_id: str | None
    started_at: Utc
    ended_at: Utc
    duration_seconds: float
    is_long: bool = Field(description="Over 24 hours: mostly clients that share one session id")
    entry_page: str | None = Field(description="Of the first event that has a page")
    exit_page: str | None = Field(description="Of the last event that has a page")
    source: str | None = Field(
        description="Host of the entry's referrer; null: direct, or the shop itself",
        examples=["google.com"],
    )
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    utm_term: str | None
    utm_content: str | None
    country: str | None
    pages: int
    events: int
    steps: list[str] = Field(
        description="Funnel steps taken, in the funnel's order", examples=[["page_view"]]
    )
    is_bot: bool


class SessionPage(BaseModel):
    """Sessions, the one that began last first."""

    status: Literal["success"] = "success"
    data: list[Session]
    next_cursor: str | None = Field(description="Null on the last page")


@router.get("/api/customer-activity", openapi_extra=properties.DOCUMENTED)
async def list_activity(
    request: Request, reader: CanRead, query: Annotated[ActivityFilter, Query()]
) -> ActivityPage:
    """Activity of a store, newest first."""
    listing = pages.listing_of("activity", reader.one_store(query.store_id))
    after = pages.position_of(listing, query.cursor, 1) if query.cursor else None
    statements = named_sql("streams/activity/queries")
    asked = await _visit_parameters(request, reader, query, after)
    asked["name"] = None if query.name is None else event_name_of(query.name)
    if query.properties:
        asked |= properties.parameters_of(query.properties)
        found = await database(request).rows(statements["rows_of_properties"], asked)
        return _page_of_search(found, query.limit, listing)
    rows = await database(request).rows(statements["rows"], {**asked, "activity_type": query.type})
    data = [Activity.model_validate(row) for row in rows[: query.limit]]
    following = None
    if len(rows) > query.limit:
        last = pages.Position(data[-1].occurred_at, (str(data[-1].event_id),))
        following = pages.cursor_of(listing, last)
    return ActivityPage(data=data, next_cursor=following, searched_until=None)


def _page_of_search(rows: list[Json], limit: int, listing: str) -> ActivityPage:
    """The page of a search by properties. Each row says how far the search went."""
    found = [Activity.model_validate(row) for row in rows if row["event_id"] is not None]
    ending, data, following = rows[0], found[:limit], None
    until = ending["searched_until"]
    if len(found) > limit:
        until = data[-1].occurred_at
        following = pages.Position(until, (str(data[-1].event_id),))
    elif ending["searched"] == properties.MOST_SEARCHED:
        following = pages.Position(until, (str(ending["last_id"]),))
    return ActivityPage(
        data=data,
        next_cursor=None if following is None else pages.cursor_of(listing, following),
        searched_until=until,
    )


@router.get("/api/analytics/sessions")
async def list_sessions(
    request: Request, reader: CanRead, query: Annotated[VisitFilter, Query()]
) -> SessionPage:
    """Sessions of a store, newest first."""
    listing = pages.listing_of("sessions", reader.one_store(query.store_id))
    after = pages.position_of(listing, query.cursor, 1, uuids=False) if query.cursor else None
    rows = await database(request).rows(
        named_sql("streams/activity/queries")["sessions"],
        await _visit_parameters(request, reader, query, after),
    )
    data = [
        Session.model_validate({**row, "steps": steps_of(row["steps"])})
        for row in rows[: query.limit]
    ]
    following = None
    if len(rows) > query.limit:
        last = pages.Position(data[-1].started_at, (data[-1].session_id,))
        following = pages.cursor_of(listing, last)
    return SessionPage(data=data, next_cursor=following)


@router.get("/api/analytics/funnel")
async def get_funnel(
    request: Request, reader: CanRead, query: Annotated[FunnelFilter, Query()]
) -> Funnel:
    """How far the sessions of a store went."""
    reads, statements = database(request), named_sql("streams/activity/queries")

    async def funnel_of(window: Window) -> FunnelOfPeriod:
        statement = statements["funnel" if window.cut is None else "cut_funnel"]
        rows = await reads.rows(statement, parameters_of_days(reader, query, window))
        days: dict[date, list[int]] = {}
        for row in rows:
            days.setdefault(row["day"], [0] * len(FUNNEL))[row["step"]] = row["sessions"]
        reached = [sum(day[step] for day in days.values()) for step in range(len(FUNNEL))]
        series = [
            FunnelDay(
                day=day,
                sessions=sessions,
                conversion=share(sessions[-1], sessions[0]),
                complete=window.is_day_complete(day),
            )
            for day, sessions in days.items()
            if sessions[0]
        ]
        return FunnelOfPeriod(**window.fields, data=_steps_of(reached), series=series)

    window = await own_days_of(request, reader, query)
    found = await funnel_of(window)
    comparison = await query.comparison(window, "hour", funnel_of)
    return Funnel(**dict(found), comparison=comparison)


def share(part: int, whole: int) -> float | None:
    """part / whole to six places; None if `whole` is 0."""
    return round(part / whole, 6) if whole else None


def _steps_of(reached: list[int]) -> list[FunnelStep]:
    return [
        FunnelStep(
            step=name,
            sessions=reached[number],
            of_previous=share(reached[number], reached[max(number - 1, 0)]),
            of_first=share(reached[number], reached[0]),
        )
        for number, name in enumerate(FUNNEL)
    ]


async def _visit_parameters(
    request: Request, reader: Reader, query: VisitFilter, after: pages.Position | None
) -> Json:
    store_id = reader.one_store(query.store_id)
    return {
        "store_id": store_id,
        "session_id": query.session_id,
        "visitor_id": query.visitor_id,
        "include_bots": query.include_bots,
        **await query.page_after(after, database(request), store_id),
    }
