"""`/api/analytics/stats`, `/users`, `/users/{client_id}/events`: chats with a store's bot."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.query import pages
from storepulse.query.app_state import CanRead, bot_user_counts, closed_figures, database
from storepulse.query.bot_models import (
    BotChoice,
    BotComparison,
    BotFigures,
    BotStats,
    BotStatsAnswer,
    BotStep,
    BotUser,
    BotUserPage,
    ChatEvent,
    ChatEventPage,
    EventsOfType,
)
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.closed_figures import ClosedSum
from storepulse.query.errors import error_responses_of
from storepulse.query.lists import MOST_COUNTED, total_of
from storepulse.query.periods import ComparedPeriod, LimitedPeriod, PagedPeriod, clock_of
from storepulse.query.store_days import StorePeriod
from storepulse.query.windows import Window, closed_days_of
from storepulse.query.wire import Json, OneStore, Text
from storepulse.streams.bot.beacon import INPUT, is_client

router = APIRouter(
    route_class=CheckedRoute, tags=["bot"], responses=error_responses_of(400, 401, 403, 503)
)

#: Columns that users can be sorted by.
Sort = Literal[
    "client_id", "first_seen", "last_seen", "events", "messages", "user_messages", "ai_messages",
    "images", "premium_actions", "persona", "story",
]  # fmt: skip
_CLOSED_USERS = ClosedSum(
    named_sql("streams/bot/queries")["closed_users_by_day"], ("bot_users_daily",)
)
_TEXTS = ("client_id", "persona", "story")
_TIMES = ("first_seen", "last_seen")
_TYPE_OF = {
    "user_messages": "user_message", "ai_messages": "ai_message", "images": "image_generated",
    "premium_actions": "premium_action",
}  # fmt: skip
#: Sorts after every digit: the end of a range of ids with a common prefix.
_BEYOND_DIGITS = ":"


def _checked_client(text: str) -> str:
    if not is_client(text):
        raise PydanticCustomError("range", "is not a 64-bit integer in its shortest form")
    return text


ClientPath = Annotated[
    str, AfterValidator(_checked_client), Path(description="The chat", examples=["8123456789"])
]


class BotStatsFilter(StorePeriod, ComparedPeriod, LimitedPeriod):
    """Which figures; the period is in whole days of the store."""

    limit: int = Field(10, ge=1, le=pages.MAX_LIMIT, description="Most personas, and most stories")
    interval: Literal["day", "hour"] = Field("day", description="Step of `by_time`")


class BotUserFilter(BaseModel):
    """Which users, and their order."""

    model_config = ConfigDict(extra="forbid")

    store_id: OneStore = None
    sort: Sort = Field("last_seen", description="Column; text goes by its code points")
    order: Literal["asc", "desc"] = Field("desc", description="Least or greatest first")
    search: Text | None = Field(None, description="Beginning of the client id", examples=["812"])
    limit: int = Field(50, ge=1, le=pages.MAX_LIMIT, description="Most entries of the answer")
    cursor: str | None = Field(
        None, max_length=4096, description="`next_cursor` of the page before this one"
    )

    @field_validator("search")
    @classmethod
    def _check_search(cls, text: str | None) -> str | None:
        if text not in (None, "-") and not is_client(text or ""):
            raise PydanticCustomError("range", "is not the beginning of a client id")
        return text


class ChatFilter(StorePeriod, PagedPeriod):
    """Which events of a chat."""

    order: Literal["asc", "desc"] = Field("asc", description="Oldest or newest first")
    types: Text | None = Field(
        None, description="These types only, with commas between", examples=["user_message"]
    )

    @field_validator("types")
    @classmethod
    def _check_types(cls, names: str | None) -> str | None:
        if names is not None and not set(names.split(",")) <= set(INPUT.types):
            raise PydanticCustomError("range", "must be types of the bot, separated by commas")
        return names


@router.get("/api/analytics/stats")
async def get_bot_stats(
    request: Request, reader: CanRead, query: Annotated[BotStatsFilter, Query()]
) -> BotStatsAnswer:
    """Users, messages, images and premium actions of a store's bot, and users' choices."""
    reads, store_id = database(request), reader.one_store(query.store_id)
    found = _Figures(reads, request, store_id, query)

    async def comparison_of(earlier: Window) -> BotComparison:
        return BotComparison(**earlier.fields, totals=(await found.totals_of(earlier))[0])

    window = query.in_own_days(await clock_of(reads, store_id))
    totals, by_type, users = await found.totals_of(window)
    choices: dict[str, list[BotChoice]] = {"persona": [], "story": []}
    for row in await found.rows("choices", window, count=query.limit):
        choices[row["kind"]].append(BotChoice.model_validate(row))
    by_time = await found.rows("by_time", window, interval=query.interval)
    data = BotStats(
        totals=totals,
        by_type=by_type,
        by_time=[BotStep.model_validate(_step_of(window, row, users)) for row in by_time],
        personas=choices["persona"],
        stories=choices["story"],
    )
    comparison = await query.comparison(window, "day", comparison_of)
    return BotStatsAnswer(**window.fields, data=data, comparison=comparison)


class _Figures:
    """The statements of one store's figures."""

    def __init__(
        self,
        reads: ReadSnapshot,
        request: Request,
        store_id: UUID | None,
        query: BotStatsFilter,
    ) -> None:
        self._reads, self._store_id = reads, store_id
        self._known, self._closed = bot_user_counts(request), closed_figures(request)
        self._include_bots = query.include_bots

    async def rows(self, name: str, window: Window, **more: Any) -> list[Json]:
        """The rows of a statement about the window."""
        asked = {"store_id": self._store_id, "include_bots": self._include_bots} | window.bounds
        return await self._reads.rows(named_sql("streams/bot/queries")[name], asked | more)

    async def totals_of(
        self, window: Window
    ) -> tuple[BotFigures, list[EventsOfType], dict[Any, int]]:
        """The totals, the events of each type, and the users of each day."""
        types = {row["event_type"]: row["events"] for row in await self.rows("types", window)}
        asked = {"store_id": self._store_id, **closed_days_of(window)}
        closed = await self._closed.parameters(self._reads, _CLOSED_USERS, asked)
        listed = await self.rows("users_by_day", window, **closed)
        days = {row["day"]: row["users"] for row in listed}

        async def count() -> int:
            counted: int = (await self.rows("distinct_users", window))[0]["users"]
            return counted

        counts = {name: types.get(kind, 0) for name, kind in _TYPE_OF.items()}
        totals = BotFigures(
            **counts,
            events=sum(types.values()),
            messages=counts["user_messages"] + counts["ai_messages"],
            users=await self._known.count_distinct(self._store_id, list(days.items()), count),
            new_users=(await self.rows("new_users", window))[0]["users"],
        )
        return totals, [EventsOfType(type=kind, events=n) for kind, n in types.items()], days


def _step_of(window: Window, row: Json, users: dict[Any, int]) -> Json:
    """A row of one day or hour, with its start and whether it is over."""
    day, hour = row["day"], row["hour"]
    if day is None:
        return {**row, "at": hour, "complete": window.is_complete(hour, "hour"), "users": None}
    at, complete = window.calendar.start_of(day), window.is_day_complete(day)
    return {**row, "at": at, "complete": complete, "users": users.get(day, 0)}


@router.get("/api/analytics/users")
async def list_bot_users(
    request: Request, reader: CanRead, query: Annotated[BotUserFilter, Query()]
) -> BotUserPage:
    """Users of a store's bot, sorted by any of their figures.

    Figures change while pages are read: a user who moves behind the cursor appears again, and one
    who moves before it is missed.
    """
    reads, statements = database(request), named_sql("streams/bot/users")
    store_id = reader.one_store(query.store_id)
    listing = pages.listing_of(f"bot users {query.sort} {query.order}", store_id)
    after = None
    if query.cursor:
        kind = str if query.sort in _TEXTS else int
        after = pages.place_of(listing, query.cursor, kind, is_time=query.sort in _TIMES)
    asked = {
        "store_id": store_id,
        "first_client": query.search,
        "end_client": query.search and query.search + _BEYOND_DIGITS,
        "after": after and after[0],
        "after_id": after and after[1],
        "count": query.limit + 1,
        "most": MOST_COUNTED + 1,
    }
    statement = statements["least_first" if query.order == "asc" else "greatest_first"]
    rows = await reads.rows(statement.with_names(sort=query.sort), asked)
    counted = await reads.rows(statements["count_users"], asked)
    following = None
    if len(rows) > query.limit:
        last = rows[query.limit - 1]
        following = pages.cursor_of_place(listing, last[query.sort], last["client_id"])
    return BotUserPage(
        **total_of(counted),
        data=[BotUser.model_validate(row) for row in rows[: query.limit]],
        next_cursor=following,
    )


@router.get("/api/analytics/users/{client_id}/events")
async def list_bot_events(
    request: Request,
    reader: CanRead,
    client_id: ClientPath,
    query: Annotated[ChatFilter, Query()],
) -> ChatEventPage:
    """The events of one chat in order, with their images."""
    reads, store_id = database(request), reader.one_store(query.store_id)
    listing = pages.listing_of(f"chat {query.order}", store_id)
    after = pages.position_of(listing, query.cursor, 1) if query.cursor else None
    page = await query.page_after(after, reads, store_id)
    asked = {
        "store_id": store_id,
        "client_id": client_id,
        "include_bots": query.include_bots,
        "types": query.types and query.types.split(","),
        "after": page["before"],
        **page,
    }
    statement = "oldest_events" if query.order == "asc" else "newest_events"
    rows = await reads.rows(named_sql("streams/bot/queries")[statement], asked)
    users = await reads.rows(named_sql("streams/bot/users")["user"], asked)
    data = [ChatEvent.model_validate(row) for row in rows[: query.limit]]
    following = None
    if len(rows) > query.limit:
        last = pages.Position(data[-1].occurred_at, (str(data[-1].event_id),))
        following = pages.cursor_of(listing, last)
    return ChatEventPage(
        user=BotUser.model_validate(users[0]) if users else None, data=data, next_cursor=following
    )
