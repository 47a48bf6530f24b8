"""Programs under measurement, each a process of its own with its log in the run's home."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from storepulse.adapters.settings import Settings, environment
from storepulse.local import identities, processes
from storepulse.local.allocator import allocator_environment

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 15.0


class Ended(Exception):
    """A program ended before its work was done; the text is the end of its log."""


class Program:
    """A started program."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log

    @property
    def pid(self) -> int:
        return self.process.pid

    def check(self) -> None:
        """Raises Ended where the program runs no more."""
        if self.process.poll() is not None:
            tail = self.log.read_text(errors="replace")[-2000:]
            raise Ended(f"{self.name} ended with {self.process.returncode}: {tail}")

    def wait_answering(self, url: str, seconds: float = 40) -> None:
        """Returns once `url` answers 200."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check()
            try:
                if httpx.get(url, timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass  # not listening yet
            time.sleep(0.1)
        raise Ended(f"{self.name} does not answer at {url}")

    def stop(self) -> None:
        """Asks it to end, and makes it end when its time is up."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def inherited_variables() -> dict[str, str]:
    """This process's environment without any setting of ours, which would reach a program."""
    return {k: v for k, v in os.environ.items() if not k.startswith("STOREPULSE_")}


@contextmanager
def running(
    name: str, command: Sequence[str], home: Path, variables: Mapping[str, str]
) -> Iterator[Program]:
    """A program for the length of a block."""
    home.mkdir(parents=True, exist_ok=True)
    log = home / f"{name.replace(' ', '-')}.log"
    with log.open("ab") as output:
        # Tied to this process: a bench that is killed leaves nothing running.
        process = processes.launch(
            command,
            orphan_signal=signal.SIGTERM,
            environment=inherited_variables() | dict(variables),
            folder=ROOT,
            output=output,
        )
    program = Program(name, process, log)
    try:
        yield program
    finally:
        program.stop()


@contextmanager
def service(name: str, settings: Settings) -> Iterator[Program]:
    """One of our services, as `storepulse up` runs it."""
    command = [sys.executable, "-m", "storepulse", name]
    own = identities.settings_of(name, settings)
    variables = environment(own) | allocator_environment(name)
    with running(f"{name}-{settings.agent_slot}", command, settings.home, variables) as program:
        yield program
