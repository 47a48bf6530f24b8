"""Runs the load generator beside a server under measurement and adds up what both spent."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.cpu import Meter, cpu_seconds, resident_mb
from bench.programs import ROOT


class Refusals(Exception):
    """The server did not accept everything: the figures mean nothing."""


@dataclass(frozen=True)
class Load:
    """One run of the generator. `rate` is requests/s, 0 for as many as are answered. `reads`: a
    file of targets that are asked for, instead of events."""

    port: int
    seconds: float
    batch: int
    connections: int
    rate: float = 0.0
    anonymous: bool = False
    reads: Path | None = None

    def command(self) -> list[str]:
        return [
            sys.executable, "-m", "bench.load", "--port", str(self.port),
            "--seconds", str(self.seconds), "--batch", str(self.batch),
            "--connections", str(self.connections), "--rate", str(self.rate),
            *(["--anonymous"] if self.anonymous else []),
            *(["--reads", str(self.reads)] if self.reads else []),
        ]  # fmt: skip


@dataclass
class Running:
    """A generator that is sending."""

    load: Load
    process: subprocess.Popen[str]
    pids: Mapping[str, int | None]
    meter: Meter = field(init=False)
    started: float = field(init=False)

    def __post_init__(self) -> None:
        # Its requests are made before the clocks start.
        assert self.process.stdout is not None
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("the load generator did not start")
        self.meter = Meter.start(self.pids)
        self.started = time.time()
        self._own = cpu_seconds(self.process.pid)

    def finish(self) -> tuple[dict[str, float], dict[str, Any]]:
        """(figures, the generator's own document). Raises Refusals."""
        output, _ = self.process.communicate(timeout=self.load.seconds + 60)
        if self.process.returncode != 0:
            raise RuntimeError(f"the load generator ended with {self.process.returncode}")
        document = json.loads(output)
        if document["refused"] or not document["accepted"]:
            raise Refusals(f"not accepted: {document['refused']}")
        accepted = document["accepted"]
        figures = {
            "rate": accepted / document["seconds"],
            "p50_ms": document["p50_ms"],
            "p99_ms": document["p99_ms"],
            **self.meter.per_million(accepted),
            "cpu_load": (document["cpu_seconds"] - self._own) / accepted * 1e6,
        }
        gateway = self.pids.get("gateway")
        if gateway is not None:
            figures["rss_gateway"] = resident_mb(gateway)
        return figures, document


def start(load: Load, pids: Mapping[str, int | None]) -> Running:
    """Starts the generator; it sends from now on."""
    process = subprocess.Popen(load.command(), stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        return Running(load, process, pids)
    except BaseException:
        process.kill()
        process.wait()
        raise


def run(load: Load, pids: Mapping[str, int | None]) -> dict[str, float]:
    """One whole run; its figures."""
    running = start(load, pids)
    try:
        return running.finish()[0]
    except BaseException:
        running.process.kill()
        running.process.wait()
        raise
