"""The command line as a user runs it: a process, its output, its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.programs import inherited_variables

from storepulse.adapters.settings import Settings, environment

Command = subprocess.Popen[str]


def start(settings: Settings, *arguments: str, extra: Mapping[str, str] | None = None) -> Command:
    """Starts `storepulse <arguments>` with these settings and `extra` variables."""
    return subprocess.Popen(
        [sys.executable, "-m", "storepulse", *arguments],
        env=inherited_variables() | environment(settings) | dict(extra or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(command: Command, seconds: float = 120) -> tuple[int, str, str]:
    """Waits for a command: exit code, standard output, standard error."""
    try:
        out, err = command.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        command.kill()
        out, err = command.communicate()
        raise AssertionError(f"not done after {seconds} s\n{out[-2000:]}\n{err[-2000:]}") from None
    return command.returncode, out, err


def run(settings: Settings, *arguments: str, seconds: float = 120) -> tuple[int, str, str]:
    """Runs a command to its end."""
    return finish(start(settings, *arguments), seconds)


def demo_arguments(manifest: Path, seed: int, events: int, *more: str) -> list[str]:
    """Arguments of a demo whose result is printed as JSON and kept in `manifest`; without scenes,
    so that nothing is stored but what it sends."""
    return [
        "demo", "--seed", str(seed), "--events", str(events), "--manifest", str(manifest),
        "--json", "--no-scenes", *more,
    ]  # fmt: skip


def demo_result(finished: tuple[int, str, str]) -> dict[str, Any]:
    """The manifest that a demo printed; fails with its complaints."""
    code, out, err = finished
    assert code == 0, f"exit {code}\n{out[-3000:]}\n{err[-3000:]}"
    document: dict[str, Any] = json.loads(out)
    return document
