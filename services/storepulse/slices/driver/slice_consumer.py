"""Faust's consumer, which delivers slices: a partition's consecutive records as one message.

What decides whether an event can be lost:

1. The ledger in PostgreSQL, not Kafka's committed offset, decides where a partition continues.
   After every assignment, and whenever fetched records are dropped, each partition is sought to
   the first offset that is not in the ledger, and Kafka's committed offset is set to it, forwards
   or backwards.
2. A fetch that spans a rebalance is dropped and sought back, never delivered.
3. Acknowledgements arrive in order, one slice at a time, so the offset to commit is the last one
   plus 1. Faust's search for gaps, which can stall or overrun, is disabled.
4. A slice has the generation in which it was fetched. The agent acknowledges it in no other.
5. A halted partition is not fetched. Each seek checks whether it is still halted.

`fetching` decides what is fetched, and when.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from typing import Any, Protocol

import aiokafka
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.slices.driver import fetching
from storepulse.slices.slice import TopicPartition, slice_of

log = logger()

#: By partition, the first offset that is not in the ledger. None: the ledger does not know the
#: partition, which is read from its beginning.
Positions = Mapping[TopicPartition, int | None]
#: Reads the positions of the assigned partitions. Raises if the ledger is unavailable.
ReadPositions = Callable[[set[TopicPartition]], Awaitable[Positions]]

SEEK_ATTEMPTS = 3
SEEK_SECONDS = 10.0


class HaltedPartitions(Protocol):
    """The partitions that must not be fetched."""

    def __contains__(self, partition: object) -> bool: ...

    def __bool__(self) -> bool: ...

    def lift(self, assigned: Collection[TopicPartition], positions: Positions) -> None:
        """Lift halts that have ended; called after a seek with where partitions continue."""
        ...


class SliceConsumer(driver.Consumer):
    """Consumer whose messages are slices."""

    read_positions: ReadPositions
    halts: HaltedPartitions

    def has_room(self, tp: TopicPartition) -> bool:
        """Whether records of a partition would be delivered now. Safe on another thread."""
        active = self._active_partitions
        return active is None or tp in active

    def readable_end(self, tp: TP) -> int:
        """Return the last stable offset as of the last fetch; 0 before the first one.

        It is where open transactions begin, or the end of the log.
        """
        end = self._thread._ensure_consumer().last_stable_offset(tp)
        return max(0, end or 0)

    def is_halted(self, tp: TopicPartition) -> bool:
        """Whether a partition must not be fetched now. Safe on another thread."""
        return tp in self.halts

    def _get_active_partitions(self) -> set[TP]:
        active: set[TP] = super()._get_active_partitions()
        if self.halts:
            active.difference_update([tp for tp in active if tp in self.halts])
        return active

    async def getmany(
        self,
        timeout: float,  # noqa: ASYNC109 - the name is Faust's
    ) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """Fetch once and yield one message per partition, or seek back what cannot be delivered."""
        if self.flow_active and not self._get_active_partitions():
            # Faust would sleep for a second, even if a partition gets room meanwhile.
            await self.sleep(fetching.BUSY_SECONDS)
            return
        generation = self.app.consumer_generation_id
        records_by_partition, active = await self._wait_next_records(timeout)
        if not records_by_partition or self.should_stop:
            return
        for tp, records in records_by_partition.items():
            if not records:
                continue
            is_stale = not self.flow_active or self.app.consumer_generation_id != generation
            is_unwanted = (
                active is not None and tp not in active and tp not in self._buffered_partitions
            )
            if tp in self.halts and not is_stale:
                # The fetch was in flight. The partition is sought back before it continues.
                continue
            if is_stale or is_unwanted:
                log.info(
                    "fetch spans a rebalance, seeking back", topic=tp.topic, partition=tp.partition
                )
                await self._seek_back()
                return
            # Each slice continues where the ledger or the last slice ended. Faust's own position
            # would drop records that were sought back.
            self._read_offset[tp] = None
            yield tp, self._message_of(tp, records, generation)

    def _message_of(self, tp: TP, records: list[Any], generation: int) -> ConsumerMessage:
        last = records[-1]
        # Faust declares bytes; with raw serializers it passes any value on unchanged.
        value: Any = slice_of(tp, records, generation)
        return ConsumerMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000.0, last.timestamp_type,
            None, None, value, None, None, None, tp, generation_id=generation,
        )  # fmt: skip

    def on_buffer_full(self, tp: TP) -> None:
        """Pause the whole topic when its stream is full.

        Faust pauses only the partition of the last slice. If the others have records at every
        fetch, the stream never falls to the mark at which Faust resumes that partition, which would
        starve for as long as there is traffic.
        """
        for active in [a for a in self._get_active_partitions() if a.topic == tp.topic]:
            super().on_buffer_full(active)

    def on_buffer_drop(self, tp: TP) -> None:
        """Resume the partitions of the topic that are still assigned."""
        assigned = self.assignment()
        for paused in [p for p in self._buffered_partitions if p.topic == tp.topic]:
            if paused in assigned:
                super().on_buffer_drop(paused)
            else:
                self._buffered_partitions.discard(paused)

    async def _seek_back(self) -> None:
        """Undo a fetch.

        If a rebalance revokes the partitions meanwhile, its own seek does this. A position that
        stays too far ahead is found as a hole.
        """
        try:
            await self.perform_seek()
        except Exception as error:  # noqa: BLE001 - raised here, it would end the whole consumer
            log.warning("could not seek back", error=repr(error))

    async def perform_seek(self) -> None:
        """Seek every assigned partition to the first offset that is not in the ledger."""
        await super().perform_seek()
        assigned = {(tp.topic, tp.partition) for tp in self.assignment()}
        self._lift_halts(assigned, {})
        if not assigned:
            return
        for attempt in range(1, SEEK_ATTEMPTS + 1):
            try:
                positions = await asyncio.wait_for(self.read_positions(assigned), SEEK_SECONDS)
                break
            except Exception as error:  # noqa: BLE001 - whatever it is, committed offsets must do
                log.warning("ledger out of reach for seeking", attempt=attempt, error=repr(error))
                await asyncio.sleep(0.2 * attempt)
        else:
            # Each transaction checks its slice against the ledger: a position that is too far ahead
            # is found there as a hole, and the process exits instead of losing records.
            return
        await self._seek_to(positions)
        self._lift_halts(assigned, positions)

    def _lift_halts(self, assigned: set[TopicPartition], positions: Positions) -> None:
        halted_before = [tp for tp in assigned if tp in self.halts]
        self.halts.lift(assigned, positions)
        for tp in halted_before:
            if tp not in self.halts and TP(*tp) not in self._buffered_partitions:
                self._get_active_partitions().add(TP(*tp))

    async def _seek_to(self, positions: Positions) -> None:
        commits: dict[TP, int] = {}
        sought: dict[aiokafka.TopicPartition, int] = {}
        without_position: list[aiokafka.TopicPartition] = []
        for (topic, partition), position in positions.items():
            tp = TP(topic, partition)
            committed = self._committed_offset.get(tp)
            if position is None:
                without_position.append(aiokafka.TopicPartition(topic, partition))
                self._committed_offset[tp] = None
                continue
            sought[aiokafka.TopicPartition(topic, partition)] = position
            self._committed_offset[tp] = position or None
            if position and position != committed:
                commits[tp] = position
        # Seek on aiokafka's thread. Faust seeks on this one and drops a partition's fetched records
        # while the other thread may be taking them, which ends the process.
        await self._thread.call_thread(self._seek_in_thread, sought)
        if without_position:
            # One call for all, because each call waits for a round of requests to the broker.
            await self._thread.seek_to_beginning(*without_position)
        if commits:
            await self._commit(commits)

    async def _seek_in_thread(self, sought: Mapping[aiokafka.TopicPartition, int]) -> None:
        for partition, position in sought.items():
            self._thread.seek(partition, position)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        reach("slices.before_kafka_commit")
        committed: bool = await super()._commit(offsets)
        reach("slices.after_kafka_commit")
        return committed

    def _new_offset(self, tp: TP) -> int | None:
        """Return the offset to commit: acknowledgements come in order, so the last one counts."""
        acked = self._acked[tp]
        if not acked:
            return None
        newest: int = max(acked)
        acked.clear()
        self._acked_index[tp].clear()
        return newest + 1

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Do nothing: a slice accounts for the offsets that it skips."""

    async def verify_all_partitions_active(self) -> None:
        """Do nothing: our own metrics show stalled partitions.

        Faust's check asks for positions that are unknown during a rebalance, and its error would
        end the consumer.
        """
