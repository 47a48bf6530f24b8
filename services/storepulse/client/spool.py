"""A backlog on disk, so that events outlive the process.

A spool is a folder of segments. A segment has one line for each event: its stream, its id and its
JSON, separated by tabs. Its name is `<destination>-<time>-<random>.events`, so that segments of one
address and key are found by name, and sorted by age.

- The process that writes or sends a segment holds a lock on it (flock). The kernel releases the
  lock when that process ends for any reason; any process may send an unlocked segment.
- A segment gets its name after it is locked; until then it is `.new` and no process adopts it.
- A line counts once its line end is written. A partial line of a killed process is not an event.
- A segment is deleted when all its events are settled. After a crash before that, it is sent again
  with the same ids, which count once.
- Events that the disk refuses wait in memory, and are lost if the process ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

from storepulse.client.backlog import MemoryBacklog, Portion
from storepulse.client.batches import PATHS
from storepulse.client.encoding import QueuedEvent
from storepulse.client.segments import NEW, SUFFIX, SpoolSegment

#: A segment with this many bytes is closed, and the next one starts.
SEGMENT_BYTES = 1024 * 1024
YOUNG_SECONDS = 600


class SpoolBacklog:
    """A backlog on disk.

    Raises OSError only from the constructor. Later events that cannot be written wait in memory,
    and `fault` has the reason.
    """

    def __init__(
        self, folder: Path, destination: str, most_bytes: int, portion_events: int
    ) -> None:
        self._folder, self._most_bytes = folder, most_bytes
        self._portion_events = portion_events
        self._prefix = hashlib.sha256(destination.encode()).hexdigest()[:12]
        self._writing: SpoolSegment | None = None
        self._first_at = 0.0
        #: Closed segments, ours and adopted ones, by path: their locks are held.
        self._closed: dict[Path, SpoolSegment] = {}
        self._own: set[Path] = set()
        self._memory = MemoryBacklog(portion_events)
        self.fault: str | None = None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.look_for_others()

    @property
    def is_safe(self) -> bool:
        """Whether all events are on disk."""
        return self._memory.waiting_count == 0

    @property
    def waiting_count(self) -> int:
        """The number of events that could not be written to disk."""
        return self._memory.waiting_count

    def add(self, events: list[QueuedEvent], now: float) -> list[QueuedEvent]:
        """Add events; return those beyond the limit of bytes."""
        try:
            count = self._write(events, now)
        except OSError as error:
            self.fault = f"{type(error).__name__}: {error}"
            return self._memory.add(events, now)
        return events[count:]

    def oldest_time(self) -> float | None:
        """When the first event was queued that is not ready to be sent yet."""
        times = [self._first_at] if self._writing is not None else []
        in_memory = self._memory.oldest_time()
        return min([*times, in_memory]) if in_memory is not None else min(times, default=None)

    def has_older(self) -> bool:
        """Whether there is a closed segment, or a full portion in memory."""
        return bool(self._closed) or self._memory.has_older()

    def take(self) -> Portion | None:
        """Take the oldest closed segment, else the one being written, else events from memory."""
        if not self._closed:
            self._close_segment()
        while self._closed:
            path = min(self._closed, key=lambda path: path.name)
            try:
                content = self._closed[path].content()
            except OSError as error:
                # The file stays for a later attempt to adopt it.
                self.fault = f"{type(error).__name__}: {error}"
                self._closed.pop(path).release()
                continue
            return Portion(events_of(content), self._closed[path].begun_at, path in self._own, path)
        return self._memory.take()

    def settle(self, portion: Portion) -> None:
        """Delete the portion's segment."""
        if portion.file is None:
            self._memory.settle(portion)
        elif portion.file in self._closed:
            self._closed.pop(portion.file).delete()
            self._own.discard(portion.file)

    def look_for_others(self) -> None:
        """Lock this destination's unlocked segments."""
        for path in sorted(self._folder.glob(f"{self._prefix}-*{SUFFIX}")):
            if path in self._closed or (self._writing is not None and path == self._writing.path):
                continue
            segment = SpoolSegment.adopt(path)
            if segment is not None:
                self._closed[path] = segment
        for path in self._folder.glob(f"{self._prefix}-*{NEW}"):
            # Its process died before naming it, so it is empty. A young one may have just been
            # created, and not be locked yet.
            segment = SpoolSegment.adopt(path)
            if segment is not None and time.time() - segment.begun_at > YOUNG_SECONDS:
                segment.delete()
            elif segment is not None:
                segment.release()

    def close(self) -> None:
        """Release all locks; the segments stay."""
        for segment in self._segments():
            segment.release()
        self._closed, self._own, self._writing = {}, set(), None

    def abandon(self) -> None:
        """Close the files; the parent keeps the locks."""
        self.close()

    def _write(self, events: list[QueuedEvent], now: float) -> int:
        """Write events; return how many fit. Raises OSError if the disk refuses them."""
        lines = [b"%b\t%b\t%b\n" % (e.stream.encode(), e.id.encode(), e.body) for e in events]
        room = self._most_bytes - self._used_bytes()
        count = 0
        for line in lines:
            room -= len(line)
            if room < 0:
                break
            count += 1
        if count == 0:
            return 0
        if self._writing is None:
            self._writing = SpoolSegment.create(self._folder, self._prefix, now)
            self._first_at = now
        self._writing.write(b"".join(lines[:count]), count)
        if self._writing.size >= SEGMENT_BYTES or self._writing.events >= self._portion_events:
            self._close_segment()
        return count

    def _segments(self) -> list[SpoolSegment]:
        writing = [self._writing] if self._writing is not None else []
        return [*self._closed.values(), *writing]

    def _close_segment(self) -> None:
        if self._writing is not None:
            self._writing.sync()
            self._closed[self._writing.path] = self._writing
            self._own.add(self._writing.path)
            self._writing = None

    def _used_bytes(self) -> int:
        """The folder's size, of all processes and destinations. Raises OSError."""
        used = 0
        with os.scandir(self._folder) as entries:
            for entry in entries:
                try:
                    used += entry.stat().st_size
                except FileNotFoundError:
                    continue
        return used


def events_of(content: bytes) -> list[QueuedEvent]:
    """The events of a segment, without partial or damaged lines."""
    events = []
    for line in content.split(b"\n")[:-1]:
        stream, _, rest = line.partition(b"\t")
        event_id, _, body = rest.partition(b"\t")
        name = stream.decode("ascii", "replace")
        if name in PATHS and _is_object(body):
            events.append(QueuedEvent(name, event_id.decode("utf-8", "replace"), body))
    return events


def _is_object(body: bytes) -> bool:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict)
