"""`/api/delivery/destinations`: the health of destinations, for keys that may read.

Nothing here is secret: of a configuration only the host or a public id is shown. A key that is tied
to a store sees only that store's own destinations, not those of all stores.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.destinations.rules.addresses import shown_address
from storepulse.destinations.rules.latency import COUNTERS, quantile_of
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.delivery import attempts_of
from storepulse.query.delivery_health_models import (
    Declaration,
    DestinationHealth,
    DestinationHealthAnswer,
    DestinationHealthDetail,
    DestinationsHealth,
)
from storepulse.query.errors import error_responses_of
from storepulse.query.lists import MOST_COUNTED, total_of
from storepulse.query.pages import MAX_LIMIT
from storepulse.query.periods import clock_of
from storepulse.query.wire import Json

router = APIRouter(
    route_class=CheckedRoute, tags=["delivery"], responses=error_responses_of(400, 401, 403, 503)
)

MINUTE = timedelta(minutes=1)
STEP = 5 * MINUTE
STEPS = 12
HISTORY = 30 * MINUTE
#: Most changes of all breakers together; each opens at most twelve times a minute, and seldom.
MOST_CHANGES = 10_000
NEWEST_ATTEMPTS, NEWEST_FAILURES = 20, 10

DestinationKey = Annotated[
    str, Path(min_length=1, max_length=63, pattern=r"^[^\u0000]+$", description="Its name or id")
]


class HealthFilter(BaseModel):
    """Which destinations."""

    model_config = ConfigDict(extra="forbid")

    store_id: UUID | None = Field(None, description="Those of this store only")


@router.get("/api/delivery/destinations")
async def list_destination_health(
    request: Request, reader: CanRead, query: Annotated[HealthFilter, Query()]
) -> DestinationsHealth:
    """State, breaker, speed and backlog of destinations, read now."""
    reads = database(request)
    now = (await clock_of(reads, None)).now
    rows = await _destinations(reads, None, reader.store(query.store_id))
    data = [DestinationHealth.model_validate(one) for one in await _health_of(reads, rows, now)]
    return DestinationsHealth(**total_of(rows), as_of=now, data=data)


@router.get("/api/delivery/destinations/{destination}", responses=error_responses_of(404))
async def get_destination_health(
    request: Request, reader: CanRead, destination: DestinationKey
) -> DestinationHealthAnswer:
    """One destination: what it gets, its oldest request with attempts, its latest failures."""
    reads = database(request)
    now = (await clock_of(reads, None)).now
    rows = await _destinations(reads, destination, reader.store_id)
    if not rows:
        raise RequestRefused(404, f"There is no destination {destination!r}", "NOT_FOUND")
    (health,) = await _health_of(reads, rows[:1], now)
    asked = {"destination_id": rows[0]["destination_id"], "count": NEWEST_FAILURES}
    data = DestinationHealthDetail.model_validate(
        {
            **health,
            "declaration": Declaration.model_validate(
                {**rows[0], **{n: sorted(rows[0][n]) for n in ("streams", "types", "consent")}}
            ),
            "oldest_request": await _oldest_request(reads, asked),
            "failures": await reads.rows(_sql("failures"), asked),
        }
    )
    return DestinationHealthAnswer(as_of=now, data=data)


def _sql(name: str) -> Any:
    return named_sql("destinations/health_reads")[name]


async def _destinations(reads: ReadSnapshot, key: str | None, store_id: UUID | None) -> list[Json]:
    asked = {"key": key, "store_id": store_id, "count": MAX_LIMIT}
    return [dict(row) for row in await reads.rows(_sql("destinations"), asked)]


async def _oldest_request(reads: ReadSnapshot, asked: Json) -> Json | None:
    batches = await reads.rows(_sql("oldest_request"), asked)
    if not batches:
        return None
    ids = [batches[0]["batch_id"]]
    statement = named_sql("destinations/delivery_reads")["attempts"]
    log = attempts_of(ids, await reads.rows(statement, {"batch_ids": ids}))
    return {
        **batches[0],
        "next_attempt_at": batches[0]["due_at"],
        "attempt_log": log[-NEWEST_ATTEMPTS:],
    }


async def _health_of(reads: ReadSnapshot, rows: Sequence[Json], now: datetime) -> list[Json]:
    """Fields of `DestinationHealth` for rows of the statement `destinations`."""
    end = now.replace(second=0, microsecond=0) + MINUTE
    first_step = _step_of(now) - (STEPS - 1) * STEP
    asked = {
        "destination_ids": [row["destination_id"] for row in rows],
        "step": STEP,
        "start": first_step,
        "end": end,
        "most": MOST_COUNTED + 1,
    }
    requests = defaultdict(dict)  # type: defaultdict[UUID, dict[datetime, Json]]
    for row in await reads.rows(_sql("requests"), asked):
        requests[row["destination_id"]][row["at"]] = row
    changes = defaultdict(list)  # type: defaultdict[UUID, list[Json]]
    asked_changes = {**asked, "start": now - HISTORY, "count": MOST_CHANGES}
    for row in await reads.rows(_sql("breaker_changes"), asked_changes):
        changes[row["destination_id"]].append(row)
    opened = await _by_destination(reads, "last_opened", asked)
    delivered = await _by_destination(reads, "last_delivered", asked)
    waiting = await _by_destination(reads, "waiting", asked)
    return [
        {
            **row,
            "address": shown_address(row["kind"], row["config"]),
            "breaker": _breaker_of(row, changes[row["destination_id"]], opened, now),
            "requests": _requests_of(requests[row["destination_id"]], first_step, end, now),
            "waiting": _waiting_of(waiting[row["destination_id"]]),
            "delivered_at": delivered.get(row["destination_id"], {}).get("delivered_at"),
        }
        for row in rows
    ]


async def _by_destination(reads: ReadSnapshot, name: str, asked: Json) -> dict[UUID, Json]:
    return {row["destination_id"]: row for row in await reads.rows(_sql(name), asked)}


def _waiting_of(row: Json) -> Json:
    events, oldest_at = row["events"], row["oldest_at"]
    return {
        "events": min(events, MOST_COUNTED), "more": events > MOST_COUNTED, "oldest_at": oldest_at,
    }  # fmt: skip


def _breaker_of(
    row: Json, changes: Sequence[Json], opened: dict[UUID, Json], now: datetime
) -> Json:
    is_closed = row["state"] == "closed"
    left = None if is_closed else opened.get(row["destination_id"])
    return {
        "state": row["state"],
        "since": left and left["changed_at"],
        "outcomes": left and left["outcomes"],
        "failures": left and left["failures"],
        "probe_at": None if is_closed else row["probe_at"],
        "history": spans_of(row["state"], changes, now - HISTORY, now),
    }


def spans_of(state: str, changes: Sequence[Json], start: datetime, end: datetime) -> list[Json]:
    """The states between `start` and `end`, from the changes within, oldest first. `state` is
    the last one."""
    first = changes[0]["was"] if changes else state
    spans: list[Json] = [{"start": start, "state": first, "outcomes": None, "failures": None}]
    for change in changes:
        at = min(change["changed_at"], end)
        spans[-1]["end"] = at
        told = {name: change[name] for name in ("state", "outcomes", "failures")}
        spans.append({"start": at, **told})
    spans[-1]["end"] = end
    return spans


def _requests_of(
    steps: dict[datetime, Json], first_step: datetime, end: datetime, now: datetime
) -> Json:
    by_time = []
    for n in range(STEPS):
        at = first_step + n * STEP
        by_time.append({"at": at, "complete": at + STEP <= now, **_figures_of([steps.get(at)])})
    return {
        "start": first_step, "end": end, **_figures_of(list(steps.values())), "by_time": by_time,
    }  # fmt: skip


def _figures_of(steps: Sequence[Json | None]) -> Json:
    counts, failed = [0] * COUNTERS, 0
    for step in steps:
        if step is not None:
            counts = [a + b for a, b in zip(counts, step["delivered"], strict=True)]
            failed += step["failed"]
    return {
        "delivered": sum(counts),
        "failed": failed,
        "p50": quantile_of(counts, 0.5),
        "p95": quantile_of(counts, 0.95),
    }


def _step_of(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)
