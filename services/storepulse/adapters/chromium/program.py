"""Run Chromium as a child process with a temporary profile."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from storepulse.adapters.chromium.devtools import DevTools
from storepulse.domain.errors import Misconfigured

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars",
    "--mute-audio", "--no-first-run", "--disable-background-networking", "--disable-extensions",
    "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
#: The descriptors on which Chromium reads and writes DevTools messages.
_READS, _WRITES = 3, 4
_ENDS_IN = 10.0


def find_program(named: str | None = None) -> str:
    """The path of Chromium. Raises Misconfigured if there is none."""
    for name in (named,) if named else NAMES:
        if (found := shutil.which(name)) is not None:
            return found
    reason = f"{named} is not a program" if named else "there is none on this machine"
    raise Misconfigured("chromium", f"{reason}; install it with: sudo apt-get install chromium")


@contextmanager
def open_chromium(
    program: str, environment: Mapping[str, str], *, sandbox: bool = True
) -> Iterator[DevTools]:
    """Run Chromium in this environment for the duration of the block.

    Without the `sandbox`, a page that exploits Chromium has its user's rights. Containers and root
    cannot use it.
    """
    with tempfile.TemporaryDirectory(prefix="storepulse-chromium-") as folder:
        arguments = [program, *_ARGUMENTS, f"--user-data-dir={folder}", "about:blank"]
        if not sandbox:
            arguments.insert(1, "--no-sandbox")
        pid, read, write = _start(arguments, environment, Path(folder) / "log")
        try:
            yield DevTools(read, write)
        finally:
            os.close(read)
            os.close(write)
            _end(pid)


def _start(arguments: list[str], environment: Mapping[str, str], log: Path) -> tuple[int, int, int]:
    """Start Chromium; return its process id and our ends of the pipes."""
    its_read, our_write = os.pipe()
    our_read, its_write = os.pipe()
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    # Through high descriptors, so that no pipe is overwritten before it is moved.
    high = [100, 101]
    actions = [
        (os.POSIX_SPAWN_DUP2, its_read, high[0]),
        (os.POSIX_SPAWN_DUP2, its_write, high[1]),
        (os.POSIX_SPAWN_DUP2, written, 1),
        (os.POSIX_SPAWN_DUP2, written, 2),
        (os.POSIX_SPAWN_DUP2, high[0], _READS),
        (os.POSIX_SPAWN_DUP2, high[1], _WRITES),
        (os.POSIX_SPAWN_CLOSE, high[0]),
        (os.POSIX_SPAWN_CLOSE, high[1]),
    ]
    try:
        # In a process group of its own, so that its children can be ended with it.
        pid = os.posix_spawn(
            arguments[0], arguments, environment, file_actions=actions, setpgroup=0
        )
    except OSError as error:
        os.close(our_read)
        os.close(our_write)
        raise Misconfigured("chromium", f"{arguments[0]} does not start: {error}") from None
    finally:
        for one in (its_read, its_write, written):
            os.close(one)
    return pid, our_read, our_write


def _end(pid: int) -> None:
    """Wait for Chromium, which exits because its pipes are closed; kill it and its children
    otherwise."""
    until = time.monotonic() + _ENDS_IN
    while time.monotonic() < until:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            break
        time.sleep(0.05)
    else:
        _signal_group(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return
    _signal_group(pid, signal.SIGKILL)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # all have ended
        os.killpg(pid, number)
