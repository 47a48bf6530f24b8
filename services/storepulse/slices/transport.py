"""A Faust transport that hands over slices: consecutive records of one partition as one event.

Faust keeps its groups, rebalancing, acknowledgement and commit. Ours is what decides whether an
event can get lost:

1. The ledger in PostgreSQL, not Kafka's committed offset, says where a partition continues. After
   every assignment, and whenever fetched records are dropped, each partition is sought to the
   first offset that the ledger lacks, and Kafka's commit is moved there, forwards or backwards.
2. A fetch that spans a rebalance is dropped and sought back, never handed on.
3. Acknowledgements arrive in order, one slice at a time, so the offset to commit is the last one
   plus 1; Faust's search for gaps, which can stall or overrun, is switched off.
4. A slice carries the generation in which it was fetched; the agent acknowledges it in no other.
5. A halted partition is not fetched; whether it still is halted is looked at after each seek.

What is fetched, and when, is `fetching`'s. Written against faust-streaming 0.15.3
(`tests/unit/agents/test_faust_contract.py` fails when what this relies on changes).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import faust
from aiokafka import TopicPartition
from faust.tables import TableManager
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.contracts.event_headers import wire_bytes_of
from storepulse.slices import fetching

log = logger()

#: Given the assigned partitions, the first offset of each that the ledger lacks (None: unknown to
#: the ledger, begin at the beginning). Raises where the ledger is out of reach.
Positions = Callable[[set[tuple[str, int]]], Awaitable[Mapping[tuple[str, int], int | None]]]


class Halted(Protocol):
    """The partitions that are not to be fetched."""

    def __contains__(self, partition: object) -> bool: ...

    def __bool__(self) -> bool: ...

    def lift(
        self, assigned: Collection[tuple[str, int]], positions: Mapping[tuple[str, int], int | None]
    ) -> None:
        """Told after a seek where partitions continue: some may be halted no more."""
        ...


SEEK_ATTEMPTS = 3
SEEK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive records of one partition, in offset order; never empty.

    Timestamps are the broker's, in milliseconds.
    """

    topic: str
    partition: int
    offsets: Sequence[int]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    headers: Sequence[Sequence[tuple[str, bytes]]]
    timestamps: Sequence[int]
    generation: int

    @property
    def end(self) -> int:
        """Offset after the last record."""
        return self.offsets[-1] + 1

    def cut(self, start: int, stop: int) -> Slice:
        """The records from place `start` to before `stop`."""
        part = slice(start, stop)
        return replace(
            self,
            offsets=self.offsets[part],
            keys=self.keys[part],
            values=self.values[part],
            headers=self.headers[part],
            timestamps=self.timestamps[part],
        )

    def size(self, index: int) -> int:
        """Bytes of a record at most, as Kafka counts them: key, value and headers."""
        own = len(self.keys[index] or b"") + len(self.values[index] or b"")
        return own + wire_bytes_of(self.headers[index])


class SliceConsumer(driver.Consumer):
    """Consumer whose messages are slices."""

    positions: Positions
    halted: Halted

    def has_room(self, tp: tuple[str, int]) -> bool:
        """Whether records of a partition would be handed on now. For another thread, too."""
        active = self._active_partitions
        return active is None or tp in active

    def readable_end(self, tp: TP) -> int:
        """The last stable offset as of the last fetch: where open transactions begin, else the
        log's end; 0 before the first fetch."""
        end = self._thread._ensure_consumer().last_stable_offset(tp)
        return max(0, end or 0)

    def is_halted(self, tp: tuple[str, int]) -> bool:
        """Whether nothing of a partition is wanted for now. For another thread, too."""
        return tp in self.halted

    def _get_active_partitions(self) -> set[TP]:
        active: set[TP] = super()._get_active_partitions()
        if self.halted:
            active.difference_update([tp for tp in active if tp in self.halted])
        return active

    async def getmany(
        self,
        timeout: float,  # noqa: ASYNC109 - the name is Faust's
    ) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """Fetches once and yields one message a partition, or seeks back what it cannot hand on."""
        if self.flow_active and not self._get_active_partitions():
            # Faust sleeps for a second, whoever has room meanwhile.
            await self.sleep(fetching.BUSY_SECONDS)
            return
        generation = self.app.consumer_generation_id
        records, active = await self._wait_next_records(timeout)
        if not records or self.should_stop:
            return
        for tp, batch in records.items():
            if not batch:
                continue
            stale = not self.flow_active or self.app.consumer_generation_id != generation
            unwanted = (
                active is not None and tp not in active and tp not in self._buffered_partitions
            )
            if tp in self.halted and not stale:
                # It was under way. Before the partition goes on, it is sought back.
                continue
            if stale or unwanted:
                log.info(
                    "fetch spans a rebalance, seeking back", topic=tp.topic, partition=tp.partition
                )
                await self._seek_back()
                return
            # Each slice follows from where the ledger or the last slice ended; Faust's own idea of
            # the position would drop records that were sought back.
            self._read_offset[tp] = None
            yield tp, self._slice_message(tp, batch, generation)

    def _slice_message(self, tp: TP, batch: list[Any], generation: int) -> ConsumerMessage:
        first, last = batch[0], batch[-1]
        contiguous = last.offset - first.offset == len(batch) - 1
        piece = Slice(
            topic=tp.topic,
            partition=tp.partition,
            offsets=range(first.offset, last.offset + 1)
            if contiguous
            else [r.offset for r in batch],
            keys=[r.key for r in batch],
            values=[r.value for r in batch],
            headers=[r.headers for r in batch],
            timestamps=[r.timestamp for r in batch],
            generation=generation,
        )
        # Faust declares bytes; with raw serializers it hands any value on as it is.
        value: Any = piece
        return ConsumerMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000.0, last.timestamp_type,
            None, None, value, None, None, None, tp, generation_id=generation,
        )  # fmt: skip

    def on_buffer_full(self, tp: TP) -> None:
        """Pauses the whole topic when its stream has enough to do.

        Faust pauses the one partition whose slice came last. Where the others have something at
        every fetch, the stream never falls to the mark at which Faust resumes it: it would starve
        for as long as there is traffic.
        """
        for one in [one for one in self._get_active_partitions() if one.topic == tp.topic]:
            super().on_buffer_full(one)

    def on_buffer_drop(self, tp: TP) -> None:
        """Resumes the topic, as far as it is still assigned."""
        assigned = self.assignment()
        for one in [one for one in self._buffered_partitions if one.topic == tp.topic]:
            if one in assigned:
                super().on_buffer_drop(one)
            else:
                self._buffered_partitions.discard(one)

    async def _seek_back(self) -> None:
        """Undoes a fetch. Where the next rebalance takes the partitions away meanwhile, its own
        seek does it; a position that stays too far ahead is found as a hole."""
        try:
            await self.perform_seek()
        except Exception as error:  # noqa: BLE001 - raised here, it would end the whole consumer
            log.warning("could not seek back", error=repr(error))

    async def perform_seek(self) -> None:
        """Seeks every assigned partition to the first offset that the ledger lacks."""
        await super().perform_seek()
        assigned = {(tp.topic, tp.partition) for tp in self.assignment()}
        self._lift_halts(assigned, {})
        if not assigned:
            return
        for attempt in range(1, SEEK_ATTEMPTS + 1):
            try:
                positions = await asyncio.wait_for(self.positions(assigned), SEEK_SECONDS)
                break
            except Exception as error:  # noqa: BLE001 - whatever it is, committed offsets must do
                log.warning("ledger out of reach for seeking", attempt=attempt, error=repr(error))
                await asyncio.sleep(0.2 * attempt)
        else:
            # The transaction checks each slice against the ledger: a position that is too far
            # ahead is found there as a hole, and the process leaves instead of losing records.
            return
        await self._seek_to(positions)
        self._lift_halts(assigned, positions)

    def _lift_halts(
        self, assigned: set[tuple[str, int]], positions: Mapping[tuple[str, int], int | None]
    ) -> None:
        before = [tp for tp in assigned if tp in self.halted]
        self.halted.lift(assigned, positions)
        for tp in before:
            if tp not in self.halted and TP(*tp) not in self._buffered_partitions:
                self._get_active_partitions().add(TP(*tp))

    async def _seek_to(self, positions: Mapping[tuple[str, int], int | None]) -> None:
        moved: dict[TP, int] = {}
        unknown: list[TopicPartition] = []
        for (topic, partition), position in positions.items():
            tp = TP(topic, partition)
            committed = self._committed_offset.get(tp)
            if position is None:
                unknown.append(TopicPartition(topic, partition))
                self._committed_offset[tp] = None
                continue
            await self._seek(TopicPartition(topic, partition), position)
            self._committed_offset[tp] = position or None
            if position and position != committed:
                moved[tp] = position
        if unknown:
            # One call for all: each waits for a round of requests to the broker.
            await self._thread.seek_to_beginning(*unknown)
        if moved:
            await self._commit(moved)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        reach("slices.before_kafka_commit")
        committed: bool = await super()._commit(offsets)
        reach("slices.after_kafka_commit")
        return committed

    def _new_offset(self, tp: TP) -> int | None:
        """Offset to commit: acknowledgements come in order, so what counts is the last one."""
        acked = self._acked[tp]
        if not acked:
            return None
        newest: int = max(acked)
        acked.clear()
        self._acked_index[tp].clear()
        return newest + 1

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Nothing: a slice accounts for the offsets that it skips."""


class NoTables(TableManager):
    """Faust's keeper of tables, of which there are none.

    Topics are subscribed to once it has started, and a stream that comes later is not read for the
    next 45 s. So Faust's waits for a second here; this waits for the streams themselves.
    """

    async def on_start(self) -> None:
        while not self.should_stop and len(self.app.topics) < len(self.app.agents):
            await self.sleep(0.005)
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()


class SliceTransport(driver.Transport):
    """Transport whose consumer reads slices."""

    Consumer = SliceConsumer


class SliceApp(faust.App):
    """Faust application on the slice transport."""

    def __init__(self, *args: Any, positions: Positions, halted: Halted, **kwargs: Any) -> None:
        self._positions = positions
        self.halted = halted
        super().__init__(*args, TableManager=NoTables, **kwargs)

    def _new_transport(self) -> SliceTransport:
        return SliceTransport(self.conf.broker_consumer, self)

    def _new_consumer(self) -> SliceConsumer:
        consumer = super()._new_consumer()
        assert isinstance(consumer, SliceConsumer)  # noqa: S101 - our transport makes it
        consumer.positions = self._positions
        consumer.halted = self.halted
        fetching.GatheringFetcher.has_room = consumer.has_room
        fetching.GatheringFetcher.is_halted = consumer.is_halted
        return consumer
