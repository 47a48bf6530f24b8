"""Lanes: slices of different partitions are written side by side, those of one in their order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic

from storepulse.slices.consumer import P
from storepulse.slices.writer import PatientWriter

DRAIN_SECONDS = 5


class Lane(Generic[P]):
    """A writer with a thread of its own.

    A cancelled agent leaves the thread running, and the next slice must wait for it instead of
    sharing its connection: `last_task` is that of the slice that came last.
    """

    def __init__(self, name: str, writer: PatientWriter[P]) -> None:
        self.writer = writer
        self.thread = ThreadPoolExecutor(1, f"write-{name}")
        self.last_task: asyncio.Task[None] | None = None
        self.partition = -1

    @property
    def is_busy(self) -> bool:
        return self.last_task is not None and not self.last_task.done()

    @property
    def has_failed(self) -> bool:
        """Whether the slice that came last did not end well."""
        task = self.last_task
        if task is None or not task.done():
            return False
        return task.cancelled() or task.exception() is not None


class Lanes(Generic[P]):
    """The lanes of one consumer, one for each writer."""

    def __init__(self, name: str, writers: Sequence[PatientWriter[P]]) -> None:
        self.lanes = [Lane(name, writer) for writer in writers]

    @property
    def waited_at(self) -> float:
        """When one of the writers last waited for a server."""
        return max(lane.writer.waited_at for lane in self.lanes)

    async def wait_for_lane(self, partition: int) -> Lane[P]:
        """The first lane that is free, once no slice of the partition is being written."""
        while True:
            if any(lane.has_failed for lane in self.lanes):
                # The process is about to end, and a slice after a failed one would be a hole.
                await asyncio.Event().wait()
            busy = [lane for lane in self.lanes if lane.is_busy]
            same = [lane for lane in busy if lane.partition == partition]
            if not same and len(busy) < len(self.lanes):
                return next(lane for lane in self.lanes if not lane.is_busy)
            # Waited for, not awaited: Faust may cancel this agent, but not what is being written.
            tasks = [lane.last_task for lane in same or busy if lane.last_task is not None]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    async def drain(self) -> None:
        """Waits for the slices that are being written, then ends the threads."""
        tasks = [lane.last_task for lane in self.lanes if lane.last_task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        for lane in self.lanes:
            lane.thread.shutdown(wait=False, cancel_futures=True)
