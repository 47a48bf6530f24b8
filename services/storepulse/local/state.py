"""The state of a home's stack, as `status` shows it.

Every answer is current, nothing is cached, and nothing is started or changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import psutil
import psycopg

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.settings import Settings
from storepulse.domain.addresses import without_password
from storepulse.domain.health import ADVICE, Advice
from storepulse.local import broker, health, home_lock, reach, services
from storepulse.local.servers import connected

_SQL = named_sql("local/postgres")


@dataclass(frozen=True)
class PartState:
    """One part of the stack. `pid` and `memory_mb` are None if we do not run it."""

    name: str
    address: str
    status: str
    detail: str
    pid: int | None
    memory_mb: float | None
    advice: Sequence[Advice] = ()

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.status == "ready"

    def as_dict(self) -> dict[str, Any]:
        """The state for JSON."""
        return {"healthy": self.is_healthy, **asdict(self)}


@dataclass(frozen=True)
class StackState:
    """The whole stack; `state` is the supervisor's last description, or "down"."""

    state: str
    pid: int | None
    parts: list[PartState]
    error: str = ""

    @property
    def is_healthy(self) -> bool:
        """Whether all parts are healthy."""
        return self.state == "ready" and all(part.is_healthy for part in self.parts)

    def as_dict(self) -> dict[str, Any]:
        """The state for JSON."""
        return {
            "healthy": self.is_healthy,
            "state": self.state,
            "pid": self.pid,
            "parts": [part.as_dict() for part in self.parts],
            "error": self.error,
        }


def ask_all(settings: Settings) -> StackState:
    """Check every part of the stack of `settings.home`."""
    description = home_lock.find_running(settings.home)
    if description is None:
        last = home_lock.read(settings.home)
        return StackState("down", None, [], last.error if last else "")
    addressed = connected(settings)
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda part: _ask(part, addressed), description.parts))
    return StackState(description.state, description.pid, parts)


def kafka_health(settings: Settings) -> health.ServiceHealth:
    """Whether the brokers answer a metadata request."""
    if not reach.listens(reach.kafka_addresses(settings.kafka_bootstrap_servers)):
        return health.ServiceHealth("down", "nobody listens", (ADVICE["kafka"],))
    if not broker.answers(settings):
        return health.ServiceHealth("down", "does not answer", (ADVICE["kafka"],))
    return health.ServiceHealth("ready")


def postgres_health(dsn: str) -> health.ServiceHealth:
    """Whether the server accepts our login."""
    if not reach.listens(reach.postgres_addresses(dsn)):
        return health.ServiceHealth("down", "nobody listens", (ADVICE["database"],))
    try:
        options = SessionOptions(name="storepulse-status", connect_seconds=3)
        with connect(dsn, options) as connection:
            connection.execute(_SQL["answer"])
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        return health.ServiceHealth("down", reason, (ADVICE["database"],))
    return health.ServiceHealth("ready")


def _ask(part: home_lock.StackPart, settings: Settings) -> PartState:
    if part.name == "kafka":
        answer = kafka_health(settings)
    elif part.name == "postgres":
        answer = postgres_health(settings.dsn)
    else:
        answer = health.ask(part.health, home=settings.home)
    process = services.find_process(settings.home, part.name)
    address = without_password(part.address)
    pid = process.pid if process else None
    return PartState(
        part.name, address, answer.status, answer.detail, pid, _memory(process), answer.advice
    )


def _memory(process: psutil.Process | None) -> float | None:
    """The memory that the end of this process and its children would free, in MiB.

    Proportional (shared pages counted once) if the system reports it, else resident.
    """
    if process is None:
        return None
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            full = one.memory_full_info()
            total += getattr(full, "pss", full.rss)
    except psutil.Error:  # it ended, or its account hides the figure from us
        return None
    return round(total / 2**20, 1)
