"""Processes that we start, recognise later by pid file, and end.

Rules: a pid alone proves nothing, since pids are reused: a process is ours only when its start
time agrees too. Whatever is ended is asked first and killed only after its time is up.
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
    """One process, told apart from a later one with the same pid."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Identity:
        """The identity of the running process `pid`; psutil.NoSuchProcess if there is none."""
        return cls(pid, psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """The process, while it lives. A zombie is dead."""
        try:
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.started) > START_TIME_TOLERANCE_SECONDS:
                return None
            return None if process.status() == psutil.STATUS_ZOMBIE else process
        except psutil.NoSuchProcess:
            return None


def write_pid_file(path: Path, pid: int) -> None:
    """Remember the running process `pid` in `path`; nothing is written if it has ended already."""
    try:
        identity = Identity.of(pid)
    except psutil.NoSuchProcess:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_closed(path, json.dumps({"pid": identity.pid, "started": identity.started}))


def read_pid_file(path: Path) -> psutil.Process | None:
    """The process that `path` names, if it lives; a missing, damaged or stale file means none."""
    try:
        content = json.loads(path.read_text())
        identity = Identity(int(content["pid"]), float(content["started"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):  # torn by a crash: as good as none
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
    """Start `command` in a process group of its own; it gets `orphan_signal` if we die.

    A group of its own, since a terminal's Ctrl-C goes to a whole group, and we stop our
    children in order. To be called from a thread that lives as long as the program shall.
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
    """Send `number`, wait up to `timeout` seconds, then kill. True if it went without the kill."""
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
