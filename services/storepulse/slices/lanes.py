"""Lanes: slices of different partitions are written concurrently, those of one in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic

from storepulse.slices.consumer import P
from storepulse.slices.writer import PatientWriter

DRAIN_SECONDS = 5


class Lane(Generic[P]):
    """A writer with its own thread.

    A cancelled agent leaves the thread running. The next slice must wait for it instead of sharing
    its connection, so `last_task` keeps the task of the last slice.
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
        """Whether the last slice failed or was cancelled."""
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
        """When a writer last waited for a server."""
        return max(lane.writer.waited_at for lane in self.lanes)

    async def wait_for_lane(self, partition: int) -> Lane[P]:
        """Return the first free lane, once no slice of the partition is being written."""
        while True:
            if any(lane.has_failed for lane in self.lanes):
                # The process is about to end, and a slice after a failed one would leave a hole.
                await asyncio.Event().wait()
            busy = [lane for lane in self.lanes if lane.is_busy]
            same = [lane for lane in busy if lane.partition == partition]
            if not same and len(busy) < len(self.lanes):
                return next(lane for lane in self.lanes if not lane.is_busy)
            # `wait` does not cancel the tasks: Faust may cancel this agent, but not a write.
            tasks = [lane.last_task for lane in same or busy if lane.last_task is not None]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    async def drain(self) -> None:
        """Wait for the slices that are being written, then end the threads."""
        tasks = [lane.last_task for lane in self.lanes if lane.last_task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        for lane in self.lanes:
            lane.thread.shutdown(wait=False, cancel_futures=True)
