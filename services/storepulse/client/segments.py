"""One file of a spool: created under a lock, written in whole lines, deleted when it is settled."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Self

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

SUFFIX, NEW = ".events", ".new"


def can_lock() -> bool:
    """Whether this system has the locks that a spool needs."""
    return fcntl is not None


class SpoolSegment:
    """An open and locked file. If a forked child closes it, the parent keeps the lock."""

    def __init__(self, path: Path, descriptor: int, begun_at: float) -> None:
        self.path, self.begun_at = path, begun_at
        self._descriptor = descriptor
        self.size = 0
        self.events = 0

    @classmethod
    def create(cls, folder: Path, prefix: str, now: float) -> Self:
        """Create a segment, locked before it gets its name. Raises OSError."""
        name = f"{prefix}-{int(now * 1000):015d}-{secrets.token_hex(4)}"
        new, path = folder / (name + NEW), folder / (name + SUFFIX)
        descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            new.rename(path)
        except OSError:
            os.close(descriptor)
            raise
        return cls(path, descriptor, now)

    @classmethod
    def adopt(cls, path: Path) -> Self | None:
        """Lock an unlocked segment; None if another process holds the lock."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another process may have settled it after we opened it and before we locked it, or
            # renamed a `.new` one.
            status = os.fstat(descriptor)
            is_there = os.path.samestat(status, path.stat())
        except OSError:
            is_there = False
        if not is_there:
            os.close(descriptor)
            return None
        segment = cls(path, descriptor, _begun_at(path, status.st_mtime))
        segment.size = status.st_size
        return segment

    def write(self, lines: bytes, events: int) -> None:
        """Append whole lines, all or none. Raises OSError."""
        written = os.write(self._descriptor, lines)
        if written != len(lines):
            os.ftruncate(self._descriptor, self.size)
            raise OSError("the disk took a part of it")
        self.size += written
        self.events += events

    def sync(self) -> None:
        """Sync the file, so that it also survives a power failure."""
        # If that fails, the data is still in the system's cache and is read from there.
        with contextlib.suppress(OSError):
            os.fsync(self._descriptor)

    def content(self) -> bytes:
        """The file's content. Raises OSError."""
        size = os.fstat(self._descriptor).st_size
        return os.pread(self._descriptor, size, 0)

    def delete(self) -> None:
        """Remove the file, then release the lock."""
        self.path.unlink(missing_ok=True)
        self.release()

    def release(self) -> None:
        """Close the file; the lock is released with its last descriptor."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _begun_at(path: Path, otherwise: float) -> float:
    try:
        return int(path.name.split("-")[1]) / 1000
    except (IndexError, ValueError):
        return otherwise
