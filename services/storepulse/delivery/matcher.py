"""The matcher: queues each event for every destination whose filters match it.

A slice of `events.<stream>` becomes rows of `deliveries` in the same transaction as its ledger row.
The transaction reads the destinations, so that a destination created before an event was stored
never misses it. Paused and disabled destinations get rows too, so that nothing is lost meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
import psycopg

from storepulse.adapters.clock import Clock
from storepulse.adapters.postgres.faults import is_about_data
from storepulse.contracts.decoder import decode
from storepulse.contracts.schemas import schema_of
from storepulse.contracts.topics import Catalog
from storepulse.dead_letters.index import insert_letters
from storepulse.dead_letters.slice_letters import letters_of_slice
from storepulse.delivery.queueing import destinations as all_destinations
from storepulse.delivery.queueing import make_stage, queue, stage
from storepulse.destinations.rules.matching import matching
from storepulse.destinations.rules.model import Destination
from storepulse.slices.consumer import Consumer, Dead, Inapplicable, SliceOutcome
from storepulse.slices.ledger import BrokerLog, SourcePartition, slice_transaction
from storepulse.slices.slice import Slice

#: Called with the ids of destinations that got rows, from the threads that write.
Wake = Callable[[Collection[str]], None]


@dataclass(frozen=True)
class Events:
    """A decoded slice: each record is in `frame` (column `_index`) or in `dead_records`.

    `frame` is None if there was no destination when the slice was read: nothing is decoded yet.
    """

    slice: Slice
    stream: str
    frame: pl.DataFrame | None
    dead_records: list[Dead] = field(default_factory=list)

    def mark_dead(self, reasons: dict[int, str]) -> Events:
        """A copy with records set aside that the database refused. `reasons` is by index."""
        events = self.with_frame()
        assert events.frame is not None  # noqa: S101 - as decoded
        place = pl.col("_index").is_in(list(reasons))
        refused = events.frame.filter(place).select("_index", "store_id", "event_id").rows()
        dead = [
            Dead(i, "match", "refused by the database", "", reasons[i], store, event)
            for i, store, event in refused
        ]
        return replace(
            events, frame=events.frame.filter(~place), dead_records=events.dead_records + dead
        )

    def cut(self, start: int, stop: int) -> Events:
        """The records from index `start` to before `stop`, as a new slice."""
        events = self.with_frame()
        assert events.frame is not None  # noqa: S101 - as decoded
        first, last = (events.frame["_index"].search_sorted(place) for place in (start, stop))
        frame = events.frame[first:last].with_columns(pl.col("_index") - start)
        dead = [
            replace(d, index=d.index - start)
            for d in events.dead_records
            if start <= d.index < stop
        ]
        return replace(events, slice=events.slice.cut(start, stop), frame=frame, dead_records=dead)

    def with_frame(self) -> Events:
        """These events, decoded."""
        return self if self.frame is not None else read(self.slice, self.stream)


def read(piece: Slice, stream: str) -> Events:
    """Decodes a slice by column. Ids are in lower case, as PostgreSQL returns them."""
    decoding = decode(schema_of(stream), piece.values, piece.keys)
    frame = decoding.frame.with_columns(pl.col("event_id", "store_id").str.to_lowercase())
    dead = [
        Dead(
            bad.index,
            "match",
            bad.reason,
            bad.field,
            bad.message,
            is_undecodable=bad.is_undecodable,
        )
        for bad in decoding.bad
    ]
    return Events(piece, stream, frame, dead)


def consumer_of(
    catalog: Catalog, stream: str, anybody: Callable[[], bool], wake: Wake, clock: Clock
) -> Consumer[Events]:
    """The consumer of a stream's events. `anybody`: whether there may be destinations."""

    def prepare(piece: Slice) -> Events:
        return read(piece, stream) if anybody() else Events(piece, stream, None)

    def transaction(_session: str) -> MatchTransaction:
        return MatchTransaction(stream, wake, clock)

    return Consumer(f"delivery-{stream}", catalog.events(stream), prepare, transaction)


class MatchTransaction:
    """Queues the events of one stream through one connection; for one thread."""

    _connection: psycopg.Connection[Any]

    def __init__(self, stream: str, wake: Wake, clock: Clock) -> None:
        self._stream = stream
        self._wake = wake
        self._clock = clock

    def open(self, connection: psycopg.Connection[Any]) -> None:
        """Takes a new connection and creates the table for staged records."""
        make_stage(connection)
        self._connection = connection

    def apply(self, prepared: Events, source: SourcePartition, broker: BrokerLog) -> SliceOutcome:
        """Queues a slice exactly once.

        Raises psycopg.Error, Inapplicable, Transient, Hole or LogReplaced. Nothing is stored then.
        """
        woken: list[str] = []
        name = f"delivery-{self._stream}"
        with slice_transaction(self._connection, prepared.slice, source, broker, name) as row:
            if not row.new_indexes:
                return SliceOutcome(redelivered=row.redelivered_count)
            destinations = all_destinations(row.cursor)
            dead: list[Dead] = []
            if destinations:
                prepared = prepared.with_frame()
                new = set(row.new_indexes)
                dead = [d for d in prepared.dead_records if d.index in new]
                try:
                    woken = self._queue(row.cursor, prepared, destinations, row.new_indexes, source)
                except psycopg.Error as error:
                    if is_about_data(error):
                        raise Inapplicable(str(error).splitlines()[0]) from error
                    raise
                # Records that did not decode. Their bytes are still in the topic.
                letters = letters_of_slice(prepared.slice, dead, source, self._stream)
                insert_letters(row.cursor, letters.values(), self._clock())
            row.advance()
        if woken:
            self._wake(woken)
        return SliceOutcome(
            applied=len(row.new_indexes) - len(dead),
            dead=len(dead),
            redelivered=row.redelivered_count,
            dead_by_stage={"match": len(dead)} if dead else {},
        )

    def _queue(
        self,
        cursor: psycopg.Cursor[Any],
        events: Events,
        destinations: Sequence[Destination],
        places: Sequence[int],
        source: SourcePartition,
    ) -> list[str]:
        """Queues the records at `places`. Returns the destinations that got rows."""
        assert events.frame is not None  # noqa: S101 - as decoded
        frame = events.frame
        if len(places) < len(events.slice.offsets):
            frame = frame.filter(pl.col("_index").is_in(places))
        matching_rows = {
            d.destination_id: frame.filter(matching(d, self._stream, frame))["_index"]
            for d in destinations
        }
        indexes_of = {key: indexes for key, indexes in matching_rows.items() if len(indexes)}
        if not indexes_of:
            return []
        union = pl.concat(list(indexes_of.values())).unique()
        staged = frame.filter(pl.col("_index").is_in(union.implode()))
        stage(cursor, self._stream, staged, events.slice)
        now = self._clock()
        for destination in sorted(destinations, key=lambda d: d.destination_id):
            indexes = indexes_of.get(destination.destination_id)
            if indexes is not None:
                some = None if len(indexes) == staged.height else indexes.to_list()
                queue(cursor, destination, self._stream, source, indexes=some, now=now)
        return list(indexes_of)
