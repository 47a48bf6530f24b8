"""Memory of several processes over a run: the most that they took together, and whether it grew."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean

from bench.cpu import resident_mb

#: Reading the shared pages of a database's processes costs milliseconds.
SAMPLE_SECONDS = 1.0


@dataclass
class Memory:
    """Samples while it runs, in MB, of each process tree by name."""

    pids: Mapping[str, int | None]
    samples: list[dict[str, float]] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until stopped."""
        while not self.stopped.wait(SAMPLE_SECONDS):
            self.samples.append({name: resident_mb(pid) for name, pid in self.pids.items() if pid})

    def figures(self) -> dict[str, float]:
        """The most of each (`rss_<name>`) and of all at a time (`rss_all`), and `rss_growth`."""
        if not self.samples:
            return {}
        whole = [sum(sample.values()) for sample in self.samples]
        most = {
            f"rss_{name}": max(sample[name] for sample in self.samples) for name in self.samples[0]
        }
        return {**most, "rss_all": max(whole), "rss_growth": growth(whole)}


def growth(values: Sequence[float]) -> float:
    """The mean of the last fifth divided by that of the first."""
    share = max(1, len(values) // 5)
    return mean(values[-share:]) / mean(values[:share])
