"""The lock that allows one `up` per home, and the description of a running `up`.

Owns `<home>/run/lock` (held with flock while `up` lives) and `<home>/run/up.json` (what runs
where). The kernel releases the lock with its process, so a lock is never stale. The description may
be stale, and counts only while the process that it names lives.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import psutil

from storepulse.domain.errors import Rejected
from storepulse.local.closed_files import write_closed
from storepulse.local.processes import Identity
from storepulse.local.servers import make_home

State = Literal["starting", "ready", "stopping", "failed"]


@dataclass(frozen=True)
class StackPart:
    """One process of a running stack. `health` is its health URL, "" if it has none."""

    name: str
    address: str
    health: str = ""


@dataclass(frozen=True)
class Description:
    """What one `up` runs. `error` has the reason if `state` is failed."""

    pid: int
    started: float
    state: State
    parts: list[StackPart] = field(default_factory=list)
    error: str = ""

    @property
    def identity(self) -> Identity:
        """The supervisor's process."""
        return Identity(self.pid, self.started)


@contextmanager
def hold(home: Path) -> Iterator[None]:
    """Hold the lock of `home`. Raises Rejected if another `up` holds it."""
    make_home(home)
    path = _run_folder(home) / "lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = read(home)
            who = f" (pid {other.pid})" if other else ""
            raise Rejected(
                "",
                f"storepulse runs already in {home.resolve()}{who}; stop it with: storepulse down",
            ) from None
        try:
            yield
        finally:
            description = read(home)
            if description is not None and description.state != "failed":
                forget(home)


def is_held(home: Path) -> bool:
    """Whether an `up` runs in `home`."""
    path = _run_folder(home) / "lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def write(home: Path, state: State, parts: list[StackPart], error: str = "") -> Description:
    """Write the description of this process, the `up` of `home`."""
    description = Description(
        pid=os.getpid(),
        started=psutil.Process().create_time(),
        state=state,
        parts=parts,
        error=error,
    )
    write_closed(_path(home), json.dumps(asdict(description)))
    return description


def forget(home: Path) -> None:
    """Remove the description. The caller holds the lock."""
    _path(home).unlink(missing_ok=True)


def read(home: Path) -> Description | None:
    """The description last written in `home`, whether or not that `up` still runs."""
    try:
        content = json.loads(_path(home).read_text())
        parts = [StackPart(**part) for part in content.pop("parts")]
        return Description(**content, parts=parts)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):  # damaged by a crash: counts as missing
        return None


def find_running(home: Path) -> Description | None:
    """The description of the `up` that runs in `home` now, or None."""
    description = read(home)
    if description is None or description.identity.find() is None:
        return None
    return description


def wait_until_free(home: Path, timeout: float) -> bool:
    """Wait for the `up` of `home` to end; False if it still runs after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while is_held(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _path(home: Path) -> Path:
    return _run_folder(home) / "up.json"


def _run_folder(home: Path) -> Path:
    folder = home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
