"""Write events to disk and report when they are safe there.

`on_done` is called with None only after an fsync that covers every record; one fsync serves all
waiting requests. A single thread writes; `on_done` is called on the event loop. The spool is
bounded by its capacity on disk, and by the events and bytes that wait for the disk. If the disk
fails, waiting requests get 503, and the disk is tried again every second.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter, time_ns
from typing import NamedTuple

from storepulse.adapters import metrics
from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Misconfigured
from storepulse.gateway.spool.records import OVERHEAD, pack
from storepulse.gateway.spool.segments import Segment, SpoolFolder

MIB = 1024 * 1024
SEGMENT_BYTES = 8 * MIB
GROUP_BYTES = 4 * MIB
WAITING_BYTES = 32 * MIB
RETRY_SECONDS = 1.0
PROBE_BYTES = 65_536

OnDone = Callable[[OSError | None], None]


class NoRoom(Exception):
    """The spool takes nothing at the moment; `on_done` is not called."""


class _QueuedRequest(NamedTuple):
    """One request's records on their way to disk."""

    topic: str
    records: Sequence[tuple[bytes, bytes]]
    on_done: OnDone
    size: int


def folder_of(settings: Settings) -> Path:
    """The folder of this gateway's spool."""
    return settings.gateway_spool_dir or (
        settings.home / "spool" / f"gateway-{settings.gateway_port}"
    )


class Spool:
    """The owner of the writing thread. `open` it anywhere, `start` it on the event loop."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.folder = SpoolFolder(path)
        self.max_bytes = max_bytes
        self._segment_bytes = min(SEGMENT_BYTES, max_bytes // 4)
        self._segment: Segment | None = None
        self._descriptor = -1
        self._queue: deque[_QueuedRequest] = deque()
        self._waiting_bytes = 0
        self._wake = threading.Condition()
        self._seal_wanted = False
        self._stopping = False
        self._log = logger()
        self.waiting = 0
        self.fault = ""

    def open(self) -> None:
        """Recover the folder's segments. Raises Misconfigured if the folder cannot be used."""
        try:
            self.folder.open()
        except OSError as error:
            why = f"{self.folder.path}: {error.strerror or error}"
            raise Misconfigured("STOREPULSE_GATEWAY_SPOOL_DIR", why) from None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start to take events."""
        self._loop = loop
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    @property
    def unready_reason(self) -> str:
        """Why events are refused; "" while they are taken."""
        if self.fault:
            return f"the spool's disk refuses: {self.fault}"
        return "the spool is full" if self.folder.size >= self.max_bytes else ""

    def append(
        self, topic: str, records: Sequence[tuple[bytes, bytes]], on_done: OnDone, room: int
    ) -> None:
        """Take one request's records (key, value).

        Raises NoRoom if more than `room` events would wait, or if a limit of the spool is reached.
        """
        count = len(records)
        size = count * (OVERHEAD + len(topic)) + sum(len(key) + len(v) for key, v in records)
        with self._wake:
            waiting_bytes = self._waiting_bytes + size
            if (
                self.fault
                or self._stopping
                or self.waiting + count > room
                or waiting_bytes > WAITING_BYTES
                or self.folder.size + waiting_bytes > self.max_bytes
            ):
                raise NoRoom
            self.waiting += count
            self._waiting_bytes = waiting_bytes
            self._queue.append(_QueuedRequest(topic, records, on_done, size))
            self._wake.notify()

    def take_oldest(self) -> Segment | None:
        """The oldest segment if it is not being written; otherwise None, and its writer closes it
        soon."""
        segment = next(iter(self.folder.segments), None)
        if segment is None:
            return None
        with self._wake:
            if segment is self._segment:
                self._seal_wanted = True
                self._wake.notify()
                return None
        return segment

    def report(self, now: float) -> None:
        """Sets the gauges; `now` in seconds since 1970."""
        folder = self.folder
        oldest = folder.oldest
        metrics.SPOOLED.set(folder.events)
        metrics.SPOOL_BYTES.set(folder.size)
        metrics.SPOOL_RATIO.set(folder.size / self.max_bytes)
        metrics.SPOOL_OLDEST.set(0 if oldest is None else max(0.0, now - oldest / 1000))
        metrics.SPOOL_FAILING.set(int(bool(self.fault)))

    def stop(self) -> None:
        """Write what waits, then release the folder; its files stay."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()
        self.folder.close()

    def _run(self) -> None:
        while True:
            with self._wake:
                if not (self._queue or self._stopping or self._seal_wanted):
                    self._wake.wait(RETRY_SECONDS if self.fault else None)
                group = self._next_group()
                if self._seal_wanted or (self._stopping and not group):
                    self._seal_wanted = False
                    self._seal()
                if self._stopping and not group:
                    return
            if group:
                self._commit(group)
            elif self.fault:
                self._try_disk()

    def _next_group(self) -> list[_QueuedRequest]:
        group: list[_QueuedRequest] = []
        size = 0
        while self._queue and size < GROUP_BYTES:
            group.append(self._queue.popleft())
            size += group[-1].size
        return group

    def _commit(self, group: list[_QueuedRequest]) -> None:
        """Write a group, sync it and notify its requests."""
        accepted_at = time_ns() // 1_000_000
        fault: OSError | None = None
        try:
            self._write(group, accepted_at)
        except Exception as error:  # noqa: BLE001 - a bug costs one group, not the thread
            fault = error if isinstance(error, OSError) else OSError(0, repr(error))
            self._abandon(fault)
        with self._wake:
            self.waiting -= sum(len(waiting.records) for waiting in group)
            self._waiting_bytes -= sum(waiting.size for waiting in group)
        self._loop.call_soon_threadsafe(_settle, group, fault)

    def _write(self, group: list[_QueuedRequest], accepted_at: int) -> None:
        if self._segment is None:
            segment, self._descriptor = self.folder.create()
            with self._wake:
                self._segment = segment
        segment = self._segment
        began = perf_counter()
        data = b"".join(
            pack(segment.mark, accepted_at, topic, key, value)
            for topic, records in ((w.topic.encode(), w.records) for w in group)
            for key, value in records
        )
        rest = memoryview(data)
        reach("gateway.before_spool_write")
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        reach("gateway.after_spool_write")
        reach("gateway.before_spool_fsync")
        os.fsync(self._descriptor)
        reach("gateway.after_spool_fsync")
        metrics.SPOOL_SYNC_SECONDS.observe(perf_counter() - began)
        self.folder.add_records(segment, len(data), sum(len(w.records) for w in group), accepted_at)
        if segment.size >= self._segment_bytes:
            with self._wake:
                self._seal()

    def _seal(self) -> None:
        """Close the segment; the next write opens another. The caller holds the lock."""
        if self._segment is not None:
            os.close(self._descriptor)
            self._segment = None

    def _abandon(self, error: OSError) -> None:
        """Truncate the file after a failed write or fsync, and continue in another one.

        Bytes that cannot be cut off do no harm: the drain stops at `size`. After a crash they would
        be sent, as may happen to any event that was answered 503.
        """
        self._log.error("spool_refused", reason=error.strerror)
        with self._wake:
            self.fault = error.strerror or str(error)
            segment, self._segment = self._segment, None
        if segment is None:
            return
        with suppress(OSError):
            os.ftruncate(self._descriptor, segment.size)
        with suppress(OSError):
            os.close(self._descriptor)
        if not segment.events:
            with suppress(OSError):
                segment.path.unlink()

    def _try_disk(self) -> None:
        probe = self.folder.path / "probe"
        try:
            with probe.open("wb") as file:
                file.write(bytes(PROBE_BYTES))
                file.flush()
                os.fsync(file.fileno())
            probe.unlink()
        except OSError as error:
            self.fault = error.strerror or str(error)
            with suppress(OSError):
                probe.unlink(missing_ok=True)
        else:
            self.fault = ""
            self._log.info("spool_takes_again")


def _settle(group: list[_QueuedRequest], fault: OSError | None) -> None:
    for waiting in group:
        waiting.on_done(fault)
