"""Breaks things while the load runs: which, when and for how long comes from one seed.

Rules: one fault at a time besides kills, which go on while others last; each step is told with its
second, so that a seed and its log can be compared; faults that are impossible here are named once
at the start.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable

import psycopg
from confluent_kafka import KafkaException
from tests.fault.faults import (
    Churn,
    Fault,
    Freeze,
    FreezeInTransaction,
    Kill,
    KillAtFailpoint,
    Redelivery,
)
from tests.fault.poison import Poison
from tests.fault.server_faults import (
    BrokenLink,
    BrokerFreeze,
    BrokerKill,
    Deadlock,
    DiskFull,
    LostCommitReply,
    PostgresCrash,
    SlowLinks,
    TerminatedBackends,
    WrongClock,
)
from tests.fault.stack import Stack

KILLS: tuple[type[Fault], ...] = (Kill, KillAtFailpoint)
ALL: tuple[type[Fault], ...] = (
    *KILLS, Freeze, FreezeInTransaction, Churn, Redelivery, Poison, BrokerKill, BrokerFreeze,
    PostgresCrash, TerminatedBackends, Deadlock, SlowLinks, BrokenLink, LostCommitReply, DiskFull,
    WrongClock,
)  # fmt: skip


class Scheduler:
    """Draws faults until the time is over or enough has been killed."""

    def __init__(
        self,
        stack: Stack,
        seed: int,
        faults: tuple[type[Fault], ...] = ALL,
        pause: tuple[float, float] = (0.2, 1.5),
        tell: Callable[[str], None] = print,
    ) -> None:
        self._stack = stack
        self._rng = random.Random(seed)
        self._pause = pause
        self._tell = tell
        self._began = time.monotonic()
        self.happened: Counter[str] = Counter()
        self.skipped: dict[str, str] = {}
        self._faults: list[type[Fault]] = []
        for fault in faults:
            why_not = fault.impossible(stack)
            if why_not is None:
                self._faults.append(fault)
            else:
                self.skipped[fault.__name__] = why_not
                tell(f"skipped: {fault.__name__}: {why_not}")

    def run(self, seconds: float, kills: int | None = None, least_kills: int = 0) -> None:
        """Returns with everything healed: after `seconds`, or so many kills if they come first.

        Where `least_kills` have not come by then, it waits for them, up to three times as long.
        """
        began = time.monotonic()
        while True:
            passed, done = time.monotonic() - began, self._stack.keeper.kills
            if kills is not None and done >= kills:
                return
            if passed >= seconds and (done >= least_kills or passed >= 3 * seconds):
                return
            chosen = self._rng.choices(self._faults, [f.weight for f in self._faults])[0]
            self.once(chosen)
            time.sleep(self._rng.uniform(*self._pause))

    def once(self, kind: type[Fault]) -> None:
        """One fault, from start to heal."""
        fault = kind(self._stack, self._rng)
        lasting = self._rng.uniform(*kind.seconds)
        try:
            what = fault.start()
        except (psycopg.Error, KafkaException) as error:  # its own tool was broken by the last one
            what = f"did not work: {str(error).splitlines()[0]}"
        self.happened[kind.__name__] += 1
        self._say(f"{kind.__name__}: {what}" + (f", {lasting:.1f} s" if lasting else ""))
        try:
            self._meanwhile(lasting)
        finally:
            fault.heal()

    def _meanwhile(self, lasting: float) -> None:
        end = time.monotonic() + lasting
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, self._rng.uniform(0.5, 2.0)))
            if self._rng.random() < 0.3 and Kill in self._faults:
                self._say(f"meanwhile: {Kill(self._stack, self._rng).start()}")
                self.happened["Kill"] += 1

    def _say(self, what: str) -> None:
        kills = self._stack.keeper.kills
        self._tell(f"{time.monotonic() - self._began:6.1f} s, {kills:4} kills: {what}")
