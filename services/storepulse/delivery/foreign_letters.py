"""Dead letters that other tools leave in our dead-letter topics, entered into the index.

What Storepulse wrote itself is in the index already and is passed over. A record is entered in the
transaction of the ledger, with its bytes and headers as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import psycopg

from storepulse import __version__
from storepulse.adapters.clock import Clock
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.contracts.dead_letter_headers import columns_of, is_ours
from storepulse.contracts.record_json import Undecodable, decode_event
from storepulse.contracts.topics import Catalog
from storepulse.dead_letters.foreign import origin_of
from storepulse.slices.consumer import Consumer, Dead, Inapplicable, Outcome
from storepulse.slices.database_faults import about_data
from storepulse.slices.ledger import Log, Place, slice_transaction
from storepulse.slices.transport import Slice

log = logger()

_INSERT = named_sql("dead_letters/dead_letters")["insert_foreign"].encode()
#: Where no stream is known.
NO_STREAM = "unknown"


@dataclass(frozen=True)
class Found:
    """A slice of a dead-letter topic, and the places of what others left in it."""

    slice: Slice
    places: Sequence[int]
    dead: Sequence[Dead] = ()

    def without(self, reasons: dict[int, str]) -> Self:
        """The same without these, which PostgreSQL refuses: they stay in their topic alone."""
        for place, reason in reasons.items():
            log.error(
                "a dead letter is not in the index",
                topic=self.slice.topic,
                partition=self.slice.partition,
                offset=self.slice.offsets[place],
                reason=reason,
            )
        return replace(self, places=[p for p in self.places if p not in reasons])

    def cut(self, start: int, stop: int) -> Self:
        """The records from place `start` to before `stop`, as a slice of its own."""
        places = [p - start for p in self.places if start <= p < stop]
        return replace(self, slice=self.slice.cut(start, stop), places=places)


def find(piece: Slice) -> Found:
    """Tells foreign records from our own."""
    return Found(piece, [i for i, headers in enumerate(piece.headers) if not is_ours(headers)])


def consumers(catalog: Catalog, clock: Clock) -> list[Consumer[Found]]:
    """One for each dead-letter topic."""
    names = [*map(catalog.dlq, catalog.streams), catalog.undelivered, catalog.rejected]

    def consumer(topic: str) -> Consumer[Found]:
        name = f"foreign-{topic.removeprefix(catalog.prefix).split('.')[1]}"
        return Consumer(name, topic, find, lambda _: EntryOfLetters(name, catalog, clock))

    return [consumer(topic) for topic in names]


class EntryOfLetters:
    """Enters the foreign records of one topic; for one thread."""

    _connection: psycopg.Connection[Any]

    def __init__(self, name: str, catalog: Catalog, clock: Clock) -> None:
        self._name = name
        self._catalog = catalog
        self._clock = clock

    def open(self, connection: psycopg.Connection[Any]) -> None:
        """Takes a new connection."""
        self._connection = connection

    def apply(self, prepared: Found, place: Place, partition: Log) -> Outcome:
        """Enters a slice's letters once. Raises psycopg.Error, Inapplicable, Transient, Hole or
        LogReplaced."""
        piece = prepared.slice
        with slice_transaction(self._connection, piece, place, partition, self._name) as entry:
            if not entry.new:
                return Outcome(redelivered=entry.redelivered)
            new = set(entry.new)
            places = [i for i in prepared.places if i in new]
            if places:
                try:
                    entry.cursor.executemany(_INSERT, list(self._rows(piece, places, place)))
                except psycopg.Error as error:
                    if about_data(error):
                        raise Inapplicable(str(error).splitlines()[0]) from error
                    raise
            entry.advance()
        return Outcome(applied=len(places), redelivered=entry.redelivered)

    def _rows(self, piece: Slice, places: list[int], place: Place) -> Iterator[dict[str, Any]]:
        for i in places:
            headers = list(piece.headers[i])
            origin = origin_of(headers)
            names, values = columns_of(headers)
            yield place.parameters | {
                "stream": self._stream(place.topic, origin.topic),
                "reason": origin.reason,
                "message": origin.message,
                "offset": piece.offsets[i],
                **_identity(piece.values[i]),
                "key": piece.keys[i],
                "value": piece.values[i],
                "header_names": names,
                "header_values": values,
                "code_version": __version__,
                "now": self._clock(),
            }

    def _stream(self, *topics: str | None) -> str:
        """The stream of the first topic that has one."""
        found = (self._catalog.topics.get(topic or "") for topic in topics)
        return next((topic.stream for topic in found if topic and topic.stream), NO_STREAM)


def _identity(value: bytes | None) -> dict[str, Any]:
    """Store, id and time of an event, where the bytes are one."""
    names = ("store_id", "event_id", "received_at")
    try:
        event = decode_event(value)[1]
    except Undecodable:
        return dict.fromkeys(names)
    return {name: event[name] for name in names}
