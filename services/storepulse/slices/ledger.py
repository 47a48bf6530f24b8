"""A partition's row in the ledger: it makes a slice's transaction apply each record once.

The row is locked first, so that a worker that resumes after a freeze sees what its successor
applied. Offsets already in the row are skipped, missing offsets before the slice are checked with
the broker, and the slice's offsets are added in the same transaction as its effects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, pairwise
from time import perf_counter
from typing import Any, Protocol

import psycopg

from storepulse.adapters import metrics
from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.slices.offsets import find_first_missing, find_not_applied
from storepulse.slices.slice import Slice

log = logger()

_LEDGER = named_sql("slices/ledger")


class Hole(Exception):
    """Offsets are missing between the ledger and a slice: acknowledging it would lose them."""


class LogReplaced(Exception):
    """The ledger's offsets belong to another log: apparent redelivery may be new records."""


class BrokerLog(Protocol):
    """Queries to the broker about a partition's log. All raise Transient."""

    def read_beginning(self, topic: str, partition: int) -> int: ...

    def read_end(self, topic: str, partition: int) -> int: ...

    def holds_record(self, topic: str, partition: int, lower: int, upper: int) -> bool:
        """Whether a record has an offset in `[lower, upper)`."""
        ...

    def is_unchanged(self, source: SourcePartition) -> bool:
        """Whether the topic is still the one that the process started with."""
        ...


@dataclass(frozen=True)
class SourcePartition:
    """The partition that a slice came from, as the ledger identifies it."""

    group: str
    topic: str
    topic_id: str
    partition: int

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(vars(self))


class LedgerRow:
    """The locked row of a slice's partition, while the slice is applied.

    `new_indexes`: the indexes in the slice of records that are not in the ledger, in order.
    `next_offset`: the first offset that is not in the ledger. `carry`: data that the previous slice
    left for this one.
    """

    def __init__(
        self,
        cursor: psycopg.Cursor[Any],
        piece: Slice,
        source: SourcePartition,
        ranges: Sequence[tuple[int, int]],
        carry: bytes | None,
    ) -> None:
        self.cursor = cursor
        self.carry = carry
        self.new_indexes = find_not_applied(ranges, piece.offsets)
        self.next_offset = find_first_missing(ranges, 0)
        self.is_advanced = False
        self._slice = piece
        self._source = source

    @property
    def redelivered_count(self) -> int:
        """How many of the slice's records are already in the ledger."""
        return len(self._slice.offsets) - len(self.new_indexes)

    def advance(self, carry: bytes | None = None) -> None:
        """Enter the slice's offsets; `carry` is for the next slice."""
        parameters = {"lower": self.next_offset, "upper": self._slice.end, "carry": carry}
        self.cursor.execute(_LEDGER["advance_partition"], self._source.parameters | parameters)
        self.is_advanced = True


@contextmanager
def slice_transaction(
    connection: psycopg.Connection[Any],
    piece: Slice,
    source: SourcePartition,
    broker: BrokerLog,
    name: str,
) -> Iterator[LedgerRow]:
    """Open the transaction of one slice with its ledger row locked; commit on exit.

    The body stores the effects of the records at `row.new_indexes` and calls `row.advance()`. If
    there are none, it does neither. `name` labels the commit time in metrics. Raises psycopg.Error,
    Transient, Hole or LogReplaced, and then nothing was stored.
    """
    reach("slices.before_transaction")
    with connection.transaction(), connection.cursor() as cursor:
        ranges, carry = _lock(cursor, source)
        row = LedgerRow(cursor, piece, source, ranges, carry)
        if row.redelivered_count:
            _require_same_log(source, row.next_offset, broker)
        if not row.new_indexes:
            yield row
            return
        offsets = [piece.offsets[i] for i in row.new_indexes]
        _account_for_gaps(cursor, source, row.next_offset, offsets, broker)
        yield row
        if not row.is_advanced:
            raise AssertionError(f"{name}: a slice was applied and not entered into the ledger")
        reach("slices.before_commit")
        start = perf_counter()
    reach("slices.after_commit")
    metrics.SLICE_SECONDS.labels(name, "commit").observe(perf_counter() - start)


def _lock(
    cursor: psycopg.Cursor[Any], source: SourcePartition
) -> tuple[list[tuple[int, int]], bytes | None]:
    row = cursor.execute(_LEDGER["lock_partition"], source.parameters).fetchone()
    if row is None:
        cursor.execute(_LEDGER["create_partition_row"], source.parameters)
        row = cursor.execute(_LEDGER["lock_partition"], source.parameters).fetchone()
        assert row is not None  # noqa: S101 - made one statement ago
    return [(r.lower, r.upper) for r in row[0]], row[1]


def _account_for_gaps(
    cursor: psycopg.Cursor[Any],
    source: SourcePartition,
    expected: int,
    offsets: Sequence[int],
    broker: BrokerLog,
) -> None:
    """Record offsets that hold no record. Raises Hole if records were skipped.

    Only the broker can tell: after a lost fetch, the consumer's own position is wrong. Gaps within
    a slice are gaps of the log, because the slice was fetched as a whole.
    """
    first = offsets[0]
    if first > expected and broker.holds_record(source.topic, source.partition, expected, first):
        raise Hole(f"{source.topic}[{source.partition}]: expected {expected}, got {first}")
    if offsets[-1] - expected == len(offsets) - 1:
        return
    # There are many if a producer commits a transaction for every few records.
    gaps = [
        (before + 1, offset)
        for before, offset in pairwise(chain((expected - 1,), offsets))
        if offset > before + 1
    ]
    lower, upper = map(list, zip(*gaps, strict=True))
    cursor.execute(_LEDGER["record_gaps"], source.parameters | {"lower": lower, "upper": upper})
    where = {"topic": source.topic, "partition": source.partition, "first": lower[0]}
    # Markers and aborted records are normal; records removed by retention deserve a warning.
    removed = min(first, broker.read_beginning(source.topic, source.partition)) - expected
    if removed > 0:
        log.warning("offsets were removed before they were read", offsets=removed, **where)
    missing = sum(upper) - sum(lower)
    log.info("offsets without records", offsets=missing, gaps=len(gaps), **where)


def _require_same_log(source: SourcePartition, expected: int, broker: BrokerLog) -> None:
    """Raise LogReplaced if the offsets that look redelivered belong to another log."""
    if not broker.is_unchanged(source):
        raise LogReplaced(f"{source.topic} was made again under the same name")
    end = broker.read_end(source.topic, source.partition)
    if end < expected:
        raise LogReplaced(f"{source.topic}[{source.partition}] ends at {end}, before {expected}")
