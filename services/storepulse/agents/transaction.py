"""One slice, one transaction: ledger, ids, rows, rollups, dead letters, publishing, commit.

The order is the promise. The ledger's row is locked first. Records are published after everything
that PostgreSQL could refuse, and the broker has them before the commit; after the commit nothing is
left to do but to acknowledge, and a repeat of the whole slice finds its offsets in the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
import psycopg

from storepulse.adapters import metrics
from storepulse.adapters.clock import Clock, system_clock
from storepulse.adapters.failpoints import reach
from storepulse.adapters.postgres.copying import copy_into
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.agents.claims import Claims, Crcs
from storepulse.agents.preparation import NIL_STORE, Prepared
from storepulse.agents.reducers import Reducer
from storepulse.contracts.dead_letter_headers import ReplayMark
from storepulse.contracts.event_headers import CORRELATION_ID, EVENT_ID, headers_of_event
from storepulse.dead_letters.index import insert_letters
from storepulse.dead_letters.kafka_copy import copy_of_record, may_be_copied
from storepulse.dead_letters.letter import NewLetter
from storepulse.dead_letters.outcomes import settle_replays
from storepulse.dead_letters.slice_letters import letters_of_slice, replays_of_slice
from storepulse.domain.event_keys import EventKeys, Mask, RecentIds, event_keys
from storepulse.slices.consumer import Inapplicable, Outcome, Refused
from storepulse.slices.database_faults import about_data
from storepulse.slices.ledger import Log, Place, slice_transaction
from storepulse.slices.publisher import SlicePublisher, TooLarge
from storepulse.streams.reduction import hour

_LEDGER = named_sql("slices/ledger")
COUNTS = ("accepted", "applied", "duplicate", "conflict", "dead")


class SliceTransaction:
    """Applies slices of one stream through one connection; for one thread."""

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
        """`topics`: names of the stream's events and dead-letter topics. `max_replays`: how often
        a dead letter may come back before it is quarantined. `recent` may be shared."""
        self._claims = Claims(recent)
        self._publisher = publisher
        self._max_replays = max_replays
        self._clock = clock
        self._stream = stream
        self._reduce = reducer
        self._events, self._dlq = topics
        self._written: dict[str, int] = {}
        self._statements = named_sql(f"streams/{stream}/rollup")

    def open(self, connection: psycopg.Connection[Any]) -> None:
        """Takes a new connection and makes the tables that slices are staged in."""
        connection.execute(_LEDGER["stage"].encode())
        connection.execute(self._statements["stage"].encode())
        self._connection = connection

    def apply(self, prepared: Prepared, place: Place, partition: Log) -> Outcome:
        """Applies a slice once.

        Raises psycopg.Error, Inapplicable, Refused, Transient, FatalProducer, Hole or LogReplaced;
        then nothing was stored.
        """
        self._written.clear()
        with slice_transaction(
            self._connection, prepared.slice, place, partition, self._stream
        ) as entry:
            if not entry.new:
                return Outcome(redelivered=entry.redelivered)
            if entry.redelivered:
                prepared = prepared.only(entry.new)
            keys = event_keys(prepared.frame)
            try:
                stored = self._store(entry.cursor, prepared.frame, keys, entry.carry)
            except psycopg.Error as error:
                if about_data(error):
                    raise Inapplicable(str(error).splitlines()[0]) from error
                raise
            fresh, counted, carry = stored
            letters = letters_of_slice(prepared.slice, prepared.dead, place, self._stream)
            self._publish(prepared, fresh, letters, place)
            self._write_letters(entry.cursor, letters, replays_of_slice(prepared.slice, entry.new))
            self._count(entry.cursor, prepared, counted)
            entry.advance(carry)
            self._await_broker()
        self._claims.remember(keys)
        for table, rows in self._written.items():
            metrics.ROWS_WRITTEN.labels(table).inc(rows)
        return _outcome(prepared, fresh, counted, entry.redelivered)

    def _store(
        self,
        cursor: psycopg.Cursor[Any],
        frame: pl.DataFrame,
        keys: EventKeys,
        carry: bytes | None,
    ) -> tuple[pl.DataFrame, pl.DataFrame, bytes | None]:
        """Ids, rows and rollups. Returns the fresh events and the ledger's counts."""
        started = perf_counter()
        crcs = frame["content_crc"].to_numpy()
        is_fresh = self._claim(cursor, keys, crcs)
        conflict = self._conflicts(cursor, frame, keys, crcs, is_fresh)
        marked = frame.with_columns(_fresh=pl.Series(is_fresh), _conflict=pl.Series(conflict))
        started = self._time("ids", started)

        fresh = marked.filter("_fresh")
        try:
            reduction = self._reduce(fresh, carry) if fresh.height else None
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ArithmeticError) as error:
            # A reducer cannot take some record that decoded well.
            raise Inapplicable(f"{type(error).__name__}: {error}".splitlines()[0]) from error
        started = self._time("reduce", started)

        for name, table in (reduction.tables if reduction else {}).items():
            copy_into(cursor, f"stage_{name}", table)
            cursor.execute(self._statements[name].encode())
            self._written[name] = cursor.rowcount
        reach("agents.after_rows")
        self._time("rows", started)
        counted = marked.group_by("store_id", hour("received_at")).agg(
            pl.len().alias("accepted"),
            pl.col("_fresh").sum().alias("applied"),
            (~pl.col("_fresh")).sum().alias("duplicate"),
            pl.col("_conflict").sum().alias("conflict"),
            pl.lit(0).alias("dead"),
        )
        return fresh, counted, reduction.carry if reduction else carry

    def _claim(self, cursor: psycopg.Cursor[Any], keys: EventKeys, crcs: Crcs) -> Mask:
        """Enters ids into the dedupe window; which rows' were not in it."""
        return self._claims.claim(cursor, keys, crcs)

    def _conflicts(
        self,
        cursor: psycopg.Cursor[Any],
        frame: pl.DataFrame,
        keys: EventKeys,
        crcs: Crcs,
        is_fresh: Mask,
    ) -> Mask:
        """Repeats whose content is not the first one's."""
        conflict: Mask = crcs != crcs[keys.first_of]
        # What the first was like, the database alone knows where it came in another slice.
        elsewhere = np.flatnonzero(~is_fresh[keys.first_of])
        if len(elsewhere):
            conflict[elsewhere] = False
            repeats = frame[elsewhere]
            arrays = {
                "event_ids": repeats["event_id"].to_list(),
                "store_ids": repeats["store_id"].to_list(),
                "crcs": repeats["content_crc"].to_list(),
            }
            found = cursor.execute(_LEDGER["count_conflicts"], arrays).fetchall()
            conflict[elsewhere[[row[0] - 1 for row in found]]] = True
        return conflict

    def _publish(
        self,
        prepared: Prepared,
        fresh: pl.DataFrame,
        letters: Mapping[int, NewLetter],
        place: Place,
    ) -> None:
        reach("agents.before_publish")
        started = perf_counter()
        piece = prepared.slice
        places = fresh["_index"].to_list()
        ids, correlations = (
            fresh[name].cast(pl.String).cast(pl.Binary).to_list()
            for name in (EVENT_ID, CORRELATION_ID)
        )
        keys, values, own = piece.keys, piece.values, piece.headers
        records = (
            (keys[i], values[i], headers_of_event(event_id, correlation_id, own[i]))
            for i, event_id, correlation_id in zip(places, ids, correlations, strict=True)
        )
        try:
            self._publisher.publish(self._events, place.partition, records)
        except TooLarge as error:
            raise Refused({places[error.position]: str(error)}) from error
        if letters:
            copies = (
                copy_of_record(letter, place.group)
                for letter in letters.values()
                if may_be_copied(letter)
            )
            self._publisher.publish(self._dlq, place.partition, copies)
        self._time("produce", started)

    def _write_letters(
        self,
        cursor: psycopg.Cursor[Any],
        letters: Mapping[int, NewLetter],
        replays: Mapping[int, ReplayMark],
    ) -> None:
        """Enters dead letters, but for replays: what came of these goes to their own letters."""
        now = self._clock()
        returned = settle_replays(cursor, replays, letters, self._max_replays, now)
        new = [letter for index, letter in letters.items() if index not in returned]
        insert_letters(cursor, new, now)

    def _count(
        self, cursor: psycopg.Cursor[Any], prepared: Prepared, counted: pl.DataFrame
    ) -> None:
        """Writes the ledger's counts."""
        if prepared.dead:
            counted = _with_dead(counted, prepared)
        counted = counted.with_columns(stream=pl.lit(self._stream))
        copy_into(cursor, "stage_ledger_counts", counted)
        cursor.execute(_LEDGER["ledger_counts"].encode())

    def _await_broker(self) -> None:
        started = perf_counter()
        self._publisher.wait()
        reach("agents.after_publish")
        self._time("publish", started)

    def _time(self, step: str, since: float) -> float:
        now = perf_counter()
        metrics.SLICE_SECONDS.labels(self._stream, step).observe(now - since)
        return now


def _with_dead(counted: pl.DataFrame, prepared: Prepared) -> pl.DataFrame:
    """The counts with those of the dead letters."""
    dead = pl.DataFrame(
        [(d.store_id or NIL_STORE, prepared.hour_of(d.index)) for d in prepared.dead],
        schema={"store_id": pl.String, "hour": pl.Datetime("ms", "UTC")},
        orient="row",
    ).with_columns(pl.lit(1).alias("accepted"), pl.lit(1).alias("dead"))
    return (
        pl.concat([counted, dead], how="diagonal_relaxed")
        .group_by("store_id", "hour")
        .agg(pl.col(*COUNTS).sum().cast(pl.Int64))
    )


def _outcome(
    prepared: Prepared, fresh: pl.DataFrame, counted: pl.DataFrame, redelivered: int
) -> Outcome:
    newest = fresh["received_at"].cast(pl.Int64).max()
    return Outcome(
        applied=int(counted["applied"].sum()),
        duplicate=int(counted["duplicate"].sum()),
        conflict=int(counted["conflict"].sum()),
        dead=len(prepared.dead),
        redelivered=redelivered,
        newest_received_ms=newest if isinstance(newest, int) else None,
        dead_by_stage=Counter(d.stage for d in prepared.dead),
    )
