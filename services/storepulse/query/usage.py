"""`/api/usage`: usage of stores, by month or by days, and the statements of closed months."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.domain.errors import Rejected
from storepulse.metering.reading import statement_of_rows
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.pages import MAX_LIMIT, cursor_of_place, listing_of, place_of
from storepulse.query.wire import Day, Json, Quantity, Text, Utc
from storepulse.streams.usage.statement import month_of, month_text

router = APIRouter(
    route_class=CheckedRoute, tags=["usage"], responses=error_responses_of(400, 401, 403, 503)
)

_SQL = named_sql("streams/usage/queries")
_is_day = re.compile(r"\d{4}-\d{2}-\d{2}").fullmatch
StoreId = Annotated[UUID, Path(description="The store")]
Month = Annotated[str, Field(max_length=7, examples=["2026-10"])]
State = Literal["open", "closing", "closed"]
#: Most days of one meter in an answer.
MOST_DAYS = 366
#: A placeholder in cursors of days, whose meters have no month.
_NO_MONTH = "2000-01"


class UsageFilter(BaseModel):
    """A month or days; by default the store's current month."""

    model_config = ConfigDict(extra="forbid")

    period: Month | None = Field(None, description="A month of the store, such as 2026-10")
    start: str | None = Field(
        None, alias="from", max_length=10, description="First day, in the store's zone",
        examples=["2026-10-01"],
    )  # fmt: skip
    end: str | None = Field(
        None, alias="to", max_length=10, description="First day after", examples=["2026-10-08"]
    )
    limit: int = Field(
        MAX_LIMIT, ge=1, le=MAX_LIMIT, description="Most meters and adjustments of the answer"
    )
    cursor: str | None = Field(
        None, max_length=1024, description="`next_cursor` of the page before this one"
    )

    def place_after(self, listing: str) -> Json:
        """Where the page begins, and a count of one row more than it has. Raises Rejected."""
        after: Json = {"after_period": None, "after_meter": None, "count": self.limit + 1}
        if self.cursor is None:
            return after
        period, meter = place_of(listing, self.cursor, str)
        return after | {"after_period": month_of("cursor", str(period)), "after_meter": meter}


class StatementsFilter(BaseModel):
    """A part of the list."""

    model_config = ConfigDict(extra="forbid")

    before: Month | None = Field(None, description="Months before this one only")
    limit: int = Field(24, ge=1, le=MAX_LIMIT, description="Most entries of the answer")


class MeterUsage(BaseModel):
    """Usage of one meter."""

    meter: str
    count: int = Field(description="Events")
    sum: Quantity
    max: Quantity
    last: Quantity = Field(description="Quantity of the latest event")
    last_at: Utc


class UsageAdjustment(BaseModel):
    """The change by late events to a closed month; amounts may be negative."""

    for_period: str = Field(description="The closed month", examples=["2026-09"])
    meter: str
    count: int = Field(description="Late events")
    sum: Quantity
    max_change: Quantity
    last_change: Quantity


class Usage(BaseModel):
    """A store's usage in a month, or on days."""

    status: Literal["success"] = "success"
    store_id: UUID
    period: str | None = Field(description="Null where days are asked for", examples=["2026-10"])
    start: Day | None = Field(serialization_alias="from", description="Of days")
    end: Day | None = Field(serialization_alias="to", description="Of days")
    state: State | None = Field(
        description="closing: the month is closed, its statement is being made; null of days"
    )
    hash: str | None = Field(description="Of the statement, where there is one")
    meters: list[MeterUsage] = Field(
        description="A closed month is as its statement says; later events adjust an open one"
    )
    adjustments: list[UsageAdjustment] = Field(description="They follow the last meter")
    next_cursor: str | None = Field(description="Null on the last page")


class UsageDaysFilter(BaseModel):
    """A meter and days."""

    model_config = ConfigDict(extra="forbid")

    meter: Text = Field(description="This meter", examples=["event"])
    start: str = Field(
        alias="from", max_length=10, description="First day, in the store's zone",
        examples=["2026-10-01"],
    )  # fmt: skip
    end: str = Field(
        alias="to", max_length=10, description="First day after, at most 366 days later",
        examples=["2026-11-01"],
    )  # fmt: skip


class UsageDay(BaseModel):
    """Usage of a meter on a day of the store."""

    day: Day
    count: int = Field(description="Events")
    sum: Quantity
    max: Quantity
    last: Quantity = Field(description="Quantity of the day's latest event")


class UsageDays(BaseModel):
    """A meter by day; days without usage are left out."""

    status: Literal["success"] = "success"
    data: list[UsageDay]


class UsageStatementEntry(BaseModel):
    """A closed month."""

    period: str = Field(examples=["2026-10"])
    closed_at: Utc
    events: int | None = Field(description="Null until the statement is made; so is the hash")
    hash: str | None = Field(description="SHA-256 of the statement's text")


class UsageStatementList(BaseModel):
    """A store's closed months, latest first."""

    status: Literal["success"] = "success"
    data: list[UsageStatementEntry]


class UsageStatementAnswer(UsageStatementEntry):
    """A statement with all its lines."""

    status: Literal["success"] = "success"
    store_id: UUID
    zone: str = Field(description="The store's time zone on the last day")
    start: Utc = Field(serialization_alias="from")
    end: Utc = Field(serialization_alias="to", description="First moment after the month")
    digest: str = Field(description="SHA-256 of the month's events")
    text: str = Field(description="What is hashed")
    meters: list[MeterUsage]
    adjustments: list[UsageAdjustment]


@router.get("/api/usage/{store_id}")
async def get_usage(
    request: Request, reader: CanRead, store_id: StoreId, query: Annotated[UsageFilter, Query()]
) -> Usage:
    """Meters of a month with the adjustments of closed ones, or meters of some days."""
    reads, store = database(request), reader.store(store_id)
    if query.start is not None or query.end is not None:
        return await _usage_of_days(reads, store_id, query)
    asked: Json = {"store_id": store}
    if query.period is None:
        asked["period"] = (await reads.row(_SQL["month_now"], asked))["period"]
    else:
        asked["period"] = month_of("period", query.period)
    rows = await reads.rows(_SQL["statement"], asked)
    state = _state_of(rows[0] if rows else None)
    listing = listing_of(f"usage {month_text(asked['period'])}", store_id)
    page = asked | query.place_after(listing)
    if state == "closed":
        lines = await reads.rows(_SQL["page_of_lines"], page)
    else:
        lines = await _open_lines(reads, page)
    shown = lines[: query.limit]
    meters, adjustments = _lines_of(shown, asked["period"])
    following = None
    if len(lines) > query.limit:
        last = shown[-1]
        following = cursor_of_place(listing, month_text(last["for_period"]), last["meter"])
    return Usage(
        store_id=store_id,
        period=month_text(asked["period"]),
        start=None,
        end=None,
        state=state,
        hash=rows[0]["hash"] if rows else None,
        meters=meters,
        adjustments=adjustments,
        next_cursor=following,
    )


async def _open_lines(reads: ReadSnapshot, page: Json) -> list[Json]:
    """Rows of a month without a statement: its meters, then the adjustments of closed months."""
    period, count = page["period"], page["count"]
    lines: list[Json] = []
    if page["after_period"] in (None, period):
        found = await reads.rows(_SQL["figures"], page)
        lines += [row | {"for_period": period} for row in found]
        page = page | {"after_period": None, "after_meter": None}
    if len(lines) < count:
        lines += await reads.rows(_SQL["adjustments"], page | {"count": count - len(lines)})
    return lines


@router.get("/api/usage/{store_id}/statements")
async def list_usage_statements(
    request: Request,
    reader: CanRead,
    store_id: StoreId,
    query: Annotated[StatementsFilter, Query()],
) -> UsageStatementList:
    """Closed months of a store, latest first."""
    reads, store = database(request), reader.store(store_id)
    before = None if query.before is None else month_of("before", query.before)
    asked = {"store_id": store, "before": before, "count": query.limit}
    rows = await reads.rows(_SQL["statements"], asked)
    return UsageStatementList(
        data=[UsageStatementEntry(**row | {"period": month_text(row["period"])}) for row in rows]
    )


@router.get("/api/usage/{store_id}/days")
async def list_usage_days(
    request: Request,
    reader: CanRead,
    store_id: StoreId,
    query: Annotated[UsageDaysFilter, Query()],
) -> UsageDays:
    """Usage of one meter on each day, as far as it is known now."""
    store = reader.store(store_id)
    first, end = _day("from", query.start), _day("to", query.end)
    assert first is not None and end is not None  # noqa: S101, PT018 - both are wanted
    if first >= end:
        raise Rejected("to", "is not after from")
    if (end - first).days > MOST_DAYS:
        raise Rejected("to", f"is more than {MOST_DAYS} days after from")
    asked = {"store_id": store, "meter": query.meter, "first_day": first, "end_day": end}
    rows = await database(request).rows(_SQL["days_of_meter"], asked)
    return UsageDays(data=[UsageDay(**row) for row in rows])


@router.get("/api/usage/{store_id}/statements/{period}", responses=error_responses_of(404))
async def get_usage_statement(
    request: Request,
    reader: CanRead,
    store_id: StoreId,
    period: Annotated[Month, Path(description="A closed month")],
) -> UsageStatementAnswer:
    """The statement of a closed month, with the text that its hash covers."""
    reads, store = database(request), reader.store(store_id)
    asked = {"store_id": store, "period": month_of("period", period)}
    rows = await reads.rows(_SQL["statement"], asked)
    if not rows or rows[0]["hash"] is None:
        raise RequestRefused(404, f"There is no statement of {period}", "NOT_FOUND")
    row, lines = rows[0], await reads.rows(_SQL["lines"], asked)
    meters, adjustments = _lines_of(lines, row["period"])
    return UsageStatementAnswer(
        store_id=store_id,
        period=month_text(row["period"]),
        closed_at=row["closed_at"],
        events=row["events"],
        hash=row["hash"],
        zone=row["zone"],
        start=row["starts_at"],
        end=row["ends_at"],
        digest=row["digest"],
        text=statement_of_rows(str(store_id), row, lines).text,
        meters=meters,
        adjustments=adjustments,
    )


async def _usage_of_days(reads: ReadSnapshot, store_id: UUID, query: UsageFilter) -> Usage:
    """Raises Rejected."""
    if query.period is not None:
        raise Rejected("period", "goes without from and to")
    first, end = _day("from", query.start), _day("to", query.end)
    if first is not None and end is not None and first >= end:
        raise Rejected("to", "is not after from")
    listing = listing_of(f"usage from {first} to {end}", store_id)
    asked = {"store_id": store_id, "first_day": first, "end_day": end, **query.place_after(listing)}
    rows = await reads.rows(_SQL["figures_of_days"], asked)
    shown, following = rows[: query.limit], None
    if len(rows) > query.limit:
        following = cursor_of_place(listing, _NO_MONTH, shown[-1]["meter"])
    return Usage(
        store_id=store_id,
        period=None,
        start=first,
        end=end,
        state=None,
        hash=None,
        meters=[MeterUsage.model_validate(row) for row in shown],
        adjustments=[],
        next_cursor=following,
    )


def _day(field: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        if _is_day(text) is None:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Rejected(field, "is not a day such as 2026-10-31") from None


def _state_of(statement: Json | None) -> State:
    if statement is None:
        return "open"
    return "closed" if statement["hash"] else "closing"


def _lines_of(rows: list[Json], period: date) -> tuple[list[MeterUsage], list[UsageAdjustment]]:
    """A statement's lines: those of the month itself, and adjustments."""
    own = [MeterUsage.model_validate(row) for row in rows if row["for_period"] == period]
    return own, [_adjustment_of(row) for row in rows if row["for_period"] != period]


def _adjustment_of(row: Json) -> UsageAdjustment:
    return UsageAdjustment.model_validate(row | {"for_period": month_text(row["for_period"])})
