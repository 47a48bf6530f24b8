"""What is taken from a fetch, and what of aiokafka that relies on."""

from __future__ import annotations

import asyncio
import inspect
import struct
from types import SimpleNamespace
from typing import Any

import aiokafka
import faust
import pytest
from aiokafka import errors
from aiokafka.consumer import consumer, fetcher
from aiokafka.record.control_record import ABORT_MARKER, COMMIT_MARKER, ControlRecord
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from tests.unit.slices.fake_kafka import TOPIC

from storepulse.slices.driver import fetching
from storepulse.slices.driver.batches import FetchedBatches

pytestmark = pytest.mark.usefixtures("fetching_as_it_was")


def test_aiokafka_reads_a_fetch_where_we_replace_it() -> None:
    assert fetcher.PartitionRecords._unpack_records is fetching._read_batches
    assert fetcher.FetchResult.getall is fetching._take_slice
    assert consumer.Fetcher is fetching.GatheringFetcher
    source = inspect.getsource(fetcher)
    for relied_upon in (
        "self._records_iterator = self._unpack_records()",
        "if self._check_crcs and not next_batch.validate_crc():",
        "if record.offset < self.next_fetch_offset:",
        "self.next_fetch_offset = next_batch.next_offset",
        "if position != self._partition_records.next_fetch_offset:",
        "records = res_or_error.getall(max_records)",
        "if not res_or_error.has_more():",
        ") = self._get_actions_per_node(assignment)",
        "for tp in assignment.tps:",
        "tp_state = assignment.state_value(tp)",
        "elif not tp_state.has_valid_position:",
        "self._fetch_max_wait_ms,",
        "for topic, partitions in request.topics:",
        "fetch_requests.append((node_id, req))",
        "timeout=timeout,",
        # What tells committed records from aborted ones.
        "aborted_transactions or [], key=lambda x: x[1]",
        "self._aborted_producers = set()",
        "and next_batch.producer_id is not None",
        "self._consume_aborted_up_to(next_batch.base_offset)",
        "next_batch.is_control_batch",
        "return ControlRecord.parse(control_record.key) == ABORT_MARKER",
        "self._aborted_producers.discard(next_batch.producer_id)",
        "next_batch.is_transactional",
        "aborted_transactions = part_data[2]",
        "tp_state.lso = lso",
    ):
        assert relied_upon in source
    assert parameters(fetcher.PartitionRecords._consume_aborted_up_to) == ["self", "batch_offset"]
    assert (ABORT_MARKER.type_, COMMIT_MARKER.type_) == (0, 1)
    # Without transactions of its own Faust would read uncommitted records.
    assert faust.App("x").conf.processing_guarantee.value == "at_least_once"


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


async def test_committed_records_alone_are_asked_for_whatever_faust_says() -> None:
    made = fetching.GatheringFetcher(
        SimpleNamespace(_loop=asyncio.get_running_loop(), _metadata_max_age_ms=1_000),
        SimpleNamespace(register_fetch_waiters=lambda _waiters: None),
        isolation_level="read_uncommitted",
    )
    assert made._isolation_level == fetcher.READ_COMMITTED
    await made.close()
    source = inspect.getsource(fetcher.Fetcher)
    assert source.count("self._isolation_level,") == 3, "in questions, in offsets, in what came"


def batch_of(first: int, count: int, producer: int | None = None) -> bytes:
    """Records; those of a `producer` are in a transaction."""
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=int(producer is not None),
        producer_id=-1 if producer is None else producer, producer_epoch=0, base_sequence=0,
        batch_size=100_000,
    )  # fmt: skip
    for n in range(count):
        builder.append(n, 1_000, b"k", b"v", [])
    return placed(builder, first)


def marker_of(first: int, producer: int, marker: ControlRecord, *, empty: bool = False) -> bytes:
    """The end of a producer's transaction; `empty` as compaction may leave it."""
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=1, producer_id=producer, producer_epoch=0,
        base_sequence=-1, batch_size=1_000,
    )  # fmt: skip
    key = struct.pack(">HH", marker.version, marker.type_)
    builder.append(0, 1_000, key, b"\0\0\0\0\0\0", [])
    data = bytearray(placed(builder, first))
    data[22] |= 0b10_0000  # the attribute of control batches
    if empty:
        del data[61:]
        data[8:12] = (len(data) - 12).to_bytes(4, "big")
        data[57:61] = bytes(4)
    data[17:21] = calc_crc32c(bytes(data[21:])).to_bytes(4, "big")
    return bytes(data)


def placed(builder: DefaultRecordBatchBuilder, first: int) -> bytes:
    data = bytearray(builder.build())
    data[:8] = first.to_bytes(8, "big")  # the base offset, which no checksum covers
    return bytes(data)


class Assigned:
    """aiokafka's side of a fetch: one partition, read up to `position`."""

    active, paused = True, False

    def __init__(self, position: int) -> None:
        self.position = position

    def state_value(self, _tp: Any) -> Assigned:
        return self

    def consumed_to(self, position: int) -> None:
        self.position = position


def fetched(
    data: bytes, position: int, aborted: list[tuple[int, int]] | None = None
) -> tuple[fetcher.FetchResult, Assigned]:
    """`aborted`: transactions as the broker lists them, by producer and first offset."""
    assigned = Assigned(position)
    tp = aiokafka.TopicPartition(TOPIC, 0)
    records = fetcher.PartitionRecords(
        tp=tp, records=FetchedBatches(data), aborted_transactions=aborted, fetch_offset=position,
        key_deserializer=None, value_deserializer=None, check_crcs=True, isolation_level=1,
    )  # fmt: skip
    result = fetcher.FetchResult(tp, assignment=assigned, partition_records=records, backoff=0)
    return result, assigned


def offsets(records: list[Any]) -> list[int]:
    return [record.offset for record in records]


def test_a_fetch_is_taken_slice_by_slice() -> None:
    fetching.configure(4, 0.0)
    # Asked from the middle of the first batch; offsets are missing between the second and third.
    result, assigned = fetched(batch_of(10, 5) + batch_of(15, 3) + batch_of(20, 2), 12)
    assert (offsets(result.getall(1)), assigned.position) == ([12, 13, 14, 15], 16)
    assert (offsets(result.getall(1)), assigned.position) == ([16, 17, 20, 21], 22)
    assert result.has_more()
    assert (result.getall(1), assigned.position, result.has_more()) == ([], 22, False)


def test_a_fetch_is_dropped_after_a_seek() -> None:
    fetching.configure(2, 0.0)
    result, assigned = fetched(batch_of(10, 5), 10)
    assert offsets(result.getall()) == [10, 11]
    assigned.position = 10
    assert (result.getall(), result.has_more(), assigned.position) == ([], False, 10)


def test_a_damaged_batch_moves_no_position() -> None:
    damaged = bytearray(batch_of(15, 3))
    damaged[-1] ^= 1
    result, assigned = fetched(batch_of(10, 5) + bytes(damaged), 10)
    with pytest.raises(errors.CorruptRecordException):
        result.getall()
    assert assigned.position == 10
    # aiokafka asks again from the position, and drops the rest of this.
    assert (result.getall(), assigned.position) == ([], 10)


ABORTED, COMMITTED = ABORT_MARKER, COMMIT_MARKER


def test_markers_are_passed_over() -> None:
    log = batch_of(0, 2, 7) + marker_of(2, 7, COMMITTED) + batch_of(3, 1) + batch_of(4, 1, 7)
    result, assigned = fetched(log + marker_of(5, 7, COMMITTED), 0)
    assert (offsets(result.getall()), assigned.position) == ([0, 1, 3, 4], 6)


def test_aborted_records_are_passed_over_until_their_marker() -> None:
    """Two producers at once; each one's next transaction counts again."""
    log = (
        batch_of(0, 2, 7) + batch_of(2, 2, 8) + batch_of(4, 1) + batch_of(5, 3, 7)
        + marker_of(8, 7, ABORTED) + batch_of(9, 1, 8) + marker_of(10, 8, COMMITTED)
        + batch_of(11, 2, 7) + marker_of(13, 7, COMMITTED)
        + batch_of(14, 2, 8) + batch_of(16, 1, 7) + marker_of(17, 8, ABORTED)
        + marker_of(18, 7, ABORTED)
    )  # fmt: skip
    aborted = [(8, 14), (7, 16), (7, 0)]
    result, assigned = fetched(log, 0, aborted)
    assert (offsets(result.getall()), assigned.position) == ([2, 3, 4, 9, 11, 12], 19)


def test_what_is_aborted_is_known_from_slice_to_slice() -> None:
    fetching.configure(2, 0.0)
    log = (
        batch_of(0, 3) + batch_of(3, 2, 7) + batch_of(5, 2) + marker_of(7, 7, ABORTED)
        + batch_of(8, 1, 7) + marker_of(9, 7, COMMITTED)
    )  # fmt: skip
    result, assigned = fetched(log, 1, [(7, 3)])
    taken = []
    while result.has_more():
        taken.append((offsets(result.getall()), assigned.position))
    assert taken == [([1, 2], 3), ([5, 6], 7), ([8], 10)]


def test_a_fetch_may_begin_amid_an_aborted_transaction() -> None:
    log = batch_of(5, 3, 7) + batch_of(8, 1) + marker_of(9, 7, ABORTED)
    result, assigned = fetched(log, 6, [(7, 2)])
    assert (offsets(result.getall()), assigned.position) == ([8], 10)


def test_a_fetch_of_nothing_but_aborted_records_moves_the_position() -> None:
    result, assigned = fetched(batch_of(0, 9, 7) + batch_of(9, 9, 7), 0, [(7, 0)])
    assert (result.getall(), assigned.position, result.has_more()) == ([], 18, False)


def test_an_aborted_transaction_without_a_marker_in_the_fetch_does_not_hide_others() -> None:
    result, assigned = fetched(batch_of(0, 2, 7) + batch_of(2, 1, 8) + batch_of(3, 1), 0, [(7, 0)])
    assert (offsets(result.getall()), assigned.position) == ([2, 3], 4)


def test_a_marker_that_compaction_left_empty_is_passed_over() -> None:
    log = marker_of(3, 7, COMMITTED, empty=True) + batch_of(9, 1, 7)
    result, assigned = fetched(log, 0)
    assert (offsets(result.getall()), assigned.position) == ([9], 10)


def test_a_marker_is_known_by_its_type_whatever_its_version() -> None:
    """Taken for another, everything that its producer committed afterwards would be lost."""
    log = batch_of(0, 1, 7) + marker_of(1, 7, ControlRecord(1, 0)) + batch_of(2, 1, 7)
    result, _ = fetched(log, 0, [(7, 0)])
    assert offsets(result.getall()) == [2]


def test_a_raw_record_has_all_that_a_slice_takes() -> None:
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1,
        base_sequence=0, batch_size=10_000,
    )  # fmt: skip
    builder.append(0, 1_234, b"k", b"v", [("h", b"x"), ("empty", None)])
    builder.append(1, 1_235, None, None, [])
    records = fetcher.PartitionRecords(
        tp=aiokafka.TopicPartition(TOPIC, 0), records=FetchedBatches(bytes(builder.build())),
        aborted_transactions=[], fetch_offset=0, key_deserializer=None, value_deserializer=None,
        check_crcs=True, isolation_level=0,
    )  # fmt: skip
    first, second = list(records)
    assert (first.offset, first.timestamp, first.timestamp_type) == (0, 1_234, 0)
    assert (first.key, first.value) == (b"k", b"v")
    assert list(first.headers) == [("h", b"x"), ("empty", None)]
    assert (second.offset, second.key, second.value, list(second.headers)) == (1, None, None, [])
