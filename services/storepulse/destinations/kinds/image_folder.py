"""Stores images in a folder of this machine, below the home folder only.

Each folder is opened relative to its parent and never through a symbolic link, so that no
declaration and no link on the disk can lead outside. Only the owner can read the files.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path

from storepulse.destinations.kinds.image_store import NotStored
from storepulse.destinations.rules.images import EXTENSIONS, checked_folder, name_of

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class ImageFolder:
    """Files named `<first two digits>/<sha256>.<ext>` in a folder below `root`."""

    def __init__(self, root: Path, folder: str = "") -> None:
        """`folder` is relative, "" for the root itself. Raises Rejected."""
        self._root = root.absolute()
        self._parts = checked_folder("config.folder", folder) if folder else ()

    async def keep(self, content: bytes, media_type: str, seconds: float) -> str:
        del seconds
        name = name_of(content)
        folder, file = (*self._parts, name[:2]), f"{name}.{EXTENSIONS[media_type]}"
        path = self._root.joinpath(*folder, file)
        try:
            await asyncio.to_thread(_write, self._root, folder, file, content)
        except OSError as error:
            raise NotStored(f"{path.parent}: {error.strerror}") from error
        return path.as_uri()


def _write(root: Path, folder: Sequence[str], file: str, content: bytes) -> None:
    """Write a file atomically and sync it to disk. Does nothing if the file exists."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened = os.open(root, _FOLDER)
    try:
        for name in folder:
            inner = _open_folder(name, opened)
            os.close(opened)
            opened = inner
        if not _is_kept(file, opened):
            _write_new(file, content, opened)
    finally:
        os.close(opened)


def _open_folder(name: str, outer: int) -> int:
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=outer)
    # Do not follow a symbolic link of that name.
    return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=outer)


def _is_kept(file: str, folder: int) -> bool:
    try:
        found = os.stat(file, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode)


def _write_new(file: str, content: bytes, folder: int) -> None:
    draft = f".{secrets.token_hex(8)}"
    descriptor = os.open(draft, _NEW_FILE, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        os.rename(draft, file, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(draft, dir_fd=folder)
        raise
    os.fsync(folder)
