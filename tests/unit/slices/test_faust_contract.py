"""What the slice driver takes for granted about faust-streaming and aiokafka.

A version bump fails here first. Each test names what would break: read it, then
`slices/driver`, then change the pins.
"""

from __future__ import annotations

import asyncio
import inspect
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import aiokafka
import faust
import faust.streams
import faust.topics
import faust.transport.conductor
import pytest
from aiokafka import errors
from aiokafka.consumer import consumer, fetcher, group_coordinator
from faust.tables import TableManager
from faust.transport import consumer as base
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from tests.unit.slices.fake_kafka import TOPIC, Cluster, tp

from storepulse.slices.driver import faust_app, slice_consumer
from storepulse.slices.driver.membership import SlotCoordinator


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
        (base.Consumer, "verify_all_partitions_active", ["self"]),
        (base.Consumer, "_add_gap", ["self", "tp", "offset_from", "offset_to"]),
        (base.Consumer, "_commit", ["self", "offsets"]),
        (base.Consumer, "_filter_committable_offsets", ["self", "tps"]),
        (base.Consumer, "ack", ["self", "message"]),
        (base.Consumer, "_set_active_tps", ["self", "tps"]),
        (base.ThreadDelegateConsumer, "_getmany", ["self", "active_partitions", "timeout"]),
        (base.ThreadDelegateConsumer, "_commit", ["self", "offsets"]),
        (base.ThreadDelegateConsumer, "assignment", ["self"]),
        (base.ThreadDelegateConsumer, "highwater", ["self", "tp"]),
        (driver.AIOKafkaConsumerThread, "seek_to_beginning", ["self", "partitions"]),
        (driver.AIOKafkaConsumerThread, "seek_to_committed", ["self"]),
        (driver.AIOKafkaConsumerThread, "call_thread", ["self", "fun", "args", "kwargs"]),
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
    assert issubclass(faust_app.SliceTransport.Consumer, driver.Consumer)
    assert "self.Consumer(" in inspect.getsource(faust_app.SliceTransport.create_consumer)


async def test_the_application_makes_our_consumer_with_its_bookkeeping() -> None:
    consumer: Any = Cluster({0: []}).consumer
    assert isinstance(consumer, slice_consumer.SliceConsumer)
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


async def test_the_watch_for_idle_partitions_asks_for_positions_that_may_be_unknown() -> None:
    # Why ours asks nothing: an error in a task of the consumer ends the process.
    consumer: Any = Cluster({0: [0]}).consumer
    asked: list[TP] = []

    def fail(_now: float, partition: TP) -> None:
        asked.append(partition)
        raise AssertionError("no position")

    consumer.verify_event_path = fail
    with pytest.raises(AssertionError, match="no position"):
        await driver.Consumer.verify_all_partitions_active(consumer)
    await consumer.verify_all_partitions_active()
    assert asked == [tp(0)]
    watch = inspect.getsource(driver.Consumer._commit_livelock_detector.fun)
    assert "await self.verify_all_partitions_active()" in watch
    path = inspect.getsource(driver.AIOKafkaConsumerThread.verify_event_path)
    assert "tp_state.position" in path


def test_the_generation_is_set_before_partitions_are_assigned() -> None:
    source = inspect.getsource(driver.ConsumerRebalanceListener.on_partitions_assigned)
    assert source.index("consumer_generation_id = generation") < source.index(
        "self._thread.on_partitions_assigned"
    )


def test_faust_looks_once_a_second_at_streams_that_have_room_again() -> None:
    # Why nothing is asked for that would have to wait, and why we sleep shorter.
    assert "await self.sleep(1)" in inspect.getsource(base.Consumer._wait_next_records)
    assert "getmany(timeout=1.0)" in inspect.getsource(base.Consumer._drain_messages)
    kept = inspect.getsource(fetcher.Fetcher.fetched_records)
    assert "if partitions and tp not in partitions:" in kept


def test_faust_s_own_seek_runs_beside_a_fetch() -> None:
    # Why ours is called in aiokafka's thread: what is fetched is dropped there between two lines.
    thread = driver.AIOKafkaConsumerThread
    assert "call_thread" not in inspect.getsource(thread.seek)
    assert "call_thread" in inspect.getsource(thread.getmany)
    assert "del self._records[tp]" in inspect.getsource(fetcher.Fetcher.seek_to)
    taken = inspect.getsource(fetcher.Fetcher.fetched_records)
    assert "for tp in list(self._records.keys())" in taken
    assert "res_or_error = self._records[tp]" in taken


def test_recovery_seeks_before_it_resumes_the_flow() -> None:
    from faust.tables.recovery import Recovery

    source = inspect.getsource(Recovery._resume_streams)
    assert source.index("consumer.perform_seek()") < source.index("consumer.resume_flow()")


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
    from tests.unit.slices.fake_kafka import raw

    assert isinstance(raw(1), SimpleNamespace)
    assert {"offset", "key", "value", "headers", "timestamp", "timestamp_type"} <= vars(
        raw(1)
    ).keys()


def test_topics_are_subscribed_to_once_the_keeper_of_tables_has_started() -> None:
    conductor = inspect.getsource(faust.transport.conductor.Conductor._subscriber.fun)
    wait, subscribe = "wait_until_tables_registered()", "self.app.consumer.subscribe("
    assert -1 < conductor.index(wait) < conductor.index(subscribe)
    # What ours replaces: all of it, but the sleep in its first line.
    stock = inspect.getsource(TableManager.on_start)
    assert "await self.sleep(1.0)" in stock
    ours = inspect.getsource(faust_app.NoTables.on_start)
    assert stock[stock.index("if not self.should_stop:") :] == ours[ours.index("if not ") :]
    assert "self.app.topics.add(" in inspect.getsource(faust.topics.Topic.__aiter__)


async def test_a_stream_that_comes_late_is_waited_for() -> None:
    app: Any = SimpleNamespace(topics=set(), agents=["a", "b"], loop=None)
    keeper = faust_app.NoTables(app)
    done: list[bool] = []

    async def channels() -> None:
        done.append(True)

    keeper._update_channels = channels  # type: ignore[method-assign]
    keeper._recovery = SimpleNamespace(start=channels)  # type: ignore[assignment]
    starting = asyncio.create_task(keeper.on_start())
    app.topics.add("a")
    await asyncio.sleep(0.05)
    assert not done
    app.topics.add("b")
    await asyncio.wait_for(starting, 30)
    assert done == [True, True]
