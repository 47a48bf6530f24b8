"""One `up` per home; a lock never outlives its process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storepulse.domain.errors import Rejected
from storepulse.local import home_lock

HOLDER = """
import sys, time
from pathlib import Path
from storepulse.local import home_lock
home = Path(sys.argv[1])
with home_lock.hold(home):
    home_lock.write(home, "ready", [])
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        yield process
        process.kill()
        process.wait()


def test_a_second_holder_is_told_who_has_it_and_how_to_stop_that(tmp_path: Path, holder) -> None:
    with (
        pytest.raises(Rejected, match=rf"runs already.*pid {holder.pid}.*storepulse down"),
        home_lock.hold(tmp_path),
    ):
        pass
    running = home_lock.find_running(tmp_path)
    assert running is not None
    assert running.pid == holder.pid


def test_a_killed_holder_leaves_no_lock_and_counts_as_gone(tmp_path: Path, holder) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert home_lock.read(tmp_path) is not None
    assert home_lock.find_running(tmp_path) is None
    assert not home_lock.is_held(tmp_path)
    with home_lock.hold(tmp_path):
        home_lock.write(tmp_path, "ready", [])
    assert home_lock.read(tmp_path) is None


def test_a_reused_pid_does_not_count_as_a_running_stack(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    stale = {"pid": os.getpid(), "started": 1.0, "state": "ready", "parts": [], "error": ""}
    (tmp_path / "run" / "up.json").write_text(json.dumps(stale))
    assert home_lock.find_running(tmp_path) is None


def test_a_failed_start_is_remembered(tmp_path: Path) -> None:
    with home_lock.hold(tmp_path):
        home_lock.write(tmp_path, "failed", [], "no Java")
    left = home_lock.read(tmp_path)
    assert left is not None
    assert left.error == "no Java"
