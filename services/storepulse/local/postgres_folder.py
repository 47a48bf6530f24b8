"""The embedded PostgreSQL's data folder and its ownership.

Owns `<home>/postgres`: a folder, or a symbolic link into /var/lib/storepulse if the account that
runs PostgreSQL cannot reach `home`, which is closed to other accounts. The modes of other folders
are not changed; data is moved, never copied or dropped.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from itertools import count
from pathlib import Path

from storepulse.local.accounts import Account, give
from storepulse.local.postgres_programs import SHARED_FOLDER, make_shared_folder


def place(home: Path, account: Account | None) -> Path:
    """The data folder, created if missing, owned by `account` and accessible to it."""
    link = home.resolve() / "postgres"
    if account is None:
        link.mkdir(mode=0o700, parents=True, exist_ok=True)
        return link.resolve()
    if link.is_symlink() and not link.exists():  # its target was removed
        link.unlink()
    if not link.exists():
        link.mkdir(mode=0o700, parents=True)
    folder = link.resolve()
    if folder.stat().st_uid != account.uid:
        give(folder, account)
    if account.can_enter(folder):
        return folder
    target = outside_folder(home)
    make_shared_folder()
    _set_aside(target)
    shutil.move(folder, target)
    give(target, account)
    if link.is_symlink():
        link.unlink()
    link.symlink_to(target)
    return target


def _set_aside(folder: Path) -> None:
    """Rename data that a deleted home of this path left behind.

    Its passwords were deleted with the home, and a new database starts here.
    """
    if not folder.exists():
        return
    names = (folder.with_name(f"{folder.name}.left-{number}") for number in count(1))
    folder.rename(next(name for name in names if not name.exists()))


def outside_folder(home: Path) -> Path:
    """The folder for `home`'s data if it must be outside: one folder per home."""
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    return SHARED_FOLDER / digest


def remove(home: Path) -> None:
    """Delete the data of `home`, wherever it is. The server must not run."""
    link = home.resolve() / "postgres"
    if link.is_symlink():
        target = link.resolve()
        link.unlink()
        if target == outside_folder(home):
            shutil.rmtree(target, ignore_errors=True)
    elif link.is_dir():
        shutil.rmtree(link)
