"""`/api/custom-events`: the custom events of a store by name, by day, and their properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, StringConstraints

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain.event_names import event_name_of
from storepulse.query import pages
from storepulse.query.activity import Name
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.lists import CountedList, total_of
from storepulse.query.periods import ComparedPeriod, CoveredPeriod
from storepulse.query.properties import KEY_CHARACTERS
from storepulse.query.store_days import (
    StorePeriod,
    TopOfStore,
    own_days_of,
    parameters_of_days,
)
from storepulse.query.windows import Window
from storepulse.query.wire import Day, Json, Text

router = APIRouter(
    route_class=CheckedRoute,
    tags=["custom events"],
    responses=error_responses_of(400, 401, 403, 503),
)
_OF_DAYS = "store_id first_day end_day include_bots stream"
_SQL = named_sql(
    "query/custom_events",
    list_names=f"{_OF_DAYS} search sort after_events after_name count",
    events_of_names=f"{_OF_DAYS} names",
    all_events=f"{_OF_DAYS} search",
    days_of_name=f"{_OF_DAYS} name",
    properties_of_name="store_id name start end include_bots newest characters key_characters"
    " values count",
)

#: How many of the newest events are examined for properties, and limits for the values shown.
NEWEST = 1_000
VALUES = 10
VALUE_CHARACTERS = 200

OfStream = Literal["activity", "landing", "bot"]


class NamesFilter(ComparedPeriod, TopOfStore):
    """Which names, and their order."""

    stream: OfStream | None = Field(None, description="Events of this stream only")
    search: Annotated[Text, StringConstraints(max_length=255)] | None = Field(
        None, description="Names that hold this text, in any case"
    )
    sort: Literal["events", "name"] = Field(
        "events", description="Order: the most events first, or by name"
    )
    cursor: str | None = Field(
        None, max_length=2048, description="`next_cursor` of the page before this one"
    )


class NameFilter(ComparedPeriod, StorePeriod):
    """Events of one name."""

    name: Name = Field(description="Any spelling that counts as this one")
    stream: OfStream | None = Field(None, description="Events of this stream only")


class PropertiesFilter(TopOfStore):
    """Properties of events of one name."""

    name: Name = Field(description="Of custom activity; any spelling that counts as this one")


class NamedEvents(BaseModel):
    """Custom events of one name."""

    name: str | None = Field(
        description="Null: of events that named none; (other): beyond the cap on new names",
        examples=["newsletter_signup"],
    )
    events: int
    earlier_events: int | None = Field(
        description="In the earlier period; null unless `compare` asks for it"
    )


class EventTotals(BaseModel):
    """Events of all names that match the search."""

    events: int


class EventsOfPeriod(CoveredPeriod):
    """Events of a period."""

    totals: EventTotals


class CustomEvents(EventsOfPeriod, CountedList):
    """Names of custom events of the days from `from` up to `to`. `totals` are of the whole list."""

    status: Literal["success"] = "success"
    data: list[NamedEvents]
    comparison: EventsOfPeriod | None = Field(description="Null unless `compare` asks for it")
    next_cursor: str | None = Field(description="Null on the last page")


class EventDay(BaseModel):
    """A day on which an event of the name happened."""

    day: Day
    events: int
    complete: bool = Field(description="Whether the day is over")


class CustomEventDays(EventsOfPeriod):
    """Events of one name on the days from `from` up to `to`."""

    status: Literal["success"] = "success"
    name: str = Field(description="As it counts")
    series: list[EventDay]
    comparison: EventsOfPeriod | None = Field(description="Null unless `compare` asks for it")


class PropertyValue(BaseModel):
    """One value of a property."""

    value: str | None = Field(
        description=f"As text, cut at {VALUE_CHARACTERS} characters; null for JSON's null"
    )
    events: int


class EventProperty(BaseModel):
    """One key of the metadata."""

    key: str = Field(examples=["plan"])
    events: int = Field(description="Of those looked at, events that have it")
    types: list[str] = Field(description="Types of JSON", examples=[["string"]])
    values: list[PropertyValue] = Field(description=f"The {VALUES} most frequent")


class EventProperties(CountedList):
    """Properties of the newest events of a name."""

    status: Literal["success"] = "success"
    looked_at: int = Field(description=f"Events that were looked at: the newest, at most {NEWEST}")
    data: list[EventProperty]


@router.get("/api/custom-events")
async def list_custom_events(
    request: Request, reader: CanRead, query: Annotated[NamesFilter, Query()]
) -> CustomEvents:
    """Names of a store's custom events, with their counts."""
    reads, store_id = database(request), reader.one_store(query.store_id)
    listing = pages.listing_of(f"custom events by {query.sort}", store_id)
    after: tuple[Any, Any] = (None, None)
    if query.cursor:
        after = pages.place_of(listing, query.cursor, int)
    asked = {"stream": query.stream, "search": event_name_of(query.search) or None}

    async def totals_of(window: Window) -> EventsOfPeriod:
        found = await reads.row(
            _SQL["all_events"], {**parameters_of_days(reader, query, window), **asked}
        )
        return EventsOfPeriod(**window.fields, totals=EventTotals(events=found["events"]))

    window = await own_days_of(request, reader, query)
    rows = await reads.rows(
        _SQL["list_names"],
        {
            **parameters_of_days(reader, query, window),
            **asked,
            "sort": query.sort,
            "after_events": after[0],
            "after_name": after[1],
            "count": query.limit + 1,
        },
    )
    shown = rows[: query.limit]
    earlier: dict[str, int] = {}

    async def comparison_of(window: Window) -> EventsOfPeriod:
        of_names = await reads.rows(
            _SQL["events_of_names"],
            {
                **parameters_of_days(reader, query, window),
                "stream": query.stream,
                "names": [row["name"] for row in shown],
            },
        )
        earlier.update((row["name"], row["events"]) for row in of_names)
        return await totals_of(window)

    comparison = await query.comparison(window, "day", comparison_of)
    following = None
    if len(rows) > query.limit:
        last = shown[-1]
        following = pages.cursor_of_place(listing, last["events"], last["name"])
    known = None if comparison is None else earlier
    return CustomEvents(
        **dict(await totals_of(window)),
        **total_of(rows),
        data=[_named_events(row, known) for row in shown],
        comparison=comparison,
        next_cursor=following,
    )


def _named_events(row: Json, earlier: Mapping[str, int] | None) -> NamedEvents:
    """The counts of a name; `earlier`: those of an earlier period, if requested."""
    name, events = row["name"], row["events"]
    before = None if earlier is None else earlier.get(name, 0)
    return NamedEvents(name=name or None, events=events, earlier_events=before)


@router.get("/api/custom-events/days")
async def list_custom_event_days(
    request: Request, reader: CanRead, query: Annotated[NameFilter, Query()]
) -> CustomEventDays:
    """How often a store's custom events of one name happened, by day."""
    reads = database(request)
    name = event_name_of(query.name)

    async def days_of(window: Window) -> CustomEventDays:
        rows = await reads.rows(
            _SQL["days_of_name"],
            {**parameters_of_days(reader, query, window), "stream": query.stream, "name": name},
        )
        return CustomEventDays(
            **window.fields,
            name=name,
            totals=EventTotals(events=sum(row["events"] for row in rows)),
            series=[EventDay(**row, complete=window.is_day_complete(row["day"])) for row in rows],
            comparison=None,
        )

    window = await own_days_of(request, reader, query)
    found = await days_of(window)
    earlier = await query.comparison(window, "day", days_of)
    if earlier is not None:
        found.comparison = EventsOfPeriod.model_validate(dict(earlier))
    return found


@router.get("/api/custom-events/properties")
async def list_custom_event_properties(
    request: Request, reader: CanRead, query: Annotated[PropertiesFilter, Query()]
) -> EventProperties:
    """The properties of the newest custom activity of one name, with values."""
    reads, store_id = database(request), reader.one_store(query.store_id)
    start, end = await query.read_moments(reads, store_id)
    rows = await reads.rows(
        _SQL["properties_of_name"],
        {
            "store_id": store_id,
            "name": event_name_of(query.name),
            "start": start,
            "end": end,
            "include_bots": query.include_bots,
            "newest": NEWEST,
            "characters": VALUE_CHARACTERS,
            "key_characters": KEY_CHARACTERS,
            "values": VALUES,
            "count": query.limit,
        },
    )
    said = [row for row in rows if row["key"] is not None]
    return EventProperties(
        **total_of(said),
        looked_at=rows[0]["looked_at"],
        data=[EventProperty.model_validate(row) for row in said],
    )
