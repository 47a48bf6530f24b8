"""The spool's folder: numbered segment files, their recovery and their size.

`<number>-<mark>.spool` is a segment. A `.kept` file is a segment that held damage: its readable
records are in Kafka, and the file stays for an operator. Only one gateway uses a folder. Nothing
here is called on the event loop; the lock lets the writer and the drain share the list.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from storepulse.adapters import metrics
from storepulse.adapters.failpoints import reach
from storepulse.adapters.logging import logger
from storepulse.gateway.spool.records import Scan, scan

_NAME = re.compile(r"(\d{12})-([0-9a-f]{8})\.(spool|kept)")
LOCK_SECONDS = 15.0
_LOCK_PAUSE_SECONDS = 0.1


class InUse(OSError):
    """Another gateway uses the folder."""


@dataclass
class Segment:
    """One file.

    `size`: the valid bytes; bytes after them belong to no accepted event. `sent`: how many of its
    records Kafka has, from the first on; kept in memory only.
    """

    path: Path
    mark: int
    size: int = 0
    events: int = 0
    oldest: int = 0
    damaged: int = 0
    sent: int = 0


class SpoolFolder:
    """The owner of the files: `segments`, oldest first, with their total `events` and `size` in
    bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.segments: list[Segment] = []
        self.events = 0
        self.size = 0
        self._lock = threading.Lock()
        self._number = 0
        self._log = logger()

    def open(self, lock_seconds: float = LOCK_SECONDS) -> None:
        """Lock the folder and recover what an earlier process left. Raises OSError."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _wait_for(self._held, lock_seconds)
        self._directory = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for path in sorted(self.path.iterdir()):
            match = _NAME.fullmatch(path.name)
            if match is None:
                continue
            self._number = max(self._number, int(match[1]))
            if match[3] == "spool":
                self._recover(Segment(path, int(match[2], 16)))
        if self.segments:
            self._log.info("spool_recovered", events=self.events, bytes=self.size)

    def close(self) -> None:
        """Release the folder."""
        os.close(self._directory)
        os.close(self._held)

    @property
    def oldest(self) -> int | None:
        """When the oldest event was accepted, in milliseconds since 1970; None if there is none."""
        with self._lock:
            return next((s.oldest for s in self.segments if s.events), None)

    def create(self) -> tuple[Segment, int]:
        """Create an empty segment and its descriptor; sync its name to disk. Raises OSError."""
        self._number += 1
        mark = int.from_bytes(os.urandom(4), "big") | 1  # never zero, unlike unwritten bytes
        path = self.path / f"{self._number:012d}-{mark:08x}.spool"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        try:
            os.fsync(self._directory)
        except OSError:
            os.close(descriptor)
            raise
        return Segment(path, mark), descriptor

    def add_records(self, segment: Segment, size: int, events: int, accepted_at: int) -> None:
        """Count records that were written and synced."""
        with self._lock:
            if not segment.events:
                segment.oldest = accepted_at
                self.segments.append(segment)
            segment.size += size
            segment.events += events
            self.size += size
            self.events += events

    def read(self, segment: Segment) -> Scan:
        """Read a segment; damage that recovery had not seen is counted. Raises OSError."""
        with segment.path.open("rb") as file:
            contents = scan(segment.mark, file.read(segment.size))
        self._note_new_damage(segment, contents.damaged + (contents.torn > 0))
        return contents

    def remove(self, segment: Segment) -> None:
        """Delete a segment whose readable records are all in Kafka; rename it if it is damaged."""
        reach("gateway.before_drain_delete")
        if segment.damaged:
            segment.path.replace(segment.path.with_suffix(".kept"))
        else:
            segment.path.unlink()
        with self._lock:
            self.segments.remove(segment)
            self.size -= segment.size
            self.events -= segment.events
        reach("gateway.after_drain_delete")

    def note_damage(self, segment: Segment, count: int, reason: str) -> None:
        """Count records of a segment that cannot go to Kafka; its file will be kept."""
        segment.damaged += count
        metrics.SPOOL_CORRUPT.inc(count)
        self._log.error("spool_damaged", file=segment.path.name, count=count, reason=reason)

    def _note_new_damage(self, segment: Segment, count: int) -> None:
        if count > segment.damaged:
            self.note_damage(segment, count - segment.damaged, "not readable")

    def _recover(self, segment: Segment) -> None:
        data = segment.path.read_bytes()
        contents = scan(segment.mark, data)
        if contents.torn:
            metrics.SPOOL_TORN.inc()
            self._log.warning("spool_torn", file=segment.path.name, bytes=contents.torn)
            _truncate(segment.path, contents.end)
        self._note_new_damage(segment, contents.damaged)
        segment.size = contents.end
        segment.events = len(contents.records)
        if contents.records:
            segment.oldest = contents.records[0].accepted_at
        if contents.records or contents.damaged:
            self.segments.append(segment)
            self.size += segment.size
            self.events += segment.events
        else:
            segment.path.unlink()


def _truncate(path: Path, size: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(descriptor, size)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, seconds: float) -> None:
    """Take the folder's lock; the previous gateway may still be shutting down. Raises InUse."""
    deadline = monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() >= deadline:
                os.close(descriptor)
                raise InUse("another gateway works in this folder") from None
            sleep(_LOCK_PAUSE_SECONDS)
        else:
            return
