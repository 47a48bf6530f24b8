"""`/api/health/pipeline`: whether events arrive, are applied and delivered, and the sums add up.

Figures of all stores are shown only to keys that may read all stores.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.snapshots import ReadSnapshot
from storepulse.query.app_state import CanRead, database, flow, gateway_watch
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.gateway_watch import Collecting
from storepulse.query.lists import MOST_COUNTED
from storepulse.query.periods import clock_of
from storepulse.query.pipeline_models import (
    AuditResult,
    Collected,
    DestinationState,
    LedgerSum,
    PipelineFilter,
    PipelineState,
    Processed,
    ProcessedStream,
    RateOfTime,
    UnclosedLetters,
    Word,
)
from storepulse.query.stream_flow import Flow
from storepulse.query.windows import HOUR, hour_of
from storepulse.query.wire import Json

router = APIRouter(
    route_class=CheckedRoute, tags=["health"], responses=error_responses_of(400, 401, 403, 503)
)
_OF_STORE = "store_id most"
_SQL = named_sql(
    "query/pipeline",
    ledger="store_id start end last_hour",
    open_letters=_OF_STORE,
    new_letters=f"{_OF_STORE} since",
    destinations=f"{_OF_STORE} count",
)
A_WEEK, A_DAY = timedelta(days=7), timedelta(days=1)
#: Most destinations in an answer.
MOST_DESTINATIONS = 100
FINDINGS = 5


@router.get("/api/health/pipeline")
async def get_pipeline(
    request: Request, reader: CanRead, query: Annotated[PipelineFilter, Query()]
) -> PipelineState:
    """What is collected, processed, delivered and dead, and whether it adds up."""
    store_id, reads = reader.store(query.store_id), database(request)
    reads_all = reader.store_id is None
    now = (await clock_of(reads, None)).now
    seen = flow(request).read(now.timestamp()) if reads_all else None
    ledger = await _sum_ledger(reads, store_id, now - A_WEEK, now)
    this_hour = ledger.pop("in_last_hour")
    in_flight = seen.lag if seen is not None and store_id is None else None
    return PipelineState(
        as_of=now,
        scope="all" if store_id is None else "store",
        this_hour=this_hour,
        collecting=await _collecting(request, reads, seen, now) if reads_all else None,
        processing=None if seen is None else _processing_of(seen),
        destinations=await _destinations(reads, store_id),
        dead_letters=await _letters(reads, store_id, now - A_DAY),
        ledger=LedgerSum(
            since=hour_of(now - A_WEEK),
            accepted=ledger.pop("counted") + (in_flight or 0),
            in_flight=in_flight,
            **ledger,
        ),
        audit=await _audit(reads, reads_all=reads_all),
    )


async def _sum_ledger(
    reads: ReadSnapshot, store_id: UUID | None, start: datetime, end: datetime
) -> Json:
    """The ledger's counts of the hours from that of `start` to before `end`."""
    asked = {"store_id": store_id, "start": hour_of(start), "end": end, "last_hour": hour_of(end)}
    return dict(await reads.row(_SQL["ledger"], asked))


async def _collecting(
    request: Request, reads: ReadSnapshot, seen: Flow | None, now: datetime
) -> Collected:
    told: Collecting | None = gateway_watch(request).read(now.timestamp())
    then = hour_of(now - A_WEEK)
    before = (await _sum_ledger(reads, None, then, then + HOUR))["counted"]
    return Collected(
        per_second=None if seen is None else _rounded(seen.per_second),
        week_ago=_rounded(before / HOUR.total_seconds()) if before else None,
        rates=[
            RateOfTime(
                at=_moment(rate.at), ends=_moment(rate.ends), per_second=round(rate.per_second, 2)
            )
            for rate in (seen.rates if seen is not None else [])
        ],
        p95_ms=None if told is None or told.p95 is None else round(told.p95 * 1000, 1),
        refused=None if told is None else told.refused,
    )


def _processing_of(seen: Flow) -> Processed:
    return Processed(
        as_of=_moment(seen.as_of),
        lag=seen.lag,
        behind_seconds=round(seen.most_behind, 1),
        streams=[
            ProcessedStream(
                stream=one.stream,
                per_second=_rounded(one.per_second),
                lag=one.lag,
                behind_seconds=round(one.behind, 1),
            )
            for one in seen.streams
        ],
    )


async def _letters(reads: ReadSnapshot, store_id: UUID | None, since: datetime) -> UnclosedLetters:
    asked = {"store_id": store_id, "most": MOST_COUNTED, "since": since}
    found = (await reads.row(_SQL["open_letters"], asked))["letters"]
    new = (await reads.row(_SQL["new_letters"], asked))["letters"]
    return UnclosedLetters(
        open=min(found, MOST_COUNTED),
        more=found > MOST_COUNTED,
        new=min(new, MOST_COUNTED),
        new_since=since,
    )


async def _destinations(reads: ReadSnapshot, store_id: UUID | None) -> list[DestinationState]:
    asked = {"store_id": store_id, "most": MOST_COUNTED, "count": MOST_DESTINATIONS}
    return [destination_of(row) for row in await reads.rows(_SQL["destinations"], asked)]


def destination_of(row: Json) -> DestinationState:
    """The state of a destination as one word: its status first, then an account fault, then the
    breaker."""
    word: Word = "ok"
    reason = ""
    if row["status"] != "active":
        word, reason = row["status"], row["status_reason"]
    elif row["account_fault"]:
        word, reason = "refuses", row["account_fault"]
    elif row["breaker"] != "closed":
        word = "open" if row["breaker"] == "open" else "waits"
    pending: int | None = row["pending"]
    fields: dict[str, Any] = {
        name: row[name] for name in ("destination_id", "name", "kind", "breaker", "probe_at")
    }
    return DestinationState(
        **fields,
        word=word,
        reason=reason,
        pending=None if pending is None else min(pending, MOST_COUNTED),
        more=pending is not None and pending > MOST_COUNTED,
    )


async def _audit(reads: ReadSnapshot, *, reads_all: bool) -> AuditResult | None:
    rows = await reads.rows(_SQL["newest_audit"], {})
    if not rows:
        return None
    findings = rows[0]["findings"]
    return AuditResult(
        at=rows[0]["at"],
        part=rows[0]["part"],
        balanced=not findings,
        differences=len(findings),
        findings=findings[:FINDINGS] if reads_all else [],
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 2)
