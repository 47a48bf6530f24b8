"""Service processes that may die at any moment, and a keeper that starts them again.

Rules: one thread starts all processes (the kernel ends them with the thread that started them);
every end is written down with its cause: ordered by the campaign, reached a failpoint that kills,
or the process's own doing, which the checker wants explained.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from bench.programs import inherited_variables
from tests.support.services import url_of
from tests.support.waiting import wait_until

from storepulse.adapters.failpoints import VARIABLE
from storepulse.adapters.settings import Settings, environment
from storepulse.local import processes
from storepulse.local.identities import settings_of

ROOT = Path(__file__).parents[2]
STEP_SECONDS = 0.05
LONGEST_BACKOFF_SECONDS = 2.0


@dataclass(frozen=True)
class Ending:
    """A process's end. `cause`: ordered, failpoint, or own."""

    service: str
    code: int
    cause: str
    at: float


@dataclass
class Service:
    """One service; `up` is what the campaign wants of it."""

    name: str
    command: str
    settings: Settings
    plant: str | None = None
    up: bool = True
    failpoints: list[str] = field(default_factory=list)
    lasting_failpoints: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    prefix: list[str] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None
    armed: list[str] = field(default_factory=list)
    ordered: bool = False
    backoff: float = 0.1
    due_at: float = 0.0
    started_at: float = 0.0

    @property
    def log(self) -> Path:
        return Path(self.settings.home) / "logs" / f"{self.name}.log"

    @property
    def url(self) -> str:
        return url_of(self.command, self.settings)

    @property
    def pid(self) -> int | None:
        process = self.process
        return process.pid if process is not None and process.poll() is None else None

    def is_ready(self) -> bool:
        """Whether it answers that it is ready to work."""
        path = "/healthz" if self.command == "query" else "/readyz"
        try:
            return httpx.get(self.url + path, timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def tail(self) -> str:
        """The end of its log."""
        return f"{self.name} is not ready: {self.log.read_text(errors='replace')[-2000:]}"

    def launch(self) -> None:
        """Starts a process with the failpoints of its turn. Only the keeper's thread may."""
        self.armed, self.failpoints = self.failpoints + self.lasting_failpoints, []
        own = settings_of(self.command, self.settings)
        variables = inherited_variables() | environment(own) | self.environment
        variables["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])
        )
        if self.armed:
            file = Path(self.settings.home) / f"{self.name}.failpoints"
            file.write_text("\n".join(self.armed) + "\n")
            variables[VARIABLE] = str(file)
        module = f"tests.fault.planted.{self.plant}" if self.plant else "storepulse"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.ordered = False
        self.started_at = time.monotonic()
        with self.log.open("ab") as log:
            self.process = processes.launch(
                [*self.prefix, sys.executable, "-m", module, self.command],
                orphan_signal=signal.SIGKILL,
                environment=variables,
                folder=Path(self.settings.home),
                output=log,
            )


class Keeper:
    """Starts what is wanted and not there. `kills` counts ends by SIGKILL and SIGTERM."""

    def __init__(self, services: list[Service]) -> None:
        self.services = {service.name: service for service in services}
        self.endings: list[Ending] = []
        self._requests: queue.Queue[Callable[[], None]] = queue.Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper")

    @property
    def kills(self) -> int:
        return sum(ending.cause != "own" for ending in self.endings)

    def start(self) -> None:
        self._thread.start()

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Until every wanted service is ready; AssertionError with the log of one that is not."""
        for service in self.services.values():
            if service.up:
                wait_until(service.is_ready, service.tail, seconds=seconds)

    def send(self, name: str, number: signal.Signals) -> bool:
        """Sends a signal; False where there is no process. A deadly one counts as ordered."""
        service = self.services[name]
        process = service.process
        if process is None or process.poll() is not None:
            return False
        if number in (signal.SIGKILL, signal.SIGTERM):
            service.ordered = True
        process.send_signal(number)
        return True

    def take_down(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """Ends a service, which stays away until `bring_up`."""
        service = self.services[name]
        service.up = False
        if self.send(name, number) and service.process is not None:
            try:
                service.process.wait(20)
            except subprocess.TimeoutExpired:
                service.process.kill()

    def bring_up(self, name: str) -> None:
        service = self.services[name]
        service.due_at = 0.0
        service.up = True

    def stop(self) -> None:
        """Ends everything."""
        for service in self.services.values():
            service.up = False
            self.send(service.name, signal.SIGCONT)
            self.send(service.name, signal.SIGTERM)
        for service in self.services.values():
            if service.process is not None:
                try:
                    service.process.wait(20)
                except subprocess.TimeoutExpired:
                    service.process.kill()
                    service.process.wait()
        self._stop.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._stop.wait(STEP_SECONDS):
            for service in self.services.values():
                self._step(service)

    def _step(self, service: Service) -> None:
        process = service.process
        if process is not None and process.poll() is not None:
            self._write_down(service, process.returncode)
            service.process = None
        if service.up and service.process is None and time.monotonic() >= service.due_at:
            service.launch()

    def _write_down(self, service: Service, code: int) -> None:
        deadly = any(line.split()[1] in ("kill", "exit") for line in service.armed)
        if service.ordered:
            cause = "ordered"
        elif code == -signal.SIGKILL and deadly:
            cause = "failpoint"
        else:
            cause = "own"
        self.endings.append(Ending(service.name, code, cause, time.time()))
        lived = time.monotonic() - service.started_at
        if cause == "own" and lived < 10:
            service.backoff = min(LONGEST_BACKOFF_SECONDS, service.backoff * 2)
        else:
            service.backoff = 0.1
        service.due_at = time.monotonic() + service.backoff
