"""CPU seconds are those of the whole tree, also of children that have ended."""

from __future__ import annotations

import os
import subprocess
import sys

from bench.cpu import Meter, cpu_seconds, resident_mb

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {BURN!r}], check=True)
print("burnt", flush=True)
sys.stdin.read()
"""


def test_a_child_that_ended_counts_for_its_parent() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "burnt\n"
        assert cpu_seconds(parent.pid) >= 0.25
        assert resident_mb(parent.pid) > 1


def test_per_million_events_and_unknown_processes_left_out() -> None:
    meter = Meter.start({"worker": os.getpid(), "kafka": None})
    before = cpu_seconds(os.getpid())
    while cpu_seconds(os.getpid()) < before + 0.15:  # clock ticks are 0.01 s long
        sum(range(10_000))
    figures = meter.per_million(100_000)
    assert list(figures) == ["cpu_worker"]
    assert 1.0 < figures["cpu_worker"] < 10.0


def test_a_process_that_is_gone_has_no_time() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert cpu_seconds(gone.pid) == 0.0
    assert resident_mb(gone.pid) == 0.0
