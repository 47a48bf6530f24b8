"""Changes to aiokafka's fetching, so that it returns slices cheaply and without aborted records.

They apply to all consumers of this process, because they change aiokafka's classes. Written against
aiokafka 0.14; `tests/unit/slices/test_fetching.py` fails if a part that this relies on changes.
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

#: How long a fetch request waits at the broker for records, at least. Faust waits 1.5 s. An initial
#: position lookup, or a partition that is resumed meanwhile, waits behind that request.
WAIT_SECONDS = 0.5
#: The same wait, and the polling interval, while a stream is full: it may have room at any time.
BUSY_SECONDS = 0.02
#: The limit for decompressed bytes of one fetch, which has at most 8 MiB compressed.
MOST_UNPACKED_BYTES = 64 * 1024 * 1024

#: A predicate for a partition.
AskPartition = Callable[[TopicPartition], bool]

_slice_records = 25_000
_gather_seconds = 0.0


def configure(slice_records: int, gather_seconds: float) -> None:
    """Set the maximum of records in a slice, and the minimum time between two fetches from one
    broker."""
    global _slice_records, _gather_seconds
    _slice_records, _gather_seconds = slice_records, gather_seconds


def _read_batches(self: Any) -> Iterator[Any]:
    """Yield the records of a fetch as aiokafka's C parser makes them.

    aiokafka creates a frozen dataclass for each (3 µs per record) and updates the position for each
    (1 µs), which costs more than the rest of fetching. This updates the position once per batch,
    and `_take_slice` after the last record that was taken.

    Markers and aborted records leave gaps, which the position skips. `batches` reads what Kafka
    accepts and aiokafka does not. A fetch that decompresses beyond the limit ends early, and the
    rest is fetched again from the position.
    """
    while self._records.has_next():
        batch = self._records.next_batch()
        if self._check_crcs and not batch.validate_crc():
            raise CorruptRecordException(f"Invalid CRC - {self._tp}")
        if not _is_withheld(self, batch):
            records = records_of(batch, self._records)
            if batch.base_offset < self.next_fetch_offset:
                # Kafka returns whole batches, even if the position is inside of one.
                first = self.next_fetch_offset
                records = (r for r in records if r.offset >= first)
            yield from records
        self.next_fetch_offset = batch.next_offset
        if self._records.unpacked_bytes >= MOST_UNPACKED_BYTES:
            return


def _is_withheld(self: Any, batch: Any) -> bool:
    """Whether a batch is a control batch or belongs to an aborted transaction.

    The broker lists the aborted transactions that begin before the end of a fetch, by producer and
    first offset. Each one ends at the producer's next marker.
    """
    if batch.producer_id is None:  # a format without transactions
        return False
    if self._aborted_transactions:
        self._consume_aborted_up_to(batch.base_offset)
    if batch.is_control_batch:
        # Compaction may leave an empty control batch, which aiokafka treats as an error.
        marker = next(batch, None)
        if marker is not None and ControlRecord.parse(marker.key).type_ == ABORT_MARKER.type_:
            self._aborted_producers.discard(batch.producer_id)
        return True
    return bool(batch.is_transactional and batch.producer_id in self._aborted_producers)


def _take_slice(self: Any, max_records: int | None = None) -> list[Any]:
    """Return up to a slice of the records that were fetched from one partition.

    The limit is per partition. aiokafka's limit counts the records of all partitions, which would
    cut every other slice to the remainder of the one before.
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
    """An assignment without halted partitions and without those whose streams are full.

    Partitions without a position stay: finding a position fetches no records, and a seek waits for
    it.
    """

    def __init__(self, assignment: Any, has_room: AskPartition, is_halted: AskPartition) -> None:
        def has_position(tp: TopicPartition) -> bool:
            return bool(assignment.state_value(tp).has_valid_position)

        self.state_value = assignment.state_value
        candidates = [tp for tp in assignment.tps if not is_halted(tp) or not has_position(tp)]
        self.tps = [tp for tp in candidates if has_room(tp) or not has_position(tp)]
        #: Whether some partitions wait for room, which may come at any time.
        self.is_busy = len(self.tps) < len(candidates)


class GatheringFetcher(fetcher.Fetcher):  # type: ignore[misc] # aiokafka has no types
    """Fetches a partition at most every `gather_seconds`, and not while its stream is full.

    A slice costs as much as some thousand events, even if it has few. aiokafka fetches as soon as
    its buffer is empty and gets only the records of the last milliseconds; a later request gets
    more. At an idle partition, one request waits at the broker and is answered at once.

    Records fetched too early would wait here until the stream has room, while the broker could add
    more to them; and nothing wakes Faust, which polls once a second. `has_room` and `is_halted`
    belong to the process's only consumer and are called on another thread.
    """

    has_room: AskPartition = staticmethod(lambda _tp: True)
    is_halted: AskPartition = staticmethod(lambda _tp: False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._asked_at: dict[TopicPartition, float] = {}
        # A shorter wait would leave times without an open request.
        self._wait_ms = round(max(WAIT_SECONDS, _gather_seconds) * 1000)
        # Faust restricts itself to committed records only if it uses transactions itself.
        options = {"fetch_max_wait_ms": self._wait_ms, "isolation_level": "read_committed"}
        super().__init__(*args, **kwargs | options)

    def _get_actions_per_node(self, assignment: Any) -> Any:
        with_room = _AssignmentWithRoom(assignment, self.has_room, self.is_halted)
        is_busy = with_room.is_busy
        # A broker handles one request at a time: a partition that is full now waits behind it.
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
