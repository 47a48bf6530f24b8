"""Slices of several partitions written side by side: each partition keeps its order."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.ingest_records import Record
from tests.support.waiting import wait_until_async
from tests.unit.slices.test_pipeline import halted, pipeline_of, slices

from storepulse.slices.consumer import SliceOutcome
from storepulse.slices.pipeline import Pipeline
from storepulse.slices.slice import Slice
from storepulse.slices.writer import Stopping

pytestmark = pytest.mark.usefixtures("left")

Step = tuple[int, int]  # partition, first offset


def step(piece: Slice) -> Step:
    return piece.partition, piece.offsets[0]


def of_partitions(*partitions: int) -> list[Slice]:
    """Slices of one record each, in the order in which they are fetched."""
    following: dict[int, int] = defaultdict(int)
    pieces = []
    for partition in partitions:
        piece = slices(following[partition] + 1)[-1]
        pieces.append(replace(piece, partition=partition))
        following[partition] += 1
    return pieces


class Stream:
    """A Faust stream of slices."""

    def __init__(self, pieces: list[Slice]) -> None:
        self.app = SimpleNamespace(consumer_generation_id=1)
        self.acknowledged: list[Step] = []
        self._pieces = iter(pieces)

    def noack(self) -> Stream:
        return self

    async def events(self) -> AsyncIterator[Any]:
        for piece in self._pieces:
            yield SimpleNamespace(value=piece)
        await asyncio.Event().wait()

    async def ack(self, event: Any) -> None:
        self.acknowledged.append(step(event.value))


class Journal:
    """What lanes did. `act` is called while a slice is being written, on the lane's thread."""

    def __init__(self, act: Callable[[Step], None] = lambda _step: None) -> None:
        self.act = act
        self.begun: list[Step] = []
        self.written: list[Step] = []
        self.most_at_once = 0
        self._now: set[Step] = set()
        self._lock = threading.Lock()

    def lane(self) -> Any:
        return SimpleNamespace(waited_at=0.0, write=self._write)

    def _write(self, prepared: Any, _place: Any, _partitions: Any) -> SliceOutcome:
        mine = step(prepared.slice)
        with self._lock:
            assert mine[0] not in {partition for partition, _ in self._now}, "twice at once"
            self._now.add(mine)
            self.begun.append(mine)
            self.most_at_once = max(self.most_at_once, len(self._now))
        try:
            self.act(mine)
            self.written.append(mine)
        finally:
            with self._lock:
                self._now.discard(mine)
        return SliceOutcome(applied=1)


def waiting_for(event: threading.Event) -> Callable[[Step], None]:
    def wait(_step: Step) -> None:
        assert event.wait(10)

    return wait


def two_lanes(journal: Journal, **changes: Any) -> Pipeline[Any]:
    return pipeline_of(journal.lane(), journal.lane(), **changes)


async def cancel(agent: asyncio.Task[None]) -> None:
    agent.cancel()
    await asyncio.wait([agent])


async def test_two_partitions_are_written_side_by_side(left: list[str]) -> None:
    both = threading.Barrier(2, timeout=10)
    journal = Journal(lambda _step: both.wait() and None)
    stream = Stream(of_partitions(0, 1, 0, 1))
    agent = asyncio.create_task(two_lanes(journal).run(stream))
    await wait_until_async(lambda: len(stream.acknowledged) == 4)
    await cancel(agent)
    assert (journal.most_at_once, left) == (2, [])


async def test_a_partition_that_waits_does_not_hold_up_another(left: list[str]) -> None:
    go_on = threading.Event()

    def wait(mine: Step) -> None:
        assert mine != (0, 0) or go_on.wait(10)

    journal, stream = Journal(wait), Stream(of_partitions(0, 1, 2, 1, 0, 1))
    agent = asyncio.create_task(two_lanes(journal).run(stream))
    await wait_until_async(lambda: stream.acknowledged == [(1, 0), (2, 0), (1, 1)])
    await asyncio.sleep(0.1)
    assert journal.begun == [(0, 0), (1, 0), (2, 0), (1, 1)]
    go_on.set()
    await wait_until_async(lambda: len(stream.acknowledged) == 6)
    await cancel(agent)
    assert [s for s in stream.acknowledged if s[0] == 0] == [(0, 0), (0, 1)]
    assert left == []


@pytest.mark.parametrize("seed", range(8))
async def test_each_partition_is_written_and_acknowledged_in_its_order(
    left: list[str], seed: int
) -> None:
    rnd = random.Random(seed)
    pieces = of_partitions(*(rnd.randrange(4) for _ in range(60)))
    pauses = {step(piece): rnd.choice((0, 0, 0.001, 0.01)) for piece in pieces}
    journal, stream = Journal(lambda mine: time.sleep(pauses[mine])), Stream(pieces)
    agent = asyncio.create_task(two_lanes(journal).run(stream))
    await wait_until_async(lambda: len(stream.acknowledged) == len(pieces))
    await cancel(agent)
    for partition in range(4):
        order = [step(piece) for piece in pieces if piece.partition == partition]
        for done in (journal.begun, journal.written, stream.acknowledged):
            assert [s for s in done if s[0] == partition] == order
    assert journal.most_at_once <= 2
    assert left == []


async def test_after_a_cancelled_agent_the_next_waits_for_what_is_written(left: list[str]) -> None:
    """Faust cancels the agent at a rebalance and starts it again on what is assigned then."""
    go_on = threading.Event()
    journal = Journal(waiting_for(go_on))
    first, pipeline = Stream(of_partitions(0, 1)), two_lanes(journal)
    agent = asyncio.create_task(pipeline.run(first))
    await wait_until_async(lambda: len(journal.begun) == 2)
    await cancel(agent)
    second = Stream(of_partitions(0, 0, 2)[1:])
    agent = asyncio.create_task(pipeline.run(second))
    await asyncio.sleep(0.1)
    assert (len(journal.begun), first.acknowledged) == (2, [])
    go_on.set()
    await wait_until_async(lambda: len(second.acknowledged) == 2)
    await cancel(agent)
    assert sorted(first.acknowledged) == [(0, 0), (1, 0)]
    assert sorted(second.acknowledged) == [(0, 1), (2, 0)]
    assert left == []


async def test_a_stop_waits_for_all_that_is_written_and_begins_nothing(left: list[str]) -> None:
    go_on = threading.Event()
    journal = Journal(waiting_for(go_on))
    stream = Stream(of_partitions(0, 1, 2, 3))
    pipeline = two_lanes(journal)
    agent = asyncio.create_task(pipeline.run(stream))
    await wait_until_async(lambda: len(journal.begun) == 2)
    pipeline.stop()
    draining = asyncio.create_task(pipeline.drain())
    await asyncio.sleep(0.05)
    assert not draining.done()
    go_on.set()
    await draining
    await asyncio.sleep(0.05)
    await cancel(agent)
    assert sorted(stream.acknowledged) == sorted(journal.begun) == [(0, 0), (1, 0)]
    assert left == []


async def test_a_slice_given_up_in_one_lane_ends_both_after_the_other_slice(
    left: list[str],
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def act(mine: Step) -> None:
        if mine[0] == 0:
            assert begun.wait(10)
            raise Stopping
        begun.set()
        assert go_on.wait(10)

    journal, stream = Journal(act), Stream(of_partitions(0, 1, 0, 1, 2))
    pipeline = two_lanes(journal)
    agent = asyncio.create_task(pipeline.run(stream))
    await wait_until_async(lambda: pipeline._is_stopping)
    go_on.set()
    await wait_until_async(lambda: stream.acknowledged == [(1, 0)])
    await asyncio.sleep(0.05)
    await cancel(agent)
    assert (journal.begun, left) == ([(0, 0), (1, 0)], [])


async def test_a_halted_partition_leaves_its_neighbours_alone(left: list[str]) -> None:
    journal, pieces = Journal(), of_partitions(0, 1, 0, 1, 2, 0, 1)
    bad = Record(b"s-1", None)
    pieces[2] = replace(pieces[2], keys=[bad.key], values=[bad.value])
    stream = Stream(pieces)
    agent = asyncio.create_task(two_lanes(journal, dead_letter_halt_minimum=1).run(stream))
    await wait_until_async(lambda: len(stream.acknowledged) == 5)
    await asyncio.sleep(0.1)
    await cancel(agent)
    # Nothing of partition 0 after what was before the halt, everything of the others.
    assert sorted(journal.written) == [(0, 0), (1, 0), (1, 1), (1, 2), (2, 0)]
    assert sorted(stream.acknowledged) == sorted(journal.written)
    assert (halted(0), halted(1), left) == (1, None, [])


async def test_an_unexpected_error_in_one_lane_ends_the_process(left: list[str]) -> None:
    def act(mine: Step) -> None:
        if mine == (1, 0):
            raise ValueError("a bug")

    journal, stream = Journal(act), Stream(of_partitions(0, 1, 1))
    agent = asyncio.create_task(two_lanes(journal).run(stream))
    await wait_until_async(lambda: bool(left))
    await cancel(agent)
    assert (1, 0) not in stream.acknowledged
