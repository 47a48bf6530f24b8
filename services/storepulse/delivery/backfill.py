"""Queues events that a destination never got, from the records that Kafka still has.

- Events match by the same rules as when they arrive.
- A delivery that exists, in any status, is not changed. So a backfill may be repeated, run twice at
  once, or restarted after a crash.
- A period of which retention has removed rows is refused, because it would be sent again.
- Each part of a slice is queued in one transaction, during which the destination cannot be removed.
- Backfilled events are sent after those queued before, also to an ordered destination.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
import psycopg
from confluent_kafka import Message

from storepulse.adapters.clock import Clock
from storepulse.adapters.failpoints import reach
from storepulse.adapters.kafka.clients import headers_of
from storepulse.adapters.postgres.faults import is_about_data
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.contracts.decoder import decode
from storepulse.contracts.schemas import schema_of
from storepulse.contracts.topics import load_catalog
from storepulse.delivery.history import History, Progress, Span
from storepulse.delivery.isolation import isolate
from storepulse.delivery.queueing import destination_of, make_stage, queue, stage
from storepulse.destinations.rules.matching import matching
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.table.changes import hold
from storepulse.domain.errors import Rejected
from storepulse.retention.removed_deliveries import refuse_removed

Connection = psycopg.Connection[Any]
_SQL = named_sql("delivery/backfill")


@dataclass(frozen=True, slots=True)
class BackfillRequest:
    """Which events to queue: those received from `start` up to before `end`, UTC.

    `most` limits the number of events, `rate` the events per second; `dry_run` queues none.
    """

    destination_id: str
    start: datetime
    end: datetime
    most: int | None = None
    rate: float | None = None
    dry_run: bool = False


@dataclass
class BackfillResult:
    """The counts of a run. `queued` counts events that would be queued, in a dry run.

    `complete` is False if `most` ended the run. `undecodable` counts records that do not decode or
    that PostgreSQL cannot store.
    """

    read: int = 0
    matched: int = 0
    queued: int = 0
    undecodable: int = 0
    complete: bool = True
    notes: list[str] = field(default_factory=list)


def spans_of(history: History, destination: Destination, start: datetime) -> list[Span]:
    """The spans that may hold the destination's events since `start`."""
    streams = [s for s in load_catalog().streams if s in destination.streams]
    return history.spans(streams or list(load_catalog().streams), start)


def notes_on(spans: Sequence[Span], start: datetime) -> Iterator[str]:
    """One sentence for each topic that no longer reaches back to `start`."""
    for topic in sorted({span.topic for span in spans if span.gone}):
        oldest = [span.oldest for span in spans if span.topic == topic and span.oldest]
        since = "it has none of them"
        if oldest:
            since = f"the oldest that it has is of {min(oldest):%Y-%m-%d %H:%M:%S} UTC"
        yield f"{topic}: Kafka has removed events since {start:%Y-%m-%d %H:%M:%S} UTC; {since}"


@dataclass(frozen=True, slots=True)
class _Fetched:
    """Records of one partition in its order, as parallel lists."""

    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    headers: Sequence[Sequence[tuple[str, bytes | None]]]
    offsets: Sequence[int]

    @classmethod
    def of(cls, messages: Sequence[Message]) -> _Fetched:
        return cls(
            [message.key() for message in messages],
            [message.value() for message in messages],
            [headers_of(message) for message in messages],
            [message.offset() or 0 for message in messages],
        )


class Backfill:
    """One run, through one connection in autocommit mode."""

    def __init__(
        self,
        connection: Connection,
        request: BackfillRequest,
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._request = request
        self._clock = clock
        self._pause = pause
        self.result = BackfillResult()
        make_stage(connection)

    def run(self, history: History, spans: Sequence[Span], progress: Progress) -> BackfillResult:
        """Queues the events of all spans.

        Raises Rejected if the destination, or its deliveries of the period, were removed.
        """
        with self._connection.transaction():
            refuse_removed(self._connection, self._request.destination_id, self._request.start)
        for span in spans:
            for messages in history.slices(span):
                queued = self._slice(span, messages)
                self.result.read += len(messages)
                progress(len(messages), queued)
                if not self.result.complete:
                    return self.result
        return self.result

    def _slice(self, span: Span, messages: Sequence[Message]) -> int:
        """Queues the missing events of a slice, in parts of at most `rate` events."""
        records = _Fetched.of(messages)
        decoding = decode(schema_of(span.stream), records.values, records.keys)
        self.result.undecodable += len(decoding.bad)
        frame = decoding.frame.with_columns(
            pl.col("event_id", "store_id").str.to_lowercase()
        ).filter(
            pl.col("received_at").is_between(self._request.start, self._request.end, closed="left")
        )
        rate, before = self._request.rate, self.result.queued
        for part in frame.iter_slices(max(1, int(rate or frame.height))):
            queued = self._part(span, part, records)
            self.result.queued += queued
            if not self.result.complete:
                break
            if rate is not None and not self._request.dry_run:
                self._pause(queued / rate)
        return self.result.queued - before

    def _part(self, span: Span, frame: pl.DataFrame, records: _Fetched) -> int:
        """Queues the missing events of a part. Skips and counts those PostgreSQL cannot store.

        Such a record is a dead letter already: the matcher set it aside when it arrived.
        """
        try:
            with self._connection.transaction():
                return self._queue(span, frame, records)
        except psycopg.Error as error:
            if not is_about_data(error):
                raise

        def attempt(indexes: Sequence[int]) -> str | None:
            few = frame.filter(pl.col("_index").is_in(indexes))
            try:
                with self._connection.transaction(force_rollback=True):
                    self._queue(span, few, records, is_trial=True)
            except psycopg.Error as error:
                if not is_about_data(error):
                    raise
                return str(error)
            return None

        reasons = isolate(frame["_index"].to_list(), attempt)
        self.result.undecodable += len(reasons)
        with self._connection.transaction():
            good = frame.filter(~pl.col("_index").is_in(list(reasons)))
            return self._queue(span, good, records)

    def _queue(
        self, span: Span, frame: pl.DataFrame, records: _Fetched, *, is_trial: bool = False
    ) -> int:
        """Queues the missing events. `is_trial`: the caller will roll back."""
        request = self._request
        target = {"destination_id": request.destination_id, "stream": span.stream}
        with self._connection.cursor() as cursor:
            hold(self._connection)
            row = cursor.execute(_SQL["destination"], target).fetchone()
            if row is None:
                raise Rejected("destination", "was removed meanwhile")
            refuse_removed(self._connection, request.destination_id, request.start)
            destination = destination_of(row)
            matching_rows = frame.filter(matching(destination, span.stream, frame))
            if not matching_rows.height:
                return 0
            stage(cursor, span.stream, matching_rows, records)
            now = self._clock()
            if is_trial:
                return queue(cursor, destination, span.stream, span, indexes=None, now=now)
            absent = [index for (index,) in cursor.execute(_SQL["absent"], target)]
            self.result.matched += matching_rows.height
            chosen = self._up_to_most(absent)
            if request.dry_run:
                return len(chosen)
            queued = queue(cursor, destination, span.stream, span, indexes=chosen, now=now)
            reach("backfill_queued")
            return queued

    def _up_to_most(self, indexes: list[int]) -> list[int]:
        """The first of `indexes` that `most` still allows."""
        if self._request.most is None:
            return indexes
        rest = self._request.most - self.result.queued
        self.result.complete = len(indexes) <= rest
        return indexes[:rest]
