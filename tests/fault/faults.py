"""What can go wrong with processes and workers, one small class a fault, each with start and heal.

Rules: `start` breaks, `heal` makes whole, and both may be called from the scheduler's thread only;
a fault draws all its choices from the random source that it is given; `impossible` says in one
line why a fault cannot happen here. Whatever a fault does, no accepted event may be lost to it.
"""

from __future__ import annotations

import random
import signal
import time
from dataclasses import dataclass
from typing import ClassVar

import psutil
from tests.fault.stack import Stack

AGENT_FAILPOINTS = (
    "slices.before_transaction", "slices.amid_copy", "agents.after_copy", "agents.after_rows",
    "agents.before_publish", "agents.after_publish", "slices.before_commit",
    "abandoned.before_publish", "abandoned.after_publish", "abandoned.before_commit",
    "slices.after_commit", "slices.before_ack", "slices.before_kafka_commit",
    "slices.after_kafka_commit",
)  # fmt: skip
GATEWAY_FAILPOINTS = ("gateway.before_produce", "gateway.after_ack")
SESSION_SECONDS = 6.0


@dataclass
class Fault:
    """One kind of fault. `weight` in the draw; `seconds` that it lasts, least and most."""

    weight: ClassVar[float] = 1.0
    seconds: ClassVar[tuple[float, float]] = (0.0, 0.0)
    stack: Stack
    rng: random.Random

    @classmethod
    def impossible(cls, stack: Stack) -> str | None:
        """Why it cannot happen here, None where it can."""
        del stack
        return None

    def start(self) -> str:
        """Breaks something; says what."""
        raise NotImplementedError

    def heal(self) -> None:
        """Makes it whole again."""

    def a_service(self, command: str | None = None) -> str:
        """Some service: agents mostly, since they do most."""
        command = command or self.rng.choices(("agents", "gateway", "query"), (7, 3, 1))[0]
        names = self.stack.names(command) or self.stack.names("agents")
        return self.rng.choice(names)


class Kill(Fault):
    """Processes end at a random moment, by SIGKILL or SIGTERM."""

    weight = 12.0

    def start(self) -> str:
        number = self.rng.choices((signal.SIGKILL, signal.SIGTERM), (4, 1))[0]
        names = sorted({self.a_service() for _ in range(self.rng.choice((1, 1, 2, 3)))})
        for name in names:
            self.stack.keeper.send(name, number)
        return f"{number.name} {' '.join(names)}"


class KillAtFailpoint(Fault):
    """A process ends, and its successor ends at a named step of its work."""

    weight = 8.0

    def start(self) -> str:
        command = self.rng.choices(("agents", "gateway"), (5, 1))[0]
        name = self.a_service(command)
        point = self.rng.choice(AGENT_FAILPOINTS if command == "agents" else GATEWAY_FAILPOINTS)
        nth = self.rng.choice((1, 1, 2, 3, 7))
        self.stack.keeper.services[name].failpoints = [f"{point} kill {nth}"]
        self.stack.keeper.send(name, signal.SIGKILL)
        return f"{name} at {point}, time {nth}"


class Freeze(Fault):
    """A worker sleeps longer than its session and wakes when its partitions are another's."""

    seconds = (SESSION_SECONDS + 1, SESSION_SECONDS + 4)
    _name = ""

    def start(self) -> str:
        self._name = self.a_service("agents")
        self.stack.keeper.send(self._name, signal.SIGSTOP)
        return self._name

    def heal(self) -> None:
        self.stack.keeper.send(self._name, signal.SIGCONT)


class FreezeInTransaction(Freeze):
    """The same, inside a slice's transaction: it holds the ledger's row."""

    def start(self) -> str:
        self._name = self.a_service("agents")
        point = self.rng.choice(("agents.after_rows", "agents.after_publish", "slices.before_ack"))
        self.stack.keeper.services[self._name].failpoints = [
            f"{point} stop {self.rng.choice((1, 3))}"
        ]
        self.stack.keeper.send(self._name, signal.SIGKILL)
        return f"{self._name} at {point}"

    def heal(self) -> None:
        """Wakes it; where it never came to sleep, it must not do so when nobody wakes it."""
        pid = self.stack.keeper.services[self._name].pid
        asleep = pid is not None and is_stopped(pid)
        self.stack.keeper.send(self._name, signal.SIGCONT if asleep else signal.SIGKILL)


def is_stopped(pid: int) -> bool:
    """Whether a process sleeps by SIGSTOP."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return False


class Churn(Fault):
    """Workers leave and join every few seconds, over a backlog that a slow sink makes."""

    weight = 1.0
    seconds = (0.0, 1.0)
    turns = 4

    def start(self) -> str:
        keeper, names = self.stack.keeper, self.stack.names("agents")
        if len(names) < 2:
            return "one worker cannot take turns"
        for name in names:
            keeper.services[name].lasting_failpoints = slow(0.2)
        for _ in range(self.turns):
            name = self.rng.choice(names)
            keeper.take_down(name)
            time.sleep(self.rng.uniform(0.5, 1.5))
            keeper.bring_up(name)
            time.sleep(self.rng.uniform(1.0, 2.0))
        return f"{2 * self.turns} leaves and joins"

    def heal(self) -> None:
        for name in self.stack.names("agents"):
            self.stack.keeper.services[name].lasting_failpoints = []
            self.stack.keeper.send(name, signal.SIGTERM)


def slow(seconds: float, slices: int = 400) -> list[str]:
    """Failpoints that make each slice take longer."""
    return [f"agents.after_rows delay:{seconds} {n}" for n in range(1, slices + 1)]


class Redelivery(Fault):
    """The group's offsets go back to the beginning: every topic is delivered once more."""

    seconds = (0.0, 0.0)

    def start(self) -> str:
        from tests.fault.offsets import rewind

        for name in self.stack.names("agents"):
            self.stack.keeper.take_down(name)
        moved = rewind(self.stack)
        for name in self.stack.names("agents"):
            self.stack.keeper.bring_up(name)
        return f"{moved} partitions from 0"
