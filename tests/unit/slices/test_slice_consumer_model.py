"""Random fetches, rebalances, acknowledgements and faults against a model of the ledger.

Whatever happens, no record is both not handed on and passed over: a slice continues at or before
what the ledger has, or the log holds records before it and the worker leaves. In the end every
record was applied, once.
"""

from __future__ import annotations

import asyncio
import random

import pytest
from faust.types import TP, ConsumerMessage
from tests.support.generated_records import SEED
from tests.unit.slices.fake_kafka import Cluster, tp

from storepulse.slices.slice import Slice

PARTITIONS = 3
STEPS = 120


class Worker:
    """The agents' side: applies slices in order, acknowledges in the same generation only."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.waiting: list[tuple[Slice, ConsumerMessage]] = []
        self.applied: dict[TP, list[int]] = {partition: [] for partition in cluster.thread.logs}
        self.left = 0

    async def apply(self) -> None:
        """The oldest slice: what the transaction does with it."""
        piece, message = self.waiting.pop(0)
        partition = TP(piece.topic, piece.partition)
        ledger = self.cluster.ledger
        expected = ledger.get(partition, 0)
        new = [o for o in piece.offsets if o >= expected]
        if new and new[0] > expected:
            passed_over = [o for o in self.cluster.thread.logs[partition] if expected <= o < new[0]]
            if passed_over:
                await self.leave()
                return
        if new:
            self.applied[partition] += new
            ledger[partition] = new[-1] + 1
        if piece.generation == self.cluster.app.consumer_generation_id:
            self.cluster.consumer.ack(message)

    async def leave(self) -> None:
        """A hole: the process ends, another one begins."""
        self.left += 1
        self.waiting.clear()
        self.cluster.revoke()
        self.cluster.ledger_away = False
        await self.cluster.assign(range(PARTITIONS))

    def check(self) -> None:
        """Unless the ledger was out of reach, no position is ahead of ledger and slices in hand."""
        thread = self.cluster.thread
        for partition in thread.assigned:
            expected = self.cluster.ledger.get(partition, 0)
            for piece, _ in self.waiting:
                between = range(expected, piece.offsets[0])
                if TP(piece.topic, piece.partition) == partition and not any(
                    o in between for o in thread.logs[partition]
                ):
                    expected = max(expected, piece.end)
            position = thread.position[partition]
            skipped = [o for o in thread.logs[partition] if expected <= o < position]
            assert not skipped, f"{partition}: {skipped} passed over"
            committed = thread.committed.get(partition, 0)
            lost = [
                o
                for o in thread.logs[partition]
                if self.cluster.ledger.get(partition, 0) <= o < committed
            ]
            assert not lost, f"{partition}: {lost} committed and not applied"


def logs(rng: random.Random) -> dict[int, list[int]]:
    """Offsets with gaps here and there, one log beginning late."""
    found = {}
    for partition in range(PARTITIONS):
        first = rng.choice([0, 0, 30])
        found[partition] = [o for o in range(first, first + 80) if rng.random() > 0.1]
    return found


async def rebalance(worker: Worker, rng: random.Random) -> None:
    worker.cluster.revoke()
    if rng.random() < 0.5:
        # Faust clears the agents' buffers; what is being worked on goes on.
        del worker.waiting[1:]
    if rng.random() < 0.3 and worker.waiting:
        await worker.apply()
    await worker.cluster.assign(p for p in range(PARTITIONS) if rng.random() < 0.8)


async def step(worker: Worker, rng: random.Random, faults: bool) -> None:
    cluster = worker.cluster
    action = rng.choices(["fetch", "span", "apply", "commit", "rebalance", "away"],
                         [6, 2, 6, 3, 1, 1 if faults else 0])[0]  # fmt: skip
    cluster.thread.largest = rng.randint(1, 7)
    if action == "fetch":
        worker.waiting += await cluster.fetch()
    elif action == "span":
        whole = rng.random() < 0.5

        async def meanwhile() -> None:
            cluster.revoke()
            if whole:
                await cluster.assign(range(PARTITIONS), seek=rng.random() < 0.5)

        cluster.thread.meanwhile = meanwhile
        worker.waiting += await cluster.fetch()
        cluster.thread.meanwhile = None
        if not cluster.consumer.flow_active:
            await cluster.assign(range(PARTITIONS))
    elif action == "apply" and worker.waiting:
        await worker.apply()
    elif action == "commit":
        await cluster.commit()
    elif action == "rebalance":
        await rebalance(worker, rng)
    elif action == "away":
        cluster.ledger_away = not cluster.ledger_away


@pytest.mark.parametrize("faults", [False, True], ids=["ledger in reach", "ledger comes and goes"])
@pytest.mark.parametrize("run", range(15))
async def test_nothing_is_passed_over(
    run: int, faults: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_pause(_seconds: float) -> None:
        return None

    monkeypatch.setattr(asyncio, "sleep", no_pause)
    print(f"TEST_SEED={SEED}, run {run}")
    rng = random.Random(SEED * 1_000 + run)
    worker = Worker(Cluster(logs(rng)))
    cluster = worker.cluster
    await cluster.consumer.perform_seek()
    for _ in range(STEPS):
        await step(worker, rng, faults)
        if not faults:
            worker.check()
    cluster.ledger_away = False
    cluster.revoke()
    await cluster.assign(range(PARTITIONS))
    while True:
        worker.waiting += await cluster.fetch()
        if not worker.waiting:
            break
        while worker.waiting:
            await worker.apply()
        await cluster.commit()
    assert worker.applied == cluster.thread.logs
    ends = {partition: log[-1] + 1 for partition, log in cluster.thread.logs.items()}
    assert cluster.thread.committed == ends
    if not faults:
        assert worker.left == 0


async def test_the_model_sees_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the driver's seek taken away, the same kind of run must fail."""
    cluster = Cluster({0: list(range(20))})
    worker = Worker(cluster)

    async def nothing() -> None:
        return None

    monkeypatch.setattr(cluster.consumer, "_seek_back", nothing)

    async def meanwhile() -> None:
        cluster.app.consumer_generation_id += 1

    cluster.thread.meanwhile = meanwhile
    worker.waiting += await cluster.fetch()
    assert worker.waiting == []
    with pytest.raises(AssertionError, match="passed over"):
        worker.check()
    assert cluster.thread.position[tp(0)] == 5
