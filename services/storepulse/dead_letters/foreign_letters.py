"""Adds dead letters that other tools leave in our dead-letter topics to the index.

Storepulse's own records are in the index already and are skipped. A record is added with its bytes
and headers unchanged, in the same transaction as its ledger row. The delivery process reads the
topics.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import psycopg

from storepulse.adapters.clock import Clock
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.faults import is_about_data
from storepulse.contracts.dead_letter_headers import is_ours
from storepulse.contracts.record_json import Undecodable, decode_event
from storepulse.contracts.topics import Catalog
from storepulse.dead_letters.foreign import origin_of
from storepulse.dead_letters.index import insert_letters
from storepulse.dead_letters.letter import NO_STREAM, NewLetter
from storepulse.slices.consumer import Consumer, Dead, Inapplicable, SliceOutcome
from storepulse.slices.ledger import BrokerLog, SourcePartition, slice_transaction
from storepulse.slices.slice import Slice

log = logger()


@dataclass(frozen=True)
class ForeignRecords:
    """A slice of a dead-letter topic, and the indexes of its foreign records."""

    slice: Slice
    indexes: Sequence[int]
    dead_records: Sequence[Dead] = ()

    def mark_dead(self, reasons: dict[int, str]) -> Self:
        """A copy without records that PostgreSQL refuses; those stay in their topic only."""
        for index, reason in reasons.items():
            log.error(
                "a dead letter is not in the index",
                topic=self.slice.topic,
                partition=self.slice.partition,
                offset=self.slice.offsets[index],
                reason=reason,
            )
        return replace(self, indexes=[i for i in self.indexes if i not in reasons])

    def cut(self, start: int, stop: int) -> Self:
        """The records from index `start` to before `stop`, as a new slice."""
        indexes = [i - start for i in self.indexes if start <= i < stop]
        return replace(self, slice=self.slice.cut(start, stop), indexes=indexes)


def foreign_records_of(piece: Slice) -> ForeignRecords:
    """Finds the foreign records of a slice."""
    indexes = [i for i, headers in enumerate(piece.headers) if not is_ours(headers)]
    return ForeignRecords(piece, indexes)


def consumers_of(catalog: Catalog, clock: Clock) -> list[Consumer[ForeignRecords]]:
    """A consumer for each dead-letter topic."""
    topics = [*map(catalog.dlq, catalog.streams), catalog.undelivered, catalog.rejected]
    return [_consumer_of(catalog, topic, clock) for topic in topics]


def _consumer_of(catalog: Catalog, topic: str, clock: Clock) -> Consumer[ForeignRecords]:
    name = f"foreign-{topic.removeprefix(catalog.prefix).split('.')[1]}"
    return Consumer(
        name, topic, foreign_records_of, lambda _: ForeignTransaction(name, catalog, clock)
    )


class ForeignTransaction:
    """Adds the foreign records of one topic to the index; for one thread."""

    _connection: psycopg.Connection[Any]

    def __init__(self, name: str, catalog: Catalog, clock: Clock) -> None:
        self._name = name
        self._catalog = catalog
        self._clock = clock

    def open(self, connection: psycopg.Connection[Any]) -> None:
        """Takes a new connection."""
        self._connection = connection

    def apply(
        self, prepared: ForeignRecords, source: SourcePartition, broker: BrokerLog
    ) -> SliceOutcome:
        """Adds a slice's letters exactly once. Raises psycopg.Error, Inapplicable, Transient, Hole
        or LogReplaced."""
        piece = prepared.slice
        with slice_transaction(self._connection, piece, source, broker, self._name) as row:
            if not row.new_indexes:
                return SliceOutcome(redelivered=row.redelivered_count)
            new = set(row.new_indexes)
            indexes = [i for i in prepared.indexes if i in new]
            letters = (_letter_of(self._catalog, piece, i, source) for i in indexes)
            try:
                insert_letters(row.cursor, letters, self._clock())
            except psycopg.Error as error:
                if is_about_data(error):
                    raise Inapplicable(str(error).splitlines()[0]) from error
                raise
            row.advance()
        return SliceOutcome(applied=len(indexes), redelivered=row.redelivered_count)


def _letter_of(catalog: Catalog, piece: Slice, index: int, source: SourcePartition) -> NewLetter:
    headers, value = list(piece.headers[index]), piece.values[index]
    origin = origin_of(headers)
    return NewLetter(
        stream=_stream_of(catalog, (source.topic, origin.topic)),
        stage="foreign",
        reason=origin.reason,
        message=origin.message,
        topic=source.topic,
        topic_id=source.topic_id,
        partition=source.partition,
        offset=piece.offsets[index],
        key=piece.keys[index],
        value=value,
        headers=headers,
        **_identity_of(value),
    )


def _stream_of(catalog: Catalog, names: Iterable[str | None]) -> str:
    """The stream of the first of these topics that belongs to one."""
    topics = (catalog.topics.get(name or "") for name in names)
    return next((topic.stream for topic in topics if topic and topic.stream), NO_STREAM)


def _identity_of(value: bytes | None) -> dict[str, Any]:
    """Store, id and receipt time of an event; empty if the bytes do not decode."""
    try:
        event = decode_event(value)[1]
    except Undecodable:
        return {}
    return {name: event[name] for name in ("store_id", "event_id", "received_at")}
