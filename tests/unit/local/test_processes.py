"""Processes are recognised by pid and start time, ended politely, and tied to their parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.support.waiting import wait_until

from storepulse.local import orphans, processes

SLEEP = ["sleep", "60"]


@pytest.fixture
def sleeper():
    process = subprocess.Popen(SLEEP)
    yield process
    process.kill()
    process.wait()


def test_a_pid_file_finds_its_process(tmp_path: Path, sleeper) -> None:
    file = tmp_path / "a.pid"
    processes.write_pid_file(file, sleeper.pid)
    found = processes.read_pid_file(file)
    assert found is not None
    assert found.pid == sleeper.pid


def test_a_reused_pid_is_not_mistaken_for_the_process(tmp_path: Path, sleeper) -> None:
    file = tmp_path / "a.pid"
    started = psutil.Process(sleeper.pid).create_time()
    file.write_text(json.dumps({"pid": sleeper.pid, "started": started - 100}))
    assert processes.read_pid_file(file) is None


@pytest.mark.parametrize("content", ["", "12", "{", '{"pid": 1}', '{"pid": "x", "started": 1}'])
def test_a_damaged_pid_file_names_nobody(tmp_path: Path, content: str) -> None:
    file = tmp_path / "a.pid"
    file.write_text(content)
    assert processes.read_pid_file(file) is None


def test_a_zombie_is_dead(tmp_path: Path) -> None:
    process = subprocess.Popen(["sleep", "0.3"])
    processes.write_pid_file(tmp_path / "a.pid", process.pid)
    wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE, "a zombie")
    assert processes.read_pid_file(tmp_path / "a.pid") is None
    process.wait()


def test_what_does_not_go_is_killed() -> None:
    stubborn = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import signal,time; signal.signal(15, 1); print('x', flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
    )
    assert stubborn.stdout is not None
    with stubborn.stdout:
        stubborn.stdout.readline()
        assert not processes.end(psutil.Process(stubborn.pid), signal.SIGTERM, 0.3)
    assert not psutil.pid_exists(stubborn.pid)
    stubborn.wait()


def test_orphans_are_ended_by_pid_file_and_strangers_left_alone(tmp_path: Path, sleeper) -> None:
    stranger = subprocess.Popen(SLEEP)
    try:
        processes.write_pid_file(tmp_path / "run" / "gateway.pid", sleeper.pid)
        (tmp_path / "run" / "query.pid").write_text(
            json.dumps({"pid": stranger.pid, "started": 1.0})
        )
        assert orphans.end_all(tmp_path) == [f"gateway (pid {sleeper.pid})"]
        assert not psutil.pid_exists(sleeper.pid)
        assert stranger.poll() is None
        assert not list((tmp_path / "run").iterdir())
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_a_launched_program_dies_with_its_parent() -> None:
    code = (
        "import signal,sys,time\n"
        "from storepulse.local.processes import launch\n"
        "print(launch(['sleep', '60'], orphan_signal=signal.SIGTERM).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout:
        child = psutil.Process(int(parent.stdout.readline()))
        wait_until(lambda: child.name() == "sleep", "the tether to become the program")
        parent.kill()
        parent.wait()
    _, alive = psutil.wait_procs([child], timeout=10)
    assert not alive


@pytest.mark.skipif(os.geteuid() != 0, reason="giving up root takes root")
def test_a_launched_program_gives_up_root() -> None:
    from storepulse.local.accounts import find_unprivileged

    account = find_unprivileged()
    assert account is not None
    process = processes.launch(
        ["id", "-u"], orphan_signal=signal.SIGTERM, account=account, output=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout:
        assert int(process.stdout.read()) == account.uid
    process.wait()
