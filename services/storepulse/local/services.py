"""Storepulse's own processes: their specifications, and keeping one of them running.

A service runs in a process of its own that dies with us. If it ends, it is restarted after the
delay from restart_policy.py. It is stopped by SIGTERM, and killed only after a timeout.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from storepulse.adapters.settings import PREFIX, Settings, environment
from storepulse.local import ports, processes, service_logs
from storepulse.local.allocator import allocator_environment
from storepulse.local.identities import OPERATOR
from storepulse.local.restart_policy import next_delay

STOP_SECONDS = 20.0


@dataclass(frozen=True)
class ServiceSpec:
    """What to run, and with which identity (see identities.py).

    Services of one `group` are stopped at the same time.
    """

    name: str
    group: str
    program: tuple[str, ...]
    port: int
    variable: str
    health: str
    extra: Mapping[str, str] = field(default_factory=dict)
    identity: str = OPERATOR

    @property
    def address(self) -> str:
        """The service's URL."""
        return f"http://{ports.LOOPBACK}:{self.port}"


def specifications(settings: Settings) -> list[ServiceSpec]:
    """All services that `up` runs, in the order in which they are stopped."""
    gateway = ServiceSpec(
        name="gateway",
        group="gateway",
        program=_program_of("gateway"),
        port=settings.gateway_port,
        variable="STOREPULSE_GATEWAY_PORT",
        health=_readiness_of(settings.gateway_port),
        identity="gateway",
    )
    query = ServiceSpec(
        name="query",
        group="query",
        program=_program_of("query"),
        port=settings.query_port,
        variable="STOREPULSE_QUERY_PORT",
        health=_readiness_of(settings.query_port),
        extra=_shop_variables(settings),
        identity="query",
    )

    def slots_of(
        name: str, workers: int, port: int, port_variable: str, slot_variable: str
    ) -> list[ServiceSpec]:
        return [
            ServiceSpec(
                name=f"{name}-{slot}" if workers > 1 else name,
                group=name,
                program=_program_of(name),
                port=port + slot,
                variable=port_variable,
                health=_readiness_of(port + slot),
                extra={slot_variable: str(slot), **allocator_environment(name)},
                identity=name,
            )
            for slot in range(workers)
        ]

    agents = slots_of(
        "agents",
        settings.agent_workers,
        settings.agent_metrics_port,
        "STOREPULSE_AGENT_METRICS_PORT",
        "STOREPULSE_AGENT_SLOT",
    )
    delivery = slots_of(
        "delivery",
        settings.delivery_workers,
        settings.delivery_port,
        "STOREPULSE_DELIVERY_PORT",
        "STOREPULSE_DELIVERY_SLOT",
    )
    return [gateway, *agents, *delivery, query]


def _readiness_of(port: int) -> str:
    return f"http://{ports.LOOPBACK}:{port}/readyz"


def _program_of(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "storepulse", name)


def _shop_variables(settings: Settings) -> dict[str, str]:
    """Enables the demo shop, unless a setting decides it."""
    return {} if settings.demo_shop_enabled is not None else {f"{PREFIX}DEMO_SHOP_ENABLED": "true"}


class Service:
    """One running service. Call `step` periodically from the thread that started it."""

    def __init__(
        self,
        spec: ServiceSpec,
        settings: Settings,
        environ: Mapping[str, str],
        terminal: service_logs.Terminal,
    ) -> None:
        """`environ`: the environment in addition to the variables of `settings` and of the
        service."""
        self.spec = spec
        self._environment = {**environ, **environment(settings), **spec.extra}
        self._terminal = terminal
        self.log = settings.home.resolve() / "logs" / f"{spec.name}.log"
        self._pid_file = settings.home.resolve() / "run" / f"{spec.name}.pid"
        self._file = service_logs.BoundedFile(self.log)
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._delay: float | None = None
        self._due_at: float | None = None
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process without waiting until it is healthy."""
        self._process = processes.launch(
            self.spec.program,
            orphan_signal=signal.SIGTERM,
            environment={**self._environment, "PYTHONUNBUFFERED": "1"},
            output=subprocess.PIPE,
        )
        self._started_at = time.monotonic()
        self._due_at = None
        processes.write_pid_file(self._pid_file, self._process.pid)
        if self._process.stdout is not None:
            service_logs.follow(self.spec.name, self._process.stdout, self._file, self._terminal)

    def step(self) -> None:
        """Notice that the process ended, and restart it after the delay."""
        now = time.monotonic()
        if self._due_at is not None:
            if now >= self._due_at:
                self.restarts += 1
                self.start()
        elif self._process is not None and self._process.poll() is not None:
            self._delay = next_delay(self._delay, now - self._started_at)
            self._due_at = now + self._delay
            self._terminal.show(
                self.spec.name,
                f"ended with {_meaning(self._process.returncode)}; again in {self._delay:.0f} s",
            )

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return _words_in(lines[-1].strip()) if lines else "it wrote nothing"

    def ask_to_stop(self) -> None:
        """Send SIGTERM without waiting."""
        self._due_at = None
        if self.pid is not None and self._process is not None:
            self._process.terminate()

    def wait_stopped(self, timeout: float = STOP_SECONDS) -> None:
        """Wait for the process to end, and kill it after `timeout` seconds."""
        if self._process is not None:
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self._terminal.show(self.spec.name, f"does not stop within {timeout:.0f} s: killed")
                self._process.kill()
                self._process.wait()
            self._process = None
        self._pid_file.unlink(missing_ok=True)


def find_process(home: Path, name: str) -> psutil.Process | None:
    """The running process of the service or server `name` of `home`, or None."""
    return processes.read_pid_file(home / "run" / f"{name}.pid")


def _words_in(line: str) -> str:
    """The human-readable part of a log line."""
    try:
        fields = json.loads(line)
        return str(fields.get("reason") or fields["event"])
    except (ValueError, KeyError, AttributeError):
        return line


def _meaning(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
