"""Failpoints act at the place that they name, and nowhere later."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.support.waiting import wait_until

from storepulse.adapters import failpoints

#: Reaches the place on a thread, as slices are written, while the main one sleeps.
REACHES = """
import os, threading, time
from storepulse.adapters import failpoints
failpoints.arm(os.environ)
def run():
    failpoints.reach("here")
    os.write(1, b"behind it")
threading.Thread(target=run).start()
time.sleep(60)
"""


def armed(folder: Path, line: str) -> dict[str, str]:
    file = folder / "failpoints"
    file.write_text(line)
    return {failpoints.VARIABLE: str(file)}


@pytest.mark.parametrize("attempt", range(5))
def test_a_thread_is_stopped_where_it_stands(tmp_path: Path, attempt: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", REACHES],
        env={**os.environ, **armed(tmp_path, "here stop 1")},
        stdout=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            child = psutil.Process(process.pid)
            wait_until(lambda: child.status() == psutil.STATUS_STOPPED, "its stop", pause=0.005)
            os.set_blocking(process.stdout.fileno(), False)
            assert not process.stdout.read(), f"it went on ({attempt})"
            process.send_signal(signal.SIGCONT)
            os.set_blocking(process.stdout.fileno(), True)
            assert process.stdout.read(9) == b"behind it"
        finally:
            process.kill()


def test_the_nth_time_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failpoints, "_armed", {})
    monkeypatch.setattr(failpoints, "_reached", {})
    failpoints.arm(armed(tmp_path, "here exit 3"))
    failpoints.reach("here")
    failpoints.reach("there")
    failpoints.reach("here")
    with pytest.raises(SystemExit):
        failpoints.reach("here")
