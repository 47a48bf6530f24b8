"""`/api/people/{person}`: one person, and its actions in shop and bot in one order."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.domain.errors import Rejected
from storepulse.domain.identities import OF_SESSION
from storepulse.query import pages
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.customers import OverruledLink, StoreOfCustomer
from storepulse.query.errors import error_responses_of
from storepulse.query.people import fields_of
from storepulse.query.people_models import (
    AssignedVariant,
    DayOfPerson,
    Device,
    OwnedIdentity,
    PersonAnswer,
    PersonDetails,
)
from storepulse.query.periods import StoreClock, clock_of
from storepulse.query.person_events import (
    PersonEvent,
    PersonEventFilter,
    PersonEventPage,
    PersonSession,
    kinds_of,
    parameters_of_kinds,
)
from storepulse.query.wire import Json
from storepulse.streams.activity.funnel import steps_of

router = APIRouter(
    route_class=CheckedRoute,
    tags=["people"],
    responses=error_responses_of(400, 401, 403, 404, 503),
)
_PEOPLE, _SQL = named_sql("query/people"), named_sql("query/person_events")
#: Most identities of one person whose events are read; more than any person has.
MOST_OWNED = 200
MOST_SHOWN = 100
DAYS_SHOWN = 28
_is_named = re.compile(r"(visitor|telegram):([A-Za-z0-9_.~:-]{1,255})").fullmatch

PersonPath = Annotated[
    str,
    Path(
        max_length=300,
        description="`id` of the person, or of anybody who turned out to be this one; also "
        "`visitor:` and a visitor's id, or `telegram:` and a chat",
        examples=["telegram:8123456789"],
    ),
]


@dataclass(frozen=True)
class _KnownPerson:
    """A person's row, and the person's identities."""

    row: Json
    owned: list[Json]

    @property
    def sources(self) -> Json:
        """Parameters of statements that read events."""
        visitors = [one["value"] for one in self.owned if one["kind"] == "visitor"]
        return {
            "visitors": [value for value in visitors if not value.startswith(OF_SESSION)],
            "sessions": [
                value.removeprefix(OF_SESSION) for value in visitors if value.startswith(OF_SESSION)
            ],
            "chats": [one["value"] for one in self.owned if one["kind"] == "telegram"],
        }

    @property
    def units(self) -> list[str]:
        """The same as units of experiments."""
        found = self.sources
        return [f"v:{one}" for one in found["visitors"]] + [f"s:{one}" for one in found["sessions"]]


async def _known_person(reads: ReadSnapshot, store_id: UUID, person: str) -> _KnownPerson:
    """The person. Raises Rejected if the id is not valid, RequestRefused if there is no such
    person."""
    asked: Json = {"store_id": store_id, "id": None, "kind": None, "value": None}
    if named := _is_named(person):
        asked |= {"kind": named[1], "value": named[2]}
    else:
        try:
            asked["id"] = UUID(person)
        except ValueError:
            reason = "must be a person's id, visitor: and an id, or telegram: and a chat"
            raise Rejected("person", reason) from None
    rows = await reads.rows(_PEOPLE["person"], asked)
    if not rows or rows[0]["last_seen"] is None:
        raise RequestRefused(404, "There is no such person", "NOT_FOUND")
    row = rows[0]
    owned = await reads.rows(
        _PEOPLE["owned_identities"],
        {"store_id": store_id, "kind": row["kind"], "value": row["value"], "count": MOST_OWNED + 1},
    )
    return _KnownPerson(row, owned)


@router.get("/api/people/{person}")
async def get_person(
    request: Request,
    reader: CanRead,
    person: PersonPath,
    query: Annotated[StoreOfCustomer, Query()],
) -> PersonAnswer:
    """A person as it is now: figures, days, tests, identities, and contradicting links."""
    reads, store_id = database(request), reader.one_store(query.store_id)
    known = await _known_person(reads, store_id, person)
    clock = await clock_of(reads, store_id)
    sources = {"store_id": store_id, **known.sources}
    visits = await reads.row(_SQL["visits"], _only(sources, "visits"))
    devices = await reads.rows(_SQL["last_device"], _only(sources, "last_device"))
    carts = await reads.row(_SQL["carts"], _only(sources, "carts"))
    row = known.row
    chats: Json = dict.fromkeys(
        ("user_messages", "ai_messages", "premium_actions", "persona", "story", "redone_images")
    )
    if sources["chats"]:
        chats = await reads.row(_SQL["chats"], _only(sources, "chats"))
    variants = await reads.rows(
        _SQL["variants"], {"store_id": store_id, "units": known.units, "count": MOST_SHOWN}
    )
    conflicts = await reads.rows(
        _PEOPLE["conflicts"],
        {"store_id": store_id, "kind": row["kind"], "value": row["value"], "count": MOST_SHOWN},
    )
    device = devices[0] if devices else {}
    return PersonAnswer(
        data=PersonDetails(
            **fields_of(row),
            **_visit_fields(visits),
            **carts,
            **_chat_fields(chats),
            tz=clock.tz,
            device=Device(
                user_agent=device.get("user_agent"),
                source=visits["source"],
                consent_analytics=device.get("consent_analytics"),
                consent_marketing=device.get("consent_marketing"),
            ),
            days=await _days_of(reads, sources, clock),
            experiments=[AssignedVariant.model_validate(one) for one in variants],
            identities=[OwnedIdentity.model_validate(one) for one in known.owned[:MOST_SHOWN]],
            more_identities=len(known.owned) > MOST_SHOWN,
            conflicts=[OverruledLink.model_validate(one) for one in conflicts],
        )
    )  # fmt: skip


def _visit_fields(visits: Json) -> Json:
    """Fields of PersonDetails."""
    return {name: value for name, value in visits.items() if name != "source"}


def _chat_fields(chats: Json) -> Json:
    """Fields of PersonDetails. The table has an empty text for no choice."""
    chosen = {name: chats[name] or None for name in ("persona", "story")}
    return chats | chosen


def _only(asked: Json, statement: str) -> Json:
    """The parameters that a statement takes."""
    return {name: asked[name] for name in _SQL[statement].parameters}


async def _days_of(reads: ReadSnapshot, sources: Json, clock: StoreClock) -> list[DayOfPerson]:
    """The last days of the store with events of the person."""
    today = clock.calendar.day_of(clock.now)
    first = today - timedelta(days=DAYS_SHOWN - 1)
    end = clock.calendar.start_of(today + timedelta(days=1))
    period = {"start": clock.calendar.start_of(first), "end": end}
    quarters = await reads.rows(_SQL["quarters"], {**sources, **period})
    counts: Counter[Any] = Counter()
    for row in quarters:
        counts[clock.calendar.day_of(row["at"])] += row["events"]
    return [DayOfPerson(day=day, events=count) for day, count in sorted(counts.items())]


@router.get("/api/people/{person}/events")
async def list_person_events(
    request: Request,
    reader: CanRead,
    person: PersonPath,
    query: Annotated[PersonEventFilter, Query()],
) -> PersonEventPage:
    """The person's actions in shop and bot in one order, and the sessions that they belong to."""
    reads, store_id = database(request), reader.one_store(query.store_id)
    known = await _known_person(reads, store_id, person)
    listing = pages.listing_of(f"events {known.row['id']} {query.order}", store_id)
    after = pages.position_of(listing, query.cursor, 1) if query.cursor else None
    page = await query.page_after(after, reads, store_id)
    page["after"] = page.pop("before")
    rows = await reads.rows(
        _SQL["oldest" if query.order == "asc" else "newest"],
        {
            "store_id": store_id,
            "kind": known.row["kind"],
            "value": known.row["value"],
            **known.sources,
            **parameters_of_kinds(kinds_of(query.kinds)),
            **page,
        },
    )
    following = None
    if len(rows) > query.limit:
        last = rows[query.limit - 1]
        place = pages.Position(last["occurred_at"], (str(last["event_id"]),))
        following = pages.cursor_of(listing, place)
    shown = rows[: query.limit]
    in_sessions = [row for row in shown if row["session_id"] and row["stream"] != "bot"]
    sessions = await reads.rows(
        _SQL["sessions"],
        {
            "store_id": store_id,
            "ids": [row["session_id"] for row in in_sessions],
            "times": [row["occurred_at"] for row in in_sessions],
        },
    )
    return PersonEventPage(
        id=known.row["id"],
        cut=len(known.owned) > MOST_OWNED,
        data=[PersonEvent.of(row) for row in shown],
        sessions=[
            PersonSession.model_validate({**row, "steps": steps_of(row["steps"])})
            for row in sessions
        ],
        next_cursor=following,
    )
