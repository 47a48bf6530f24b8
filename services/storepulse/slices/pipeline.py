"""One consumer's loop: prepare the next slice while others are written, acknowledge in order.

Slices of different partitions may be written concurrently in lanes, each a thread with its own
connection. One partition has one slice in flight, so its slices are written and acknowledged in
order. While one lane waits for the database, the other lanes can work. Slices of a halted partition
are dropped here without acknowledgement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import time
from typing import Any, Generic

from storepulse.adapters import metrics
from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Transient
from storepulse.slices.consumer import Consumer, P, SliceOutcome, find_undecodable
from storepulse.slices.freshness import Freshness
from storepulse.slices.halts import Halts, halt_of, is_mostly_bad
from storepulse.slices.lanes import Lane, Lanes
from storepulse.slices.partitions import Partitions
from storepulse.slices.process_exit import leave
from storepulse.slices.slice import Slice
from storepulse.slices.writer import PatientWriter, Stopping

log = logger()

LEDGER_PAUSE_SECONDS = 1.0


class Pipeline(Generic[P]):
    """Reads one topic's slices.

    At most one is being prepared, and at most one is being written per lane and per partition.
    """

    def __init__(
        self,
        settings: Settings,
        consumer: Consumer[P],
        writers: Sequence[PatientWriter[P]],
        partitions: Partitions,
        halts: Halts,
    ) -> None:
        """`writers`: one per lane. `halts`: those of the process."""
        self.name = consumer.name
        self._settings = settings
        self._consumer = consumer
        self._partitions = partitions
        self._halts = halts
        self.freshness = Freshness(consumer.name)
        self._prepare_thread = ThreadPoolExecutor(1, f"prepare-{self.name}")
        self._lanes = Lanes(self.name, writers)
        self._is_stopping = False
        self._moved_at = time()

    @property
    def moved_at(self) -> float:
        """When this last finished (part of) a slice, was idle, or waited for a server."""
        return max(self._moved_at, self._lanes.waited_at)

    def mark_idle(self) -> None:
        """Note that there is nothing to do."""
        self._moved_at = time()

    async def run(self, stream: Any) -> None:
        """Run the agent on a Faust stream whose events are slices.

        Never raises: Faust would restart the agent after the failed slice.
        """
        try:
            async for event in stream.noack().events():
                await self._take(stream, event)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, a slice may be passed over
            leave("unexpected error", error=repr(error), stream=self.name)

    async def _take(self, stream: Any, event: Any) -> None:
        piece: Slice = event.value
        self.freshness.begin(piece)
        if (piece.topic, piece.partition) in self._halts:
            return
        prepared = await self._prepare(piece)
        if await self._must_halt(prepared):
            self._halts.add(halt_of(self.name, prepared))
            return
        lane = await self._lanes.wait_for_lane(piece.partition)
        if self._is_stopping:
            # A slice after an abandoned one would leave a hole.
            await asyncio.Event().wait()
        lane.partition = piece.partition
        lane.last_task = asyncio.create_task(self._apply(stream, event, prepared, lane))

    async def _must_halt(self, prepared: P) -> bool:
        """Whether the slice's partition must halt.

        Waits for PostgreSQL if the decision depends on an earlier halt.
        """
        if not find_undecodable(prepared):
            return False
        if is_mostly_bad(prepared, self._settings):
            return True
        piece = prepared.slice
        source = self._partitions.source_of(piece.topic, piece.partition)
        while True:
            try:
                halted_offsets = await asyncio.to_thread(
                    self._partitions.read_halted_offsets, source
                )
            except Transient as error:
                log.warning("waiting for a fault to pass", stream=self.name, reason=str(error))
                self.mark_idle()
                await asyncio.sleep(LEDGER_PAUSE_SECONDS)
                continue
            return is_mostly_bad(prepared, self._settings, halted_offsets)

    async def _prepare(self, piece: Slice) -> P:
        """Prepare a slice. Never raises: Faust would continue with the next slice."""
        loop = asyncio.get_running_loop()
        try:
            with metrics.SLICE_SECONDS.labels(self.name, "decode").time():
                return await loop.run_in_executor(
                    self._prepare_thread, self._consumer.prepare, piece
                )
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # A skipped slice would be lost: either this process ends now, or it is stopping.
            if self._is_stopping:
                raise asyncio.CancelledError from error  # the executor is shut down
            leave("unexpected error", error=repr(error), stream=self.name)

    async def _apply(self, stream: Any, event: Any, prepared: P, lane: Lane[P]) -> None:
        """Write a slice and acknowledge it. Never raises: other errors end the process."""
        piece = prepared.slice
        loop = asyncio.get_running_loop()
        try:
            source = self._partitions.source_of(piece.topic, piece.partition)
            outcome = await loop.run_in_executor(
                lane.thread, lane.writer.write, prepared, source, self._partitions
            )
            self._observe(outcome)
            self.freshness.finish(piece, outcome.newest_received_ms)
            reach("slices.before_ack")
            if piece.generation == stream.app.consumer_generation_id:
                await stream.ack(event)
        except Stopping:
            self._is_stopping = True
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, nothing may be acknowledged
            leave("unexpected error", error=repr(error), stream=self.name)

    def _observe(self, outcome: SliceOutcome) -> None:
        self._moved_at = time()
        name = self.name
        metrics.SLICES.labels(name, "applied").inc()
        for kind in ("applied", "duplicate", "conflict", "dead", "redelivered"):
            metrics.EVENTS_PROCESSED.labels(name, kind).inc(getattr(outcome, kind))
        for stage, records in outcome.dead_by_stage.items():
            metrics.DEAD_LETTERS.labels(name, stage).inc(records)

    def stop(self) -> None:
        """Start no further slice."""
        self._is_stopping = True

    async def drain(self) -> None:
        """Wait for the slices that are being written, then end the threads."""
        await self._lanes.drain()
        self._prepare_thread.shutdown(wait=False, cancel_futures=True)
