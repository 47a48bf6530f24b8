"""One file of a spool: made under a lock, written in whole lines, deleted when it is settled."""

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
    """An open and locked file. Of a forked process the child closes it, which leaves the lock."""

    def __init__(self, path: Path, descriptor: int, begun_at: float) -> None:
        self.path, self.begun_at = path, begun_at
        self._descriptor = descriptor
        self.size = 0
        self.events = 0

    @classmethod
    def create(cls, folder: Path, prefix: str, now: float) -> Self:
        """A new segment, locked before it has its name. Raises OSError."""
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
        """A segment that nobody has locked, now locked by us; None where somebody has."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its sender may have settled it between our opening and our locking it, and a `.new`
            # one may have got its name.
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
        """Appends whole lines, all or none. Raises OSError."""
        written = os.write(self._descriptor, lines)
        if written != len(lines):
            os.ftruncate(self._descriptor, self.size)
            raise OSError("the disk took a part of it")
        self.size += written
        self.events += events

    def sync(self) -> None:
        """Asks for the disk to have it, so that it outlives the machine's power too."""
        # Where it fails, what was written is in the system's memory, and is read from there.
        with contextlib.suppress(OSError):
            os.fsync(self._descriptor)

    def content(self) -> bytes:
        """Everything in it. Raises OSError."""
        size = os.fstat(self._descriptor).st_size
        return os.pread(self._descriptor, size, 0)

    def delete(self) -> None:
        """Removes the file, then opens the lock."""
        self.path.unlink(missing_ok=True)
        self.release()

    def release(self) -> None:
        """Closes the file; the lock opens with its last descriptor."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _begun_at(path: Path, otherwise: float) -> float:
    try:
        return int(path.name.split("-")[1]) / 1000
    except (IndexError, ValueError):
        return otherwise
