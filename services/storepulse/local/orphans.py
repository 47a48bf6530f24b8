"""What is left of a supervisor that was killed: its children, found by their pid files.

Rules: a pid file counts only with the start time in it (processes.py). Normally the kernel ends
the children with their supervisor; this is for systems that cannot, and for the moment between.
"""

from __future__ import annotations

import signal
from pathlib import Path

from storepulse.local import processes

#: In the order of ending: those that write before those that are written to.
SERVERS = {"kafka": signal.SIGTERM, "postgres": signal.SIGINT}
SECONDS = 30.0


def end_all(home: Path) -> list[str]:
    """End every process that a pid file of `home` names; returns what was ended."""
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
