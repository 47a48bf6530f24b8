"""Start processes, recognise them later by pid file, and end them.

Pids are reused, so a process counts as ours only if its start time matches too. A process is first
sent a signal, and killed only after a timeout.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from storepulse.local.accounts import Account
from storepulse.local.closed_files import write_closed

TETHER = Path(__file__).with_name("tether.py")

#: psutil derives start times from the boot time, which moves when the clock is set.
START_TIME_TOLERANCE_SECONDS = 2.0


@dataclass(frozen=True)
class Identity:
    """One process, distinguished from a later one with the same pid."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Identity:
        """The identity of the running process `pid`. Raises psutil.NoSuchProcess."""
        return cls(pid, psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """The process while it lives, else None. A zombie counts as dead."""
        try:
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.started) > START_TIME_TOLERANCE_SECONDS:
                return None
            return None if process.status() == psutil.STATUS_ZOMBIE else process
        except psutil.NoSuchProcess:
            return None


def write_pid_file(path: Path, pid: int) -> None:
    """Write the identity of the running process `pid` to `path`; nothing if it has already
    ended."""
    try:
        identity = Identity.of(pid)
    except psutil.NoSuchProcess:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_closed(path, json.dumps({"pid": identity.pid, "started": identity.started}))


def read_pid_file(path: Path) -> psutil.Process | None:
    """The live process in the pid file `path`; None if the file is missing, damaged or stale."""
    try:
        content = json.loads(path.read_text())
        identity = Identity(int(content["pid"]), float(content["started"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):  # damaged by a crash: counts as missing
        return None
    return identity.find()


def launch(
    command: Sequence[str],
    *,
    orphan_signal: signal.Signals,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    output: IO[bytes] | int | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in its own process group; it gets `orphan_signal` if we die.

    The own group keeps a terminal's Ctrl-C away, because we stop our children in order. The calling
    thread must outlive the program.
    """
    program = shutil.which(command[0]) or command[0]
    drop = f"{account.uid}:{account.gid}" if account else "-"
    tether = [sys.executable, "-I", "-S", str(TETHER), str(int(orphan_signal)), str(os.getpid())]
    return subprocess.Popen(
        [*tether, drop, program, *command[1:]],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        env=dict(environment) if environment is not None else None,
        cwd=folder,
        start_new_session=True,
    )


def end(process: psutil.Process, number: signal.Signals, timeout: float) -> bool:
    """Send `number`, wait up to `timeout` seconds, then kill. True if no kill was needed."""
    try:
        process.send_signal(number)
        process.wait(timeout)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        try:
            process.kill()
            process.wait(10)
        except psutil.NoSuchProcess:
            return False
        return False
    return True
