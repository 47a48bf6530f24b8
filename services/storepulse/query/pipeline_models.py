"""Models of `/api/health/pipeline`."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from storepulse.query.wire import Utc

Word = Literal["ok", "waits", "open", "refuses", "paused", "disabled"]


class PipelineFilter(BaseModel):
    """The scope of the figures."""

    model_config = ConfigDict(extra="forbid")

    store_id: UUID | None = Field(
        None, description="This store's letters, destinations and ledger; default: all"
    )


class RateOfTime(BaseModel):
    """Events a second between two looks."""

    at: Utc
    ends: Utc
    per_second: float


class Collected(BaseModel):
    """Incoming events. A figure is null if unknown, for example because a gateway does not
    report it."""

    per_second: float | None = Field(description="Events a second, over the last 15 seconds")
    week_ago: float | None = Field(description="The same of the same hour a week ago, on average")
    rates: list[RateOfTime] = Field(description="Of the last 5 minutes")
    p95_ms: float | None = Field(description="95 of 100 requests are answered faster, 5 minutes")
    refused: int | None = Field(description="Requests and events refused by limits, 5 minutes")


class ProcessedStream(BaseModel):
    """One stream on its way into the tables."""

    stream: str = Field(examples=["activity"])
    per_second: float | None = Field(description="Events a second that come in, over a minute")
    lag: int = Field(description="Events that wait")
    behind_seconds: float = Field(description="How long what waits longest has waited")


class Processed(BaseModel):
    """All streams on their way into the tables."""

    as_of: Utc
    lag: int
    behind_seconds: float
    streams: list[ProcessedStream]


class DestinationState(BaseModel):
    """The state of one destination."""

    destination_id: UUID
    name: str
    kind: str = Field(examples=["webhook"])
    word: Word = Field(
        description="open: its breaker is; refuses: our account there; waits: probing after a fault"
    )
    reason: str = Field(description="What it said last, or who stopped it; empty where it is well")
    breaker: Literal["closed", "open", "probing"]
    pending: int | None = Field(
        description="Events that wait, up to 10,000; null: of several stores, for a store's key"
    )
    more: bool = Field(description="Whether more wait than `pending` says")
    probe_at: Utc | None = Field(description="When it is tried again")


class UnclosedLetters(BaseModel):
    """Open dead letters, counted up to 10,000."""

    open: int
    more: bool = Field(description="Whether there are more than `open` says")
    new: int = Field(description="Those of them that were made since `new_since`")
    new_since: Utc


class LedgerSum(BaseModel):
    """Outcomes of accepted events: accepted = applied + duplicates + dead + in_flight."""

    since: Utc
    accepted: int
    applied: int = Field(description="Applied once")
    duplicates: int = Field(description="Had been applied before: no effect")
    dead: int = Field(description="Became dead letters; replayed ones are accepted again")
    in_flight: int | None = Field(
        description="On their way; null where Kafka is not known, or for one store"
    )


class AuditResult(BaseModel):
    """The newest audit of all stores."""

    at: Utc
    part: Literal["ledger", "tables", "recount"] = Field(
        description="What it held together: Kafka and ledger; the tables too; their rows as well"
    )
    balanced: bool
    differences: int = Field(description="How many things did not agree; 100 where there are more")
    findings: list[str] = Field(description="The first ones; for keys of all stores")


class PipelineState(BaseModel):
    """The state of the pipeline. `scope`: of letters, destinations and ledger. Collecting and
    processing are of all stores, and null for a key that is tied to one."""

    status: Literal["success"] = "success"
    as_of: Utc
    scope: Literal["all", "store"]
    this_hour: int = Field(description="Events counted since the hour began, in that scope")
    collecting: Collected | None
    processing: Processed | None = Field(description="Null also where Kafka is not known")
    destinations: list[DestinationState]
    dead_letters: UnclosedLetters
    ledger: LedgerSum
    audit: AuditResult | None = Field(description="Null before the first one")
