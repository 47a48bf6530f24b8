"""One slice, one transaction: ledger, ids, rows, rollups, dead letters, publishing, commit.

The order gives exactly-once. The ledger row is locked first. Records are published after everything
that PostgreSQL could refuse, and the broker has them before the commit. After the commit only the
acknowledgement is left, and a repeat of the whole slice finds its offsets in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any, NamedTuple

import polars as pl
import psycopg

from storepulse.adapters import metrics
from storepulse.adapters.clock import Clock, system_clock
from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.copying import copy_into
from storepulse.adapters.postgres.faults import is_about_data
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.agents.claims import Claims, Crcs
from storepulse.agents.ledger_counts import add_dead, count_events, outcome_of
from storepulse.agents.preparation import DecodedSlice
from storepulse.agents.published_records import event_records
from storepulse.agents.store_columns import with_store_columns
from storepulse.contracts.dead_letter_headers import ReplayMark
from storepulse.dead_letters.index import insert_letters
from storepulse.dead_letters.kafka_copy import copy_of_record, may_be_copied
from storepulse.dead_letters.letter import NewLetter
from storepulse.dead_letters.outcomes import settle_replays
from storepulse.dead_letters.slice_letters import letters_of_slice, replays_of_slice
from storepulse.domain.event_keys import EventKeys, Mask, RecentIds, event_keys
from storepulse.slices.consumer import Inapplicable, RefusedByDatabase, SliceOutcome
from storepulse.slices.ledger import BrokerLog, SourcePartition, slice_transaction
from storepulse.slices.publisher import SlicePublisher, TooLarge
from storepulse.slices.slice import Slice
from storepulse.streams import experiment_units
from storepulse.streams.reduction import SHARED, STEPS, Reducer
from storepulse.streams.registry import STREAMS

_LEDGER = named_sql("slices/ledger")


class StoredEvents(NamedTuple):
    """The stored events of a slice, before they are published and counted.

    `fresh` are the events that were not stored before, `counts` the ledger's counts by store and
    hour, `carry` the reducer's data for the next slice.
    """

    fresh: pl.DataFrame
    counts: pl.DataFrame
    carry: bytes | None


class SliceTransaction:
    """Applies slices of one stream through one connection, on one thread."""

    _connection: psycopg.Connection[Any]

    def __init__(
        self,
        publisher: SlicePublisher,
        stream: str,
        reducer: Reducer,
        topics: tuple[str, str],
        max_replays: int,
        recent: RecentIds,
        clock: Clock = system_clock,
    ) -> None:
        """`topics`: the stream's topics of events and of dead letters. `max_replays`: how often a
        dead letter may return before it is quarantined. `recent` may be shared."""
        self._claims = Claims(recent, stream)
        self._publisher = publisher
        self._max_replays = max_replays
        self._clock = clock
        self._stream = stream
        self._is_metered = STREAMS[stream].is_metered
        self._reduce = reducer
        self._events_topic, self._dlq_topic = topics
        self._rows_written: dict[str, int] = {}
        files = [named_sql(file) for file in (f"streams/{stream}/rollup", *SHARED)]
        self._stages = [statements["stage"] for statements in files]
        self._statements = {name: text for file in files for name, text in file.items()}

    def open(self, connection: psycopg.Connection[Any]) -> None:
        """Take a new connection and create the tables in which slices are staged."""
        connection.execute(_LEDGER["stage"])
        for stage in self._stages:
            connection.execute(stage)
        self._connection = connection

    def apply(
        self, prepared: DecodedSlice, source: SourcePartition, broker: BrokerLog
    ) -> SliceOutcome:
        """Apply a slice once.

        Raises psycopg.Error, Inapplicable, RefusedByDatabase, Transient, FatalProducer, Hole or
        LogReplaced; then nothing was stored.
        """
        self._rows_written.clear()
        with slice_transaction(
            self._connection, prepared.slice, source, broker, self._stream
        ) as row:
            if not row.new_indexes:
                return SliceOutcome(redelivered=row.redelivered_count)
            if row.redelivered_count:
                prepared = prepared.select(row.new_indexes)
            keys = event_keys(prepared.frame)
            try:
                stored = self._store(row.cursor, prepared.frame, keys, row.carry)
            except psycopg.Error as error:
                if is_about_data(error):
                    raise Inapplicable(str(error).splitlines()[0]) from error
                raise
            letters = letters_of_slice(prepared.slice, prepared.dead_records, source, self._stream)
            self._publish(prepared.slice, stored.fresh, letters, source)
            replays = replays_of_slice(prepared.slice, row.new_indexes)
            self._write_letters(row.cursor, letters, replays)
            self._count(row.cursor, prepared, stored.counts)
            row.advance(stored.carry)
            self._await_broker()
        self._claims.remember(keys)
        for table, rows in self._rows_written.items():
            metrics.ROWS_WRITTEN.labels(table).inc(rows)
        return outcome_of(prepared, stored.fresh, stored.counts, row.redelivered_count)

    def _store(
        self,
        cursor: psycopg.Cursor[Any],
        frame: pl.DataFrame,
        keys: EventKeys,
        carry: bytes | None,
    ) -> StoredEvents:
        """Store ids, rows and rollups."""
        start = perf_counter()
        crcs = frame["content_crc"].to_numpy()
        is_fresh = self._claim(cursor, keys, crcs)
        is_conflict = self._claims.find_conflicts(cursor, frame, keys, crcs, is_fresh)
        marked = frame.with_columns(_fresh=pl.Series(is_fresh), _conflict=pl.Series(is_conflict))
        start = self._observe("ids", start)

        fresh = marked.filter("_fresh")
        if fresh.height:
            fresh = with_store_columns(cursor, fresh)
        start = self._observe("days", start)
        try:
            reduction = self._reduce(fresh, carry) if fresh.height else None
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ArithmeticError) as error:
            # A reducer fails on a record that decoded without error.
            raise Inapplicable(f"{type(error).__name__}: {error}".splitlines()[0]) from error
        start = self._observe("reduce", start)

        tables = {**(reduction.tables if reduction else {}), **self._unit_tables(marked, fresh)}
        for name, table in tables.items():
            self._write(cursor, name, table)
        reach("agents.after_rows")
        self._observe("rows", start)
        counts = count_events(marked, is_metered=self._is_metered)
        return StoredEvents(fresh, counts, reduction.carry if reduction else carry)

    def _unit_tables(self, marked: pl.DataFrame, fresh: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """Return the frames of experiment units, which come after all other tables."""
        if self._stream not in experiment_units.STREAMS:
            return {}
        is_exposing = self._stream == experiment_units.EXPOSING_STREAM
        repeated = marked.filter(~pl.col("_fresh")) if is_exposing else None
        return experiment_units.unit_tables(fresh, self._stream, repeated)

    def _write(self, cursor: psycopg.Cursor[Any], name: str, table: pl.DataFrame) -> None:
        """Add one frame of a reduction to its tables, and count the rows written."""
        steps = STEPS.get(name, (name,))
        if steps and steps[0] not in self._statements:
            copy_into(cursor, name, table)
            self._rows_written[name] = table.height
            return
        copy_into(cursor, f"stage_{name}", table)
        for step in steps:
            self._rows_written[step] = cursor.execute(self._statements[step]).rowcount

    def _claim(self, cursor: psycopg.Cursor[Any], keys: EventKeys, crcs: Crcs) -> Mask:
        """Insert ids into the dedupe window; return whether each row's id was new."""
        return self._claims.claim(cursor, keys, crcs)

    def _publish(
        self,
        piece: Slice,
        fresh: pl.DataFrame,
        letters: Mapping[int, NewLetter],
        source: SourcePartition,
    ) -> None:
        reach("agents.before_publish")
        start = perf_counter()
        events = event_records(piece, fresh)
        try:
            self._publisher.publish(self._events_topic, source.partition, events)
        except TooLarge as error:
            index = fresh["_index"][error.index]
            raise RefusedByDatabase({index: str(error)}) from error
        if letters:
            copies = (
                copy_of_record(letter, source.group)
                for letter in letters.values()
                if may_be_copied(letter)
            )
            self._publisher.publish(self._dlq_topic, source.partition, copies)
        self._observe("produce", start)

    def _write_letters(
        self,
        cursor: psycopg.Cursor[Any],
        letters: Mapping[int, NewLetter],
        replays: Mapping[int, ReplayMark],
    ) -> None:
        """Insert dead letters, except for replays, whose results go to their own letters."""
        now = self._clock()
        returned = settle_replays(cursor, replays, letters, self._max_replays, now)
        new = [letter for index, letter in letters.items() if index not in returned]
        insert_letters(cursor, new, now)

    def _count(
        self, cursor: psycopg.Cursor[Any], prepared: DecodedSlice, counts: pl.DataFrame
    ) -> None:
        """Write the ledger's counts."""
        if prepared.dead_records:
            counts = add_dead(counts, prepared)
        counts = counts.with_columns(stream=pl.lit(self._stream))
        copy_into(cursor, "stage_ledger_counts", counts)
        cursor.execute(_LEDGER["ledger_counts"])

    def _await_broker(self) -> None:
        start = perf_counter()
        self._publisher.wait()
        reach("agents.after_publish")
        self._observe("publish", start)

    def _observe(self, step: str, since: float) -> float:
        now = perf_counter()
        metrics.SLICE_SECONDS.labels(self._stream, step).observe(now - since)
        return now
