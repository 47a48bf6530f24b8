"""What the slice driver takes for granted about faust-streaming and aiokafka.

A version bump fails here first. Each test names what would break: read it, then
`adapters/slices/transport.py`, then change the pins.
"""

from __future__ import annotations

import inspect
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import aiokafka
import faust
import faust.streams
import pytest
from aiokafka import errors
from aiokafka.consumer import consumer, fetcher, group_coordinator
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from faust.transport import consumer as base
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from tests.unit.agents.fake_kafka import TOPIC, Cluster, tp

from storepulse.adapters.slices import transport
from storepulse.adapters.slices.membership import SlotCoordinator


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize(
    ("package", "pinned"), [("faust-streaming", "0.15.3"), ("aiokafka", "0.14.0")]
)
def test_the_versions_that_were_read(package: str, pinned: str) -> None:
    assert version(package) == pinned


def test_streams_come_from_the_c_extension() -> None:
    # The other iterator acknowledges messages of a stale generation even under noack().
    assert faust.streams._CStreamIterator is not None


@pytest.mark.parametrize(
    ("owner", "name", "expected"),
    [
        (base.Consumer, "getmany", ["self", "timeout"]),
        (base.Consumer, "_wait_next_records", ["self", "timeout"]),
        (base.Consumer, "perform_seek", ["self"]),
        (base.Consumer, "_new_offset", ["self", "tp"]),
        (base.Consumer, "_add_gap", ["self", "tp", "offset_from", "offset_to"]),
        (base.Consumer, "_commit", ["self", "offsets"]),
        (base.Consumer, "_seek", ["self", "partition", "offset"]),
        (base.Consumer, "_filter_committable_offsets", ["self", "tps"]),
        (base.Consumer, "ack", ["self", "message"]),
        (base.Consumer, "_set_active_tps", ["self", "tps"]),
        (base.ThreadDelegateConsumer, "_getmany", ["self", "active_partitions", "timeout"]),
        (base.ThreadDelegateConsumer, "_commit", ["self", "offsets"]),
        (base.ThreadDelegateConsumer, "_seek", ["self", "partition", "offset"]),
        (base.ThreadDelegateConsumer, "assignment", ["self"]),
        (base.ThreadDelegateConsumer, "highwater", ["self", "tp"]),
        (driver.AIOKafkaConsumerThread, "seek_to_beginning", ["self", "partitions"]),
        (driver.AIOKafkaConsumerThread, "seek_to_committed", ["self"]),
        (driver.AIOKafkaConsumerThread, "seek", ["self", "partition", "offset"]),
        (driver.AIOKafkaConsumerThread, "commit", ["self", "offsets"]),
        (driver.AIOKafkaConsumerThread, "getmany", ["self", "active_partitions", "timeout"]),
        (faust.App, "_new_transport", ["self"]),
        (faust.App, "_new_consumer", ["self"]),
        (fetcher.PartitionRecords, "_unpack_records", ["self"]),
    ],
)
def test_signatures(owner: Any, name: str, expected: list[str]) -> None:
    assert parameters(getattr(owner, name)) == expected


def test_a_message_takes_its_parts_by_these_places() -> None:
    assert parameters(ConsumerMessage.__init__)[:14] == [
        "self", "topic", "partition", "offset", "timestamp", "timestamp_type", "headers", "key",
        "value", "checksum", "serialized_key_size", "serialized_value_size", "tp",
        "time_in",
    ]  # fmt: skip
    assert "generation_id" in parameters(ConsumerMessage.__init__)


def test_the_driver_s_classes_take_ours() -> None:
    assert driver.Transport.Consumer is driver.Consumer
    assert issubclass(transport.SliceTransport.Consumer, driver.Consumer)
    assert "self.Consumer(" in inspect.getsource(transport.SliceTransport.create_consumer)


async def test_the_application_makes_our_consumer_with_its_bookkeeping() -> None:
    consumer: Any = Cluster({0: []}).consumer
    assert isinstance(consumer, transport.SliceConsumer)
    for name in ("_acked", "_acked_index", "_read_offset", "_committed_offset", "_gap"):
        assert hasattr(consumer, name), name
    assert isinstance(consumer._buffered_partitions, set)
    assert consumer._read_offset[tp(0)] is None
    assert consumer._acked[tp(0)] == []
    assert consumer._committed_offset[tp(0)] is None
    assert isinstance(consumer.app.consumer_generation_id, int)
    assert consumer.flow_active


async def test_an_acknowledgement_goes_into_the_list_that_we_read() -> None:
    cluster = Cluster({0: [4]})
    ((_, message),) = await cluster.fetch()
    assert cluster.consumer.ack(message)
    assert cluster.consumer._acked[tp(0)] == [4]
    assert cluster.consumer._acked_index[tp(0)] == {4}


async def test_a_commit_asks_our_new_offset_and_never_goes_backwards() -> None:
    consumer = Cluster({0: []}).consumer
    consumer._acked[tp(0)] = [4]
    consumer._committed_offset[tp(0)] = 9
    assert consumer._filter_committable_offsets([tp(0)]) == {}
    consumer._acked[tp(0)] = [9]
    assert consumer._filter_committable_offsets([tp(0)]) == {tp(0): 10}


async def test_the_stock_seek_skips_partitions_without_a_committed_offset() -> None:
    # Why ours goes on to the ledger: such a partition would stay where the dropped fetch left it.
    cluster = Cluster({0: [0, 1, 2], 1: [0, 1, 2]})
    cluster.thread.position = {tp(0): 3, tp(1): 3}
    cluster.thread.committed = {tp(0): 1}
    await driver.Consumer.perform_seek(cluster.consumer)
    assert cluster.thread.position == {tp(0): 1, tp(1): 3}
    assert cluster.consumer._committed_offset[tp(0)] == 1


def test_fetching_drops_what_lies_below_faust_s_read_offset() -> None:
    # Why each yield resets it, and why the gap's method is called at all.
    source = inspect.getsource(base.Consumer._drain_messages)
    assert "if r_offset is None or offset >= r_offset" in source
    assert "await self._add_gap(tp, r_offset + 1, offset)" in source


def test_the_generation_is_set_before_partitions_are_assigned() -> None:
    source = inspect.getsource(driver.ConsumerRebalanceListener.on_partitions_assigned)
    assert source.index("consumer_generation_id = generation") < source.index(
        "self._thread.on_partitions_assigned"
    )


def test_recovery_seeks_before_it_resumes_the_flow() -> None:
    from faust.tables.recovery import Recovery

    source = inspect.getsource(Recovery._resume_streams)
    assert source.index("consumer.perform_seek()") < source.index("consumer.resume_flow()")


def test_aiokafka_reads_a_fetch_where_we_replace_it() -> None:
    assert fetcher.PartitionRecords._unpack_records is transport._unpack
    assert fetcher.FetchResult.getall is transport._take
    source = inspect.getsource(fetcher)
    for relied_upon in (
        "self._records_iterator = self._unpack_records()",
        "if self._check_crcs and not next_batch.validate_crc():",
        "if record.offset < self.next_fetch_offset:",
        "self.next_fetch_offset = next_batch.next_offset",
        "if position != self._partition_records.next_fetch_offset:",
        "records = res_or_error.getall(max_records)",
        "if not res_or_error.has_more():",
    ):
        assert relied_upon in source
    # Without transactions of its own Faust reads uncommitted records: none are aborted for us.
    assert 'isolation_level="read_uncommitted"' in inspect.getsource(fetcher.Fetcher)
    assert faust.App("x").conf.processing_guarantee.value == "at_least_once"


def batch_of(first: int, count: int) -> bytes:
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1,
        base_sequence=0, batch_size=100_000,
    )  # fmt: skip
    for n in range(count):
        builder.append(n, 1_000, b"k", b"v", [])
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


def fetched(data: bytes, position: int) -> tuple[fetcher.FetchResult, Assigned]:
    assigned = Assigned(position)
    tp = aiokafka.TopicPartition(TOPIC, 0)
    records = fetcher.PartitionRecords(
        tp=tp, records=MemoryRecords(data), aborted_transactions=[], fetch_offset=position,
        key_deserializer=None, value_deserializer=None, check_crcs=True, isolation_level=0,
    )  # fmt: skip
    result = fetcher.FetchResult(tp, assignment=assigned, partition_records=records, backoff=0)
    return result, assigned


def offsets(records: list[Any]) -> list[int]:
    return [record.offset for record in records]


def test_a_fetch_is_taken_slice_by_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_slice_records", 4)
    # Asked from the middle of the first batch; offsets are missing between the second and third.
    result, assigned = fetched(batch_of(10, 5) + batch_of(15, 3) + batch_of(20, 2), 12)
    assert (offsets(result.getall(1)), assigned.position) == ([12, 13, 14, 15], 16)
    assert (offsets(result.getall(1)), assigned.position) == ([16, 17, 20, 21], 22)
    assert result.has_more()
    assert (result.getall(1), assigned.position, result.has_more()) == ([], 22, False)


def test_a_fetch_is_dropped_after_a_seek(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_slice_records", 2)
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


def test_a_raw_record_has_all_that_a_slice_takes() -> None:
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1,
        base_sequence=0, batch_size=10_000,
    )  # fmt: skip
    builder.append(0, 1_234, b"k", b"v", [("h", b"x"), ("empty", None)])
    builder.append(1, 1_235, None, None, [])
    records = fetcher.PartitionRecords(
        tp=aiokafka.TopicPartition(TOPIC, 0), records=MemoryRecords(bytes(builder.build())),
        aborted_transactions=[], fetch_offset=0, key_deserializer=None, value_deserializer=None,
        check_crcs=True, isolation_level=0,
    )  # fmt: skip
    first, second = list(records)
    assert (first.offset, first.timestamp, first.timestamp_type) == (0, 1_234, 0)
    assert (first.key, first.value) == (b"k", b"v")
    assert list(first.headers) == [("h", b"x"), ("empty", None)]
    assert (second.offset, second.key, second.value, list(second.headers)) == (1, None, None, [])


def test_aiokafka_asks_about_members_where_we_listen() -> None:
    assert parameters(group_coordinator.GroupCoordinator._send_req) == ["self", "request"]
    assert consumer.GroupCoordinator in (group_coordinator.GroupCoordinator, SlotCoordinator)
    source = inspect.getsource(group_coordinator)
    for asked in ("HeartbeatRequest(", "JoinGroupRequest(", "SyncGroupRequest("):
        assert asked in source
    assert errors.for_code(82) is errors.UnknownError  # else use its name for a fenced instance


def test_faust_s_own_partition_is_not_aiokafka_s() -> None:
    # aiokafka raises at a TP, so the driver hands it its own type.
    assert not isinstance(TP(TOPIC, 0), aiokafka.TopicPartition)
    assert tuple(TP(TOPIC, 0)) == tuple(aiokafka.TopicPartition(TOPIC, 0))


def test_a_namespace_stands_for_a_record_in_the_other_tests() -> None:
    from tests.unit.agents.fake_kafka import raw

    assert isinstance(raw(1), SimpleNamespace)
    assert {"offset", "key", "value", "headers", "timestamp", "timestamp_type"} <= vars(
        raw(1)
    ).keys()
