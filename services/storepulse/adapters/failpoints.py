"""Named places at which a test may kill, stop or delay this process; without effect in production.

`STOREPULSE_FAILPOINT_FILE` names a file of lines `<name> <action> <nth>`: the action happens the
n-th time that this process reaches the place: `kill` (SIGKILL), `stop` (SIGSTOP), `exit` or
`delay:<seconds>`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "STOREPULSE_FAILPOINT_FILE"
_armed: dict[str, list[tuple[str, int]]] = {}
_reached: dict[str, int] = {}


def arm(environ: Mapping[str, str]) -> None:
    """Read the failpoint file, if the environment names one."""
    path = environ.get(VARIABLE, "")
    if not path:
        return
    for line in Path(path).read_text().splitlines():
        name, action, nth = line.split()
        _armed.setdefault(name, []).append((action, int(nth)))


def reach(name: str) -> None:
    """Mark the place `name`; acts only if a test armed it."""
    if not _armed or name not in _armed:
        return
    # Other threads keep counting while one of them is delayed here.
    count = _reached[name] = _reached.get(name, 0) + 1
    for action, nth in _armed[name]:
        if count == nth:
            _act(action)


def _act(action: str) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "stop":
        # Sent to the process, another thread might take the signal, and this one would run on
        # meanwhile.
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
    elif action == "exit":
        sys.exit(70)
    elif action.startswith("delay:"):
        time.sleep(float(action.removeprefix("delay:")))
    else:
        raise ValueError(f"no such failpoint action: {action}")
