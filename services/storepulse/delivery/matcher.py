"""Events into the queue: each destination that wants an event gets a row, before anything is sent.

A slice of `events.<stream>` becomes rows of `deliveries` in one transaction with the ledger. The
destinations are read inside of it: one that was made before an event was stored never misses it,
and a row is made for every destination, also one that is paused or disabled, so that nothing is
lost while somebody repairs it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
import psycopg

from storepulse import __version__
from storepulse.adapters.clock import Clock
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.contracts.dead_letter_headers import columns_of
from storepulse.contracts.decoder import decode
from storepulse.contracts.schemas import schema_of
from storepulse.contracts.topics import Catalog
from storepulse.delivery.queueing import destinations as all_destinations
from storepulse.delivery.queueing import make_stage, queue, stage
from storepulse.destinations.rules.matching import matching
from storepulse.destinations.rules.model import Destination
from storepulse.slices.consumer import Consumer, Dead, Inapplicable, Outcome
from storepulse.slices.database_faults import about_data
from storepulse.slices.ledger import Log, Place, slice_transaction
from storepulse.slices.transport import Slice

_LEDGER = named_sql("slices/ledger")
MESSAGE_LENGTH = 1_000

#: Told of destinations for which something was stored; called from the threads that write.
Wake = Callable[[Collection[str]], None]


@dataclass(frozen=True)
class Events:
    """A slice of events, decoded: every record is in `frame` (column `_index`) or in `dead`.

    `frame` None: nobody was there to want them when they were read.
    """

    slice: Slice
    stream: str
    frame: pl.DataFrame | None
    dead: list[Dead] = field(default_factory=list)

    def without(self, reasons: dict[int, str]) -> Events:
        """The same with the records of these places set aside: the database refused them."""
        made = self.decoded()
        assert made.frame is not None  # noqa: S101 - as decoded
        place = pl.col("_index").is_in(list(reasons))
        refused = made.frame.filter(place).select("_index", "store_id", "event_id").rows()
        dead = [
            Dead(i, "match", "refused by the database", "", reasons[i], store, event)
            for i, store, event in refused
        ]
        return replace(made, frame=made.frame.filter(~place), dead=made.dead + dead)

    def cut(self, start: int, stop: int) -> Events:
        """The records from place `start` to before `stop`, as a slice of its own."""
        made = self.decoded()
        assert made.frame is not None  # noqa: S101 - as decoded
        first, last = (made.frame["_index"].search_sorted(place) for place in (start, stop))
        frame = made.frame[first:last].with_columns(pl.col("_index") - start)
        dead = [replace(d, index=d.index - start) for d in made.dead if start <= d.index < stop]
        return replace(made, slice=made.slice.cut(start, stop), frame=frame, dead=dead)

    def decoded(self) -> Events:
        """The same with its frame."""
        return self if self.frame is not None else read(self.slice, self.stream)


def read(piece: Slice, stream: str) -> Events:
    """Decodes a slice by column; ids in lower case, as PostgreSQL gives them back."""
    found = decode(schema_of(stream), piece.values, piece.keys)
    frame = found.frame.with_columns(pl.col("event_id", "store_id").str.to_lowercase())
    dead = [
        Dead(bad.index, "match", bad.reason, bad.field, bad.message, undecodable=bad.is_undecodable)
        for bad in found.bad
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
        """Takes a new connection and makes the table that slices are staged in."""
        make_stage(connection)
        self._connection = connection

    def apply(self, prepared: Events, place: Place, partition: Log) -> Outcome:
        """Queues a slice once.

        Raises psycopg.Error, Inapplicable, Transient, Hole or LogReplaced; then nothing was stored.
        """
        woken: list[str] = []
        name = f"delivery-{self._stream}"
        with slice_transaction(self._connection, prepared.slice, place, partition, name) as entry:
            if not entry.new:
                return Outcome(redelivered=entry.redelivered)
            destinations = all_destinations(entry.cursor)
            dead: list[Dead] = []
            if destinations:
                prepared = prepared.decoded()
                new = set(entry.new)
                dead = [d for d in prepared.dead if d.index in new]
                try:
                    woken = self._queue(entry.cursor, prepared, destinations, entry.new, place)
                except psycopg.Error as error:
                    if about_data(error):
                        raise Inapplicable(str(error).splitlines()[0]) from error
                    raise
                _set_aside(entry.cursor, prepared, dead, place)
            entry.advance()
        if woken:
            self._wake(woken)
        return Outcome(
            applied=len(entry.new) - len(dead),
            dead=len(dead),
            redelivered=entry.redelivered,
            dead_by_stage={"match": len(dead)} if dead else {},
        )

    def _queue(
        self,
        cursor: psycopg.Cursor[Any],
        events: Events,
        destinations: Sequence[Destination],
        places: Sequence[int],
        place: Place,
    ) -> list[str]:
        """Makes the rows of the slice's records at `places`; the destinations that got some."""
        assert events.frame is not None  # noqa: S101 - as decoded
        frame = events.frame
        if len(places) < len(events.slice.offsets):
            frame = frame.filter(pl.col("_index").is_in(places))
        wanted = {
            d.destination_id: frame.filter(matching(d, self._stream, frame))["_index"]
            for d in destinations
        }
        wanted = {destination_id: found for destination_id, found in wanted.items() if len(found)}
        if not wanted:
            return []
        union = pl.concat(list(wanted.values())).unique()
        staged = frame.filter(pl.col("_index").is_in(union.implode()))
        stage(cursor, self._stream, staged, events.slice)
        now = self._clock()
        for destination in sorted(destinations, key=lambda d: d.destination_id):
            found = wanted.get(destination.destination_id)
            if found is not None:
                places_found = None if len(found) == staged.height else found.to_list()
                queue(cursor, destination, self._stream, place, places=places_found, now=now)
        return list(wanted)


def _set_aside(
    cursor: psycopg.Cursor[Any], events: Events, dead: Sequence[Dead], place: Place
) -> None:
    """Keeps records that are no events of ours; the topic has them still."""
    rows: list[Mapping[str, Any]] = []
    for d in dead:
        names, values = columns_of(events.slice.headers[d.index])
        rows.append(
            place.parameters
            | {
                "stream": events.stream,
                "stage": d.stage,
                "reason": d.reason,
                "field": d.field,
                "message": d.message[:MESSAGE_LENGTH].replace("\x00", "\ufffd"),
                "offset": events.slice.offsets[d.index],
                "store_id": d.store_id,
                "event_id": d.event_id,
                "key": events.slice.keys[d.index],
                "value": events.slice.values[d.index],
                "header_names": names,
                "header_values": values,
                "received_at": None,
                "code_version": __version__,
            }
        )
    if rows:
        cursor.executemany(_LEDGER["insert_dead_letter"], rows)
