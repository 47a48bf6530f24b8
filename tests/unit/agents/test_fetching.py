"""What is taken from a fetch, when the next one is sent, and what of aiokafka that relies on."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import aiokafka
import faust
import pytest
from aiokafka import errors
from aiokafka.consumer import consumer, fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from tests.unit.agents.fake_kafka import TOPIC

from storepulse.adapters.slices import fetching

OTHER = "another"


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = (fetching._slice_records, fetching._gather_seconds)
    yield
    fetching.configure(*before)


def test_aiokafka_reads_a_fetch_where_we_replace_it() -> None:
    assert fetcher.PartitionRecords._unpack_records is fetching._unpack
    assert fetcher.FetchResult.getall is fetching._take
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


class Assignment:
    """aiokafka's side of asking: partitions by their broker; some have no position yet."""

    def __init__(self) -> None:
        self.brokers = {(TOPIC, 0): 1}
        self.lost: set[tuple[str, int]] = set()

    @property
    def tps(self) -> list[tuple[str, int]]:
        return list(self.brokers)

    def state_value(self, tp: tuple[str, int]) -> SimpleNamespace:
        return SimpleNamespace(has_valid_position=tp not in self.lost)


class Asking:
    """A fetcher that would ask for whatever aiokafka finds in its assignment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.assignment = Assignment()
        self.full: set[str] = set()
        self.now = 1_000.0
        monkeypatch.setattr(fetching, "monotonic", lambda: self.now)
        monkeypatch.setattr(
            fetching.GatheringFetcher, "has_room", lambda _self, tp: tp[0] not in self.full
        )
        self.waits = 0
        monkeypatch.setattr(fetcher.Fetcher, "__init__", self._made)
        monkeypatch.setattr(fetcher.Fetcher, "_get_actions_per_node", self._actions)
        self.fetcher = fetching.GatheringFetcher(fetch_max_wait_ms=1500)

    def _made(self, *, fetch_max_wait_ms: int) -> None:
        self.waits = fetch_max_wait_ms

    def _actions(self, seen: Any) -> Any:
        topics: dict[int, dict[str, list[Any]]] = {}
        for topic, partition in seen.tps:
            assert seen.state_value((topic, partition))
            broker = self.assignment.brokers[topic, partition]
            topics.setdefault(broker, {}).setdefault(topic, []).append((partition, 0, 1))
        requests = [
            (broker, SimpleNamespace(topics=list(by_topic.items())))
            for broker, by_topic in topics.items()
        ]
        return requests, {9: ["reset"]}, 0.2, True, ["resumed"]

    def asked(self) -> tuple[list[int], float]:
        """Who is asked now, and when aiokafka looks again."""
        requests, resets, timeout, invalid, resumed = self.fetcher._get_actions_per_node(
            self.assignment
        )
        assert (resets, invalid, resumed) == ({9: ["reset"]}, True, ["resumed"])
        return [broker for broker, _ in requests], timeout

    def asked_for(self) -> list[str]:
        """The topics that are asked for now."""
        requests = self.fetcher._get_actions_per_node(self.assignment)[0]
        return sorted(topic for _, request in requests for topic, _ in request.topics)


def test_a_broker_is_asked_again_when_events_have_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    fetching.configure(100, 0.75)
    asking = Asking(monkeypatch)
    assert asking.asked() == ([1], 0.2)
    asking.now += 0.125
    assert asking.asked() == ([], 0.2)
    asking.now += 0.5
    assert asking.asked() == ([], 0.125), "aiokafka looks again when it is time, not later"
    asking.now += 0.125
    assert asking.asked() == ([1], 0.2)
    asking.now += 30
    assert asking.asked() == ([1], 0.2), "after a quiet time at once"


def test_brokers_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    fetching.configure(100, 0.75)
    asking = Asking(monkeypatch)
    assert asking.asked() == ([1], 0.2)
    asking.now += 0.25
    asking.assignment.brokers[TOPIC, 1] = 2
    assert asking.asked() == ([2], 0.2)


def test_without_gathering_a_broker_is_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fetching.configure(100, 0.0)
    asking = Asking(monkeypatch)
    assert [asking.asked() for _ in range(3)] == [([1], 0.2)] * 3


@pytest.mark.parametrize(("gather", "waits"), [(0.0, 500), (0.25, 500), (0.75, 750)])
def test_a_question_waits_shortly_but_until_the_next_one_is_due(
    monkeypatch: pytest.MonkeyPatch, gather: float, waits: int
) -> None:
    fetching.configure(100, gather)
    assert Asking(monkeypatch).waits == waits
    handed_over = "fetch_max_wait_ms=self._fetch_max_wait_ms"
    assert handed_over in inspect.getsource(consumer.AIOKafkaConsumer)


def test_nothing_is_asked_for_that_would_have_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    fetching.configure(100, 0.75)
    asking = Asking(monkeypatch)
    asking.assignment.brokers[OTHER, 0] = 1
    assert asking.asked_for() == [OTHER, TOPIC]
    assert asking.fetcher._fetch_max_wait_ms == 750
    asking.full = {TOPIC}
    asking.now += 0.8
    assert asking.asked_for() == [OTHER]
    assert asking.fetcher._fetch_max_wait_ms == 20, "what has room again waits no longer than this"
    asking.now += 0.1
    assert asking.asked() == ([], 0.02), "and is seen as soon"
    asking.full = set()
    assert asking.asked_for() == [OTHER, TOPIC], "it was not asked for lately; both stay together"
    assert asking.fetcher._fetch_max_wait_ms == 750
    asking.now += 0.7
    assert asking.asked() == ([], pytest.approx(0.05))


def test_a_position_is_looked_for_whether_there_is_room_or_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asking = Asking(monkeypatch)
    asking.full = {TOPIC}
    assert asking.asked_for() == []
    asking.assignment.lost = {(TOPIC, 0)}
    assert asking.asked_for() == [TOPIC]


def test_a_halted_partition_is_not_asked_for_and_hurries_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fetching.configure(100, 0.75)
    asking = Asking(monkeypatch)
    asking.assignment.brokers[OTHER, 0] = 1
    monkeypatch.setattr(fetching.GatheringFetcher, "is_halted", lambda _self, tp: tp[0] == TOPIC)
    assert asking.asked_for() == [OTHER]
    assert asking.fetcher._fetch_max_wait_ms == 750
    asking.now += 0.8
    assert asking.asked() == ([1], 0.2), "no busy looking"
    asking.assignment.lost = {(TOPIC, 0)}
    asking.now += 0.8
    assert asking.asked_for() == [OTHER, TOPIC], "a seek waits for its position"
