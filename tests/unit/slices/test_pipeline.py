"""The agent's loop: order, acknowledgement, and what ends the process instead of raising."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.ingest_records import NOW_MS, Record, record
from tests.support.waiting import wait_until_async

from storepulse.adapters import metrics
from storepulse.adapters.settings import Settings
from storepulse.agents.preparation import DecodedSlice, prepare
from storepulse.contracts.schemas import schema_of
from storepulse.domain.errors import Transient
from storepulse.slices import pipeline as module
from storepulse.slices.consumer import Consumer, SliceOutcome
from storepulse.slices.halts import Halts
from storepulse.slices.ledger import Hole
from storepulse.slices.pipeline import Pipeline
from storepulse.slices.slice import Slice
from storepulse.slices.writer import Stopping

pytestmark = pytest.mark.usefixtures("left")


class Stream:
    """A Faust stream of slices; `acknowledged` are first offsets."""

    def __init__(self, slices: list[Slice]) -> None:
        self.app = SimpleNamespace(consumer_generation_id=1)
        self.acknowledged: list[int] = []
        self._slices = slices

    def noack(self) -> Stream:
        return self

    async def events(self) -> AsyncIterator[Any]:
        for piece in self._slices:
            yield SimpleNamespace(value=piece)
        await asyncio.Event().wait()

    async def ack(self, event: Any) -> None:
        self.acknowledged.append(event.value.offsets[0])


class Writer:
    """Records what is written; `act` may raise or wait."""

    def __init__(self, act: Callable[[int], None] = lambda _first: None) -> None:
        self.waited_at = 0.0
        self.written: list[int] = []
        self.at_once = 0
        self._act = act
        self._lock = threading.Lock()

    def write(self, prepared: Any, _place: Any, _partitions: Any) -> SliceOutcome:
        assert self._lock.acquire(blocking=False), "two slices are written at once"
        try:
            first = prepared.slice.offsets[0]
            self._act(first)
            self.written.append(first)
            return SliceOutcome(applied=1)
        finally:
            self._lock.release()


def slices(count: int, generation: int = 1, record_: Record | None = None) -> list[Slice]:
    r = record_ or record("landing", 1)
    return [
        Slice("t", 0, range(n, n + 1), [r.key], [r.value], [r.headers], [NOW_MS], generation)
        for n in range(count)
    ]


def decode(piece: Slice) -> DecodedSlice:
    return prepare(piece, schema_of("landing"))


def pipeline_of(
    *writers: Writer, prepare: Callable[[Slice], DecodedSlice] = decode, **changes: Any
) -> Pipeline[DecodedSlice]:
    """A pipeline with a lane for each writer."""
    partitions: Any = SimpleNamespace(
        source_of=lambda topic, partition: (topic, partition),
        read_halted_offsets=lambda _source: None,
    )
    stand_ins: Any = writers
    consumer = Consumer("landing", "t", prepare, lambda _session: stand_ins[0])
    return Pipeline(Settings(**changes), consumer, stand_ins, partitions, Halts())


async def run(pipeline: Pipeline[Any], stream: Stream, holds: Callable[[], bool]) -> None:
    """The agent, until something holds; then it is cancelled, as Faust does."""
    agent = asyncio.create_task(pipeline.run(stream))
    await wait_until_async(lambda: holds() or agent.done(), seconds=20)
    agent.cancel()
    await asyncio.wait([agent])
    await pipeline.drain()
    for lane in pipeline._lanes.lanes:
        if lane.last_task is not None and lane.last_task.done() and not lane.last_task.cancelled():
            lane.last_task.exception()
    if not agent.cancelled():
        agent.exception()
    assert holds()


async def test_slices_are_written_in_order_and_acknowledged_afterwards(left: list[str]) -> None:
    stream, writer = Stream(slices(6)), Writer()
    await run(pipeline_of(writer), stream, lambda: len(stream.acknowledged) == 6)
    assert writer.written == stream.acknowledged == [0, 1, 2, 3, 4, 5]
    assert left == []


async def test_a_slice_of_another_generation_is_written_and_not_acknowledged() -> None:
    stream, writer = Stream([*slices(2, generation=0), *slices(1)]), Writer()
    await run(pipeline_of(writer), stream, lambda: bool(stream.acknowledged))
    assert (writer.written, stream.acknowledged) == ([0, 1, 0], [0])


async def test_a_rebalance_while_it_is_written_takes_the_acknowledgement_away() -> None:
    stream = Stream(slices(1))

    def rebalance(_first: int) -> None:
        stream.app.consumer_generation_id = 2

    writer = Writer(rebalance)
    await run(pipeline_of(writer), stream, lambda: writer.written == [0])
    assert stream.acknowledged == []


@pytest.mark.parametrize(
    "error", [Hole("a hole"), ValueError("a bug"), KeyError("x"), SystemExit()]
)
async def test_what_is_unexpected_ends_the_process(left: list[str], error: BaseException) -> None:
    def fail(_first: int) -> None:
        raise error

    stream, writer = Stream(slices(3)), Writer(fail)
    await run(pipeline_of(writer), stream, lambda: bool(left))
    assert len(left) == 1
    assert (writer.written, stream.acknowledged) == ([], [])


async def test_an_error_between_the_steps_ends_the_process(
    left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faust would restart the agent at the next slice, and acknowledge past this one."""

    def fail(*_: object) -> bool:
        raise TypeError("a bug")

    monkeypatch.setattr(module, "find_undecodable", fail)
    stream, writer = Stream(slices(3)), Writer()
    await run(pipeline_of(writer), stream, lambda: bool(left))
    assert len(left) == 1
    assert (writer.written, stream.acknowledged) == ([], [])


@pytest.mark.parametrize("error", [ValueError("a bug"), BaseException("a panic")])
async def test_an_error_in_decoding_ends_the_process(left: list[str], error: BaseException) -> None:
    def fail(_piece: Slice) -> DecodedSlice:
        raise error

    stream = Stream(slices(2))
    await run(pipeline_of(Writer(), prepare=fail), stream, lambda: bool(left))
    assert stream.acknowledged == []


async def test_an_unknown_partition_ends_the_process(left: list[str]) -> None:
    pipeline = pipeline_of(Writer())
    pipeline._partitions = SimpleNamespace(source_of={}.__getitem__)  # type: ignore[assignment]
    await run(pipeline, Stream(slices(2)), lambda: bool(left))


async def test_stopping_gives_a_slice_up_and_begins_no_other(left: list[str]) -> None:
    asked: list[int] = []

    def stop(first: int) -> None:
        asked.append(first)
        raise Stopping

    stream, writer = Stream(slices(4)), Writer(stop)
    pipeline = pipeline_of(writer)
    agent = asyncio.create_task(pipeline.run(stream))
    await asyncio.sleep(0.3)
    assert (asked, stream.acknowledged, left) == ([0], [], [])
    agent.cancel()
    await asyncio.wait([agent])


async def test_a_stop_while_slices_are_waiting_leaves_nothing_half_done(left: list[str]) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait(_first: int) -> None:
        begun.set()
        assert go_on.wait(5)

    stream, writer = Stream(slices(9)), Writer(wait)
    pipeline = pipeline_of(writer)
    agent = asyncio.create_task(pipeline.run(stream))
    assert await asyncio.to_thread(begun.wait, 5)
    pipeline.stop()
    draining = asyncio.create_task(pipeline.drain())
    await asyncio.sleep(0.05)
    assert not draining.done()
    go_on.set()
    await draining
    await asyncio.sleep(0.05)
    agent.cancel()
    await asyncio.wait([agent])
    # What was being written is acknowledged, and that is all.
    assert (writer.written, stream.acknowledged, left) == ([0], [0], [])


async def test_a_cancelled_agent_does_not_cancel_what_is_written(left: list[str]) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait(_first: int) -> None:
        begun.set()
        assert go_on.wait(5)

    stream, writer = Stream(slices(3)), Writer(wait)
    pipeline = pipeline_of(writer)
    agent = asyncio.create_task(pipeline.run(stream))
    assert await asyncio.to_thread(begun.wait, 5)
    await asyncio.sleep(0.05)
    agent.cancel()
    await asyncio.wait([agent])
    go_on.set()
    await pipeline.drain()
    assert (writer.written, stream.acknowledged, left) == ([0], [0], [])


def halted(partition: int = 0) -> float | None:
    labels = {"stream": "landing", "partition": str(partition)}
    return metrics.REGISTRY.get_sample_value("storepulse_agent_halted", labels)


async def test_a_mostly_bad_slice_halts_after_the_one_before(left: list[str]) -> None:
    bad = slices(3, record_=Record(b"s-1", None))
    stream, writer = Stream([*slices(1), *bad]), Writer()
    pipeline = pipeline_of(writer, dead_letter_halt_minimum=1)
    await run(pipeline, stream, lambda: bool(pipeline._halts) and stream.acknowledged == [0])
    assert (writer.written, stream.acknowledged, left) == ([0], [0], [])
    (halt,) = pipeline._halts
    assert halted() == 1
    assert (halt.lower, halt.upper, halt.bad, halt.records) == (0, 1, 1, 1)
    assert "t[0] is halted at offset 0: 1 of 1 records do not decode (the value is null)" in (
        halt.message
    )
    assert "STOREPULSE_DEAD_LETTER_HALT_RATIO=1" in halt.message


async def test_what_was_halted_before_halts_again_among_good_records(left: list[str]) -> None:
    good, bad = record("landing", 1), Record(b"s-1", None)
    piece = Slice(
        "t", 0, range(4), [r.key for r in (bad, good, good, good)],
        [r.value for r in (bad, good, good, good)], [[]] * 4, [NOW_MS] * 4, 1,
    )  # fmt: skip
    asked: list[object] = []

    def known(place: object) -> tuple[int, int]:
        asked.append(place)
        if len(asked) == 1:
            raise Transient("PostgreSQL: away")
        return 0, 1

    stream, writer = Stream([piece]), Writer()
    pipeline = pipeline_of(writer)
    pipeline._partitions.read_halted_offsets = known  # type: ignore[method-assign]
    await run(pipeline, stream, lambda: bool(pipeline._halts))
    assert (writer.written, left, len(asked)) == ([], [], 2)


async def test_a_few_bad_records_are_for_the_writer(left: list[str]) -> None:
    stream, writer = Stream(slices(2, record_=Record(b"s-1", None))), Writer()
    await run(pipeline_of(writer), stream, lambda: stream.acknowledged == [0, 1])
    assert left == []


def test_waiting_for_a_server_counts_as_moving() -> None:
    writer = Writer()
    pipeline = pipeline_of(writer)
    writer.waited_at = 4e9
    assert pipeline.moved_at == 4e9
