"""CPU time and memory of processes and of everything below them.

A server that forks (PostgreSQL) is its whole tree: what lives, and what lived and was waited for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil


def cpu_seconds(pid: int) -> float:
    """User and system seconds of a process tree so far; 0.0 where the process is gone."""
    try:
        root = psutil.Process(pid)
        times = root.cpu_times()
        total = times.user + times.system + times.children_user + times.children_system
        for child in root.children(recursive=True):
            try:
                mine = child.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += mine.user + mine.system
    except psutil.NoSuchProcess:
        return 0.0
    return float(total)


def resident_mb(pid: int) -> float:
    """Resident memory of a process tree in MB; pages that several share count once (PSS)."""
    try:
        root = psutil.Process(pid)
        members = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    total = 0
    for member in members:
        try:
            total += int(member.memory_full_info().pss)
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def peak_mb(pid: int) -> float:
    """The most resident memory that one process has had so far, in MB; its own figure on Linux."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return resident_mb(pid)
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM:"))


@dataclass(frozen=True)
class Meter:
    """CPU seconds of named process trees, from the moment of its making."""

    pids: Mapping[str, int]
    before: Mapping[str, float]

    @classmethod
    def start(cls, pids: Mapping[str, int | None]) -> Meter:
        """Names without a process (a server that is not ours) are left out."""
        known = {name: pid for name, pid in pids.items() if pid is not None}
        return cls(known, {name: cpu_seconds(pid) for name, pid in known.items()})

    def per_million(self, events: int) -> dict[str, float]:
        """CPU seconds per million events since the start, as figures named `cpu_<name>`."""
        spent = {name: cpu_seconds(pid) - self.before[name] for name, pid in self.pids.items()}
        return {f"cpu_{name}": s / max(events, 1) * 1e6 for name, s in spent.items()}
