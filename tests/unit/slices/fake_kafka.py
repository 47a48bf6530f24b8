"""A consumer of slices on a fetch layer in memory: logs, positions, commits, assignments.

The consumer, its application and Faust's bookkeeping are the real ones; only the thread that talks
to the broker is replaced, so that a test can let anything happen while a fetch is under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError
from faust.types import TP, ConsumerMessage

from storepulse.slices.driver.faust_app import SliceApp
from storepulse.slices.driver.slice_consumer import SliceConsumer
from storepulse.slices.halts import Halts
from storepulse.slices.slice import Slice

TOPIC = "ingest.test.v1"


def tp(partition: int) -> TP:
    return TP(TOPIC, partition)


def raw(offset: int) -> Any:
    """A record as aiokafka's parser makes it."""
    return SimpleNamespace(
        offset=offset, key=b"k", value=b"v%d" % offset, headers=[], timestamp=1_000 + offset,
        timestamp_type=0,
    )  # fmt: skip


class FakeThread:
    """Stands for Faust's thread with aiokafka's consumer in it."""

    def __init__(self, logs: Mapping[TP, list[int]]) -> None:
        self.logs = dict(logs)
        self.position: dict[TP, int] = dict.fromkeys(logs, 0)
        self.committed: dict[TP, int] = {}
        self.assigned: set[TP] = set(logs)
        self.largest = 5
        self.commits: list[dict[TP, int]] = []
        #: Runs while a fetch is under way, after the positions moved.
        self.meanwhile: Callable[[], Any] | None = None
        #: Whether what runs now runs in the thread.
        self.is_called = False

    async def getmany(self, active: set[TP] | None, timeout: float) -> dict[TP, list[Any]]:  # noqa: ASYNC109 - Faust's name
        del timeout
        found: dict[TP, list[Any]] = {}
        for partition in sorted(active or ()):
            log = self.logs[partition]
            offsets = [o for o in log if o >= self.position[partition]][: self.largest]
            if offsets:
                found[partition] = [raw(o) for o in offsets]
                self.position[partition] = offsets[-1] + 1
        if self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            await happens()
        return found

    async def seek_to_committed(self) -> dict[TP, int]:
        """aiokafka seeks partitions with a committed offset; the others stay where they are."""
        found = {p: self.committed[p] for p in self.assigned if p in self.committed}
        self.position.update(found)
        return found

    async def call_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        self.is_called = True
        try:
            return await function(*arguments)
        finally:
            self.is_called = False

    def seek(self, partition: TopicPartition, offset: int) -> None:
        assert self.is_called, "a fetch may be under way in the thread"
        assert type(partition) is TopicPartition, "Faust's own TP raises in aiokafka"
        self._require(partition)
        self.position[TP(*partition)] = offset

    async def seek_to_beginning(self, *partitions: TopicPartition) -> None:
        for partition in partitions:
            assert type(partition) is TopicPartition, "Faust's own TP raises in aiokafka"
            self._require(partition)
            self.position[TP(*partition)] = min(self.logs[TP(*partition)], default=0)

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        self.commits.append(dict(offsets))
        self.committed.update({p: o for p, o in offsets.items() if p in self.assigned})
        return True

    def assignment(self) -> set[TP]:
        return set(self.assigned)

    def highwater(self, partition: TP) -> int:
        return max(self.logs[partition], default=-1) + 1

    def _require(self, partition: TopicPartition) -> None:
        if TP(*partition) not in self.assigned:
            raise IllegalStateError(f"No current assignment for partition {partition}")


async def _at_once(_seconds: float) -> None:
    return None


class Cluster:
    """A consumer over fake logs, and the ledger that it asks."""

    def __init__(self, logs: Mapping[int, list[int]]) -> None:
        #: First offset that the ledger lacks; no entry: it has no row.
        self.ledger: dict[TP, int] = {}
        self.ledger_away = False
        self.halts = Halts()
        self.app = SliceApp(
            "fake",
            read_positions=self.positions,
            halts=self.halts,
            broker="aiokafka://127.0.0.1:1",
            store="memory://",
            web_enabled=False,
            stream_wait_empty=False,
        )
        self.app.consumer_generation_id = 1
        self.app.topics._acking_topics.add(TOPIC)
        self.consumer: SliceConsumer = self.app._new_consumer()
        self.thread = FakeThread({tp(p): log for p, log in logs.items()})
        # Faust sleeps for a second where nothing is assigned.
        self.consumer.sleep = _at_once
        self.consumer._thread.thread_loop.close()
        self.consumer._thread = self.thread
        self.consumer._set_active_tps(self.thread.assigned)

    async def positions(self, assigned: set[tuple[str, int]]) -> dict[tuple[str, int], int | None]:
        if self.ledger_away:
            raise ConnectionError("the ledger is away")
        return {a: self.ledger.get(TP(*a)) for a in assigned}

    async def fetch(self) -> list[tuple[Slice, ConsumerMessage]]:
        """One round of `getmany`, as Faust's fetcher drains it."""
        found = []
        async for partition, message in self.consumer.getmany(timeout=1.0):
            piece: Any = message.value
            assert partition == TP(piece.topic, piece.partition)
            found.append((piece, message))
        return found

    async def commit(self) -> None:
        """What Faust's commit handler does with the acknowledgements so far."""
        offsets = self.consumer._filter_committable_offsets(list(self.consumer._acked))
        offsets = {p: o for p, o in offsets.items() if p in self.thread.assigned}
        if offsets:
            await self.consumer._commit(offsets)
            self.consumer._committed_offset.update(offsets)

    def revoke(self) -> None:
        """What Faust does when a rebalance begins."""
        self.consumer.stop_flow()
        for partition in self.thread.assigned:
            for state in ("_gap", "_acked", "_acked_index", "_read_offset", "_committed_offset"):
                getattr(self.consumer, state).pop(partition, None)

    async def assign(self, partitions: Iterable[int], seek: bool = True) -> None:
        """What Faust does when it ends: generation, assignment, seek, flow."""
        assigned = {tp(p) for p in partitions}
        for partition in assigned - self.thread.assigned:
            self.thread.position[partition] = self.thread.committed.get(partition, 0)
        self.thread.assigned = assigned
        self.app.consumer_generation_id += 1
        self.consumer._set_active_tps(assigned)
        if seek:
            await self.consumer.perform_seek()
            self.consumer.resume_flow()
