"""aiokafka's fetching, made to bring slices: whole, cheap, committed, and not too often.

For all consumers of this process, since what is changed belongs to aiokafka's classes. Written
against aiokafka 0.14 (`tests/unit/slices/test_fetching.py` fails when what this relies on changes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from math import inf
from time import monotonic
from typing import Any

from aiokafka.consumer import consumer, fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.control_record import ABORT_MARKER, ControlRecord

from storepulse.slices.driver.batches import FetchedBatches, records_of
from storepulse.slices.slice import TopicPartition

#: How long a question waits at the broker where nothing comes, at least. Faust lets it wait for
#: 1.5 s; a first position, or a partition that is resumed meanwhile, waits behind it.
WAIT_SECONDS = 0.5
#: The same, and how often is looked, while a stream has enough to do: it may want more any time.
BUSY_SECONDS = 0.02
#: How far compressed batches of one fetch are unpacked; it has 8 MiB at most.
MOST_UNPACKED_BYTES = 64 * 1024 * 1024

#: A question about a partition.
AskPartition = Callable[[TopicPartition], bool]

_slice_records = 25_000
_gather_seconds = 0.0


def configure(slice_records: int, gather_seconds: float) -> None:
    """`slice_records`: the most that a slice may have. `gather_seconds`: the least between two
    fetches from one broker."""
    global _slice_records, _gather_seconds
    _slice_records, _gather_seconds = slice_records, gather_seconds


def _read_batches(self: Any) -> Iterator[Any]:
    """The records of a fetch, as aiokafka's C parser makes them: they have all that a slice takes.

    aiokafka makes a frozen dataclass of each, at 3 µs a record, and notes the position at each, at
    another 1: more than everything else in fetching together. This notes it batch by batch, and
    `_take_slice` after the last record that was taken.

    Markers and what was aborted leave gaps; the position passes them. What Kafka lets through and
    aiokafka does not read, `batches` reads. A fetch that unpacks to much more than it should ends
    early: the rest is asked for again, from the position.
    """
    while self._records.has_next():
        batch = self._records.next_batch()
        if self._check_crcs and not batch.validate_crc():
            raise CorruptRecordException(f"Invalid CRC - {self._tp}")
        if not _is_withheld(self, batch):
            records = records_of(batch, self._records)
            if batch.base_offset < self.next_fetch_offset:
                # Kafka gives whole batches, also where it is asked for the middle of one.
                first = self.next_fetch_offset
                records = (r for r in records if r.offset >= first)
            yield from records
        self.next_fetch_offset = batch.next_offset
        if self._records.unpacked_bytes >= MOST_UNPACKED_BYTES:
            return


def _is_withheld(self: Any, batch: Any) -> bool:
    """Whether a batch is a marker, or of a transaction that was aborted.

    The broker lists the aborted transactions that begin before the end of a fetch, by producer and
    first offset; the producer's next marker ends each.
    """
    if batch.producer_id is None:  # a format without transactions
        return False
    if self._aborted_transactions:
        self._consume_aborted_up_to(batch.base_offset)
    if batch.is_control_batch:
        # Compaction may leave one empty, which aiokafka's own reading takes for an error.
        marker = next(batch, None)
        if marker is not None and ControlRecord.parse(marker.key).type_ == ABORT_MARKER.type_:
            self._aborted_producers.discard(batch.producer_id)
        return True
    return bool(batch.is_transactional and batch.producer_id in self._aborted_producers)


def _take_slice(self: Any, max_records: int | None = None) -> list[Any]:
    """Up to a slice of the records that were fetched from one partition.

    The limit is the partition's own: aiokafka's counts the records of all, so that every other
    slice would be what another left over.
    """
    del max_records
    if not self.check_assignment(self._topic_partition) or not self.has_more():
        return []
    partition_records = self._partition_records
    records = list(islice(partition_records._records_iterator, _slice_records))
    if len(records) == _slice_records:
        partition_records.next_fetch_offset = records[-1].offset + 1
        self._update_position()
    else:
        self._update_position()
        self._partition_records = None
    return records


class _AssignmentWithRoom:
    """An assignment without the halted partitions and those whose streams have enough to do.

    Those without a position stay: to find one is no question for records, and a seek waits for it.
    """

    def __init__(self, assignment: Any, has_room: AskPartition, is_halted: AskPartition) -> None:
        def has_position(tp: TopicPartition) -> bool:
            return bool(assignment.state_value(tp).has_valid_position)

        self.state_value = assignment.state_value
        candidates = [tp for tp in assignment.tps if not is_halted(tp) or not has_position(tp)]
        self.tps = [tp for tp in candidates if has_room(tp) or not has_position(tp)]
        #: Whether some wait for room: that may come any time.
        self.is_busy = len(self.tps) < len(candidates)


class GatheringFetcher(fetcher.Fetcher):  # type: ignore[misc] # aiokafka has no types
    """Asks for a partition no sooner again than `gather_seconds` after it asked the last time, and
    not while its stream has enough to do.

    A slice costs as much as some thousand events, however few it has. aiokafka asks as soon as
    nothing is left, and is answered with what came in the milliseconds since; asked later, the
    broker has more. Where nothing comes, one question waits at the broker and is answered at once.

    What was asked for too early would wait here until its stream wants it, while the broker has
    more to go with it; and nobody tells Faust, which looks once a second. `has_room` and
    `is_halted` are of the process's one consumer, and called in a thread of its own.
    """

    has_room: AskPartition = staticmethod(lambda _tp: True)
    is_halted: AskPartition = staticmethod(lambda _tp: False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._asked_at: dict[TopicPartition, float] = {}
        # Shorter than between two questions, it would leave a time in which nobody asks.
        self._wait_ms = round(max(WAIT_SECONDS, _gather_seconds) * 1000)
        # Faust reads committed records alone only where it uses transactions itself.
        options = {"fetch_max_wait_ms": self._wait_ms, "isolation_level": "read_committed"}
        super().__init__(*args, **kwargs | options)

    def _get_actions_per_node(self, assignment: Any) -> Any:
        with_room = _AssignmentWithRoom(assignment, self.has_room, self.is_halted)
        is_busy = with_room.is_busy
        # A broker has one question at a time: what is busy now waits behind that of the others.
        self._fetch_max_wait_ms = round(BUSY_SECONDS * 1000) if is_busy else self._wait_ms
        requests, resets, timeout, invalid, resumed = super()._get_actions_per_node(with_room)
        if is_busy:
            timeout = min(timeout, BUSY_SECONDS)
        now, due_requests = monotonic(), []
        for node, request in requests:
            partitions = [(topic, part[0]) for topic, parts in request.topics for part in parts]
            wait = min(self._asked_at.get(tp, -inf) for tp in partitions) + _gather_seconds - now
            if wait > 0:
                timeout = min(timeout, wait)
            else:
                self._asked_at.update(dict.fromkeys(partitions, now))
                due_requests.append((node, request))
        return due_requests, resets, timeout, invalid, resumed


fetcher.MemoryRecords = FetchedBatches
fetcher.PartitionRecords._unpack_records = _read_batches
fetcher.FetchResult.getall = _take_slice
consumer.Fetcher = GatheringFetcher
