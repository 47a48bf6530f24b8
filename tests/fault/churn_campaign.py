"""Rebalances over a backlog: workers join and leave every few seconds while a slow sink keeps the
partitions behind. The case in which a driver loses events while every offset looks right."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

from tests.fault.campaign import Report, play
from tests.fault.faults import slow
from tests.fault.stack import Breakable, open_stack

WORKERS = 3


def rebalances_over_a_backlog(
    servers: Breakable,
    seed: int,
    at_least: int = 60,
    seconds: float = 420.0,
    tell: Callable[[str], None] = print,
) -> tuple[Report, int]:
    """The report, and how many times a worker left or joined: each is a rebalance."""
    rng = random.Random(seed)
    tell(f"rebalances over a backlog, seed {seed}")
    with (
        open_stack(
            servers, workers=WORKERS, query=False, agent_slice_records=500,
            agent_session_timeout_seconds=3.0,
        ) as stack,
        play(stack, seed, events_per_second=250) as playing,
    ):  # fmt: skip
        keeper = stack.keeper
        names = stack.names("agents")
        for name in names:
            keeper.services[name].lasting_failpoints = slow(1.2)
            keeper.send(name, signal.SIGTERM)
        playing.begin()
        changes = 0
        deadline = time.monotonic() + seconds
        while changes < at_least and time.monotonic() < deadline:
            name = rng.choice(names)
            if keeper.services[name].up:
                keeper.take_down(name)
            else:
                keeper.bring_up(name)
            changes += 1
            time.sleep(rng.uniform(2.0, 3.0))
        for name in names:
            keeper.services[name].lasting_failpoints = []
            keeper.bring_up(name)
            keeper.send(name, signal.SIGTERM)
        return playing.settle(), changes
