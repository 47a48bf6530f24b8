"""One consumer's loop: prepare the next slice while this one is written, acknowledge in order."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from time import time
from typing import Any, Generic, NoReturn

from storepulse.adapters import metrics
from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.adapters.settings import Settings
from storepulse.adapters.slices.consumer import Consumer, Outcome, P, Prepared, mostly_bad
from storepulse.adapters.slices.partitions import Partitions
from storepulse.adapters.slices.transport import Slice
from storepulse.adapters.slices.writer import MostlyBad, PatientWriter, Stopping

log = logger()

EXIT_UNEXPECTED = 70
HALTED_LOG_SECONDS = 30
DRAIN_SECONDS = 5


def leave(reason: str, **context: Any) -> NoReturn:
    """Ends the process at once, acknowledging nothing; the supervisor starts it again."""
    log.critical("leaving the process", reason=reason, **context)
    os._exit(EXIT_UNEXPECTED)


class Pipeline(Generic[P]):
    """Reads one topic's slices. At most one is being prepared and one being written."""

    def __init__(
        self,
        settings: Settings,
        consumer: Consumer[P],
        writer: PatientWriter[P],
        partitions: Partitions,
    ) -> None:
        self.name = consumer.name
        self._settings = settings
        self._consumer = consumer
        self._writer = writer
        self._partitions = partitions
        # A thread each: a cancelled agent leaves its thread running, and the next slice must wait
        # for it instead of sharing its connection.
        self._preparing = ThreadPoolExecutor(1, f"prepare-{self.name}")
        self._writing = ThreadPoolExecutor(1, f"write-{self.name}")
        self._last: asyncio.Task[None] | None = None
        self._stopping = False
        self._halted = False
        self._moved_at = time()

    @property
    def moved_at(self) -> float:
        """When this last finished a slice, had none to do, or waited for a server or a person."""
        return max(self._moved_at, self._writer.waited_at)

    def idle(self) -> None:
        """Notes that there is nothing to do."""
        self._moved_at = time()

    async def run(self, stream: Any) -> None:
        """The agent: a Faust stream whose events are slices."""
        async for event in stream.noack().events():
            prepared = await self._prepare(event.value)
            if mostly_bad(prepared, self._settings):
                await self._halt(prepared)
            if self._last is not None:
                # Shielded: Faust may cancel this agent, but not what is being written.
                await asyncio.shield(self._last)
            if self._stopping:
                # A slice after one that was given up would be a hole.
                await asyncio.Event().wait()
            self._last = asyncio.create_task(self._apply(stream, event, prepared))

    async def _prepare(self, piece: Slice) -> P:
        """Prepares a slice. Never raises: Faust would go on with the next slice after this one."""
        loop = asyncio.get_running_loop()
        try:
            with metrics.SLICE_SECONDS.labels(self.name, "decode").time():
                return await loop.run_in_executor(self._preparing, self._consumer.prepare, piece)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # A slice that is passed over is a loss: either this process ends, or it is about to.
            if self._stopping:
                raise asyncio.CancelledError from error  # the executor is shut down
            leave("unexpected error", error=repr(error), stream=self.name)

    async def _apply(self, stream: Any, event: Any, prepared: P) -> None:
        """Writes a slice and acknowledges it. Never raises: it ends well, or the process ends."""
        piece = prepared.slice
        loop = asyncio.get_running_loop()
        try:
            place = self._partitions.place(piece.topic, piece.partition)
            outcome = await loop.run_in_executor(
                self._writing, self._writer.write, prepared, place, self._partitions
            )
            self._observe(outcome)
            reach("slices.before_ack")
            if piece.generation == stream.app.consumer_generation_id:
                await stream.ack(event)
        except Stopping:
            self._stopping = True
        except MostlyBad as error:
            await self._halt(error.prepared)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, nothing may be acknowledged
            leave("unexpected error", error=repr(error), stream=self.name)

    def _observe(self, outcome: Outcome) -> None:
        self._moved_at = time()
        name = self.name
        metrics.SLICES.labels(name, "applied").inc()
        for kind in ("applied", "duplicate", "conflict", "dead", "redelivered"):
            metrics.EVENTS_PROCESSED.labels(name, kind).inc(getattr(outcome, kind))
        for stage, records in outcome.dead_by_stage.items():
            metrics.DEAD_LETTERS.labels(name, stage).inc(records)
        if outcome.newest_received_ms is not None:
            metrics.FRESHNESS.labels(name).set(self._moved_at - outcome.newest_received_ms / 1000)

    async def _halt(self, prepared: Prepared) -> NoReturn:
        """A bad deployment must not empty a topic into the dead letters: wait for a person."""
        self._halted = True
        metrics.AGENT_HALTED.labels(self.name).set(1)
        while True:
            self._moved_at = time()
            log.critical(
                "halted: most of a slice is bad",
                stream=self.name,
                bad=len(prepared.dead),
                records=len(prepared.slice.offsets),
                reason=prepared.dead[-1].message or prepared.dead[-1].reason,
                remedy="repair the producer or the schema and restart, or raise"
                " STOREPULSE_DEAD_LETTER_HALT_RATIO to 1 to set them aside",
            )
            await asyncio.sleep(HALTED_LOG_SECONDS)

    def stop(self) -> None:
        """Begins no further slice."""
        self._stopping = True

    async def drain(self) -> None:
        """Waits for the slice that is being written."""
        if self._last is not None and not self._halted:
            await asyncio.wait([self._last], timeout=DRAIN_SECONDS)
        self._writing.shutdown(wait=False, cancel_futures=True)
        self._preparing.shutdown(wait=False, cancel_futures=True)
