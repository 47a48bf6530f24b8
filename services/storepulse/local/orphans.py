"""End the children of a killed supervisor, found by their pid files.

A pid file counts only if the start time in it matches (processes.py). Normally the kernel ends the
children with their supervisor; this is for systems that cannot, and for the short time before.
"""

from __future__ import annotations

import signal
from pathlib import Path

from storepulse.local import processes

#: In the order in which they are ended: clients before the servers that they write to.
SERVERS = {"kafka": signal.SIGTERM, "postgres": signal.SIGINT}
SECONDS = 30.0


def end_all(home: Path) -> list[str]:
    """End every process named by a pid file of `home`; return what was ended."""
    files = {path.stem: path for path in sorted((home / "run").glob("*.pid"))}
    names = [name for name in files if name not in SERVERS]
    names += [name for name in SERVERS if name in files]
    ended_names = []
    for name in names:
        process = processes.read_pid_file(files[name])
        if process is not None:
            processes.end(process, SERVERS.get(name, signal.SIGTERM), SECONDS)
            ended_names.append(f"{name} (pid {process.pid})")
        files[name].unlink(missing_ok=True)
    return ended_names
