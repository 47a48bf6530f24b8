"""Short campaigns, each made to bring out one kind of bug: planted, it must be found; else all is
exact. Each is a function of a play on a fresh stack; the table says which serves which bug.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psutil
from tests.fault.campaign import DRAIN_SECONDS, Play, Report, play, wait_drained
from tests.fault.faults import is_stopped
from tests.fault.poison import Poison
from tests.fault.stack import Breakable, open_stack
from tests.support.waiting import wait_until

#: A planted bug may leave records behind for ever: no need to wait a minute for that.
PLANTED_DRAIN_SECONDS = 12.0


@dataclass(frozen=True)
class Directed:
    """A scenario. `quiet`: it breaks nothing, so that every repeat or departure is a fault.

    `planted_drain_seconds`: how long a planted bug may take to let everything through after all.
    """

    run: Callable[[Play], None]
    quiet: bool = False
    workers: int = 1
    planted_drain_seconds: float = PLANTED_DRAIN_SECONDS
    settings: dict[str, Any] = field(default_factory=dict)


def ordinary(playing: Play) -> None:
    """Load with repeats and conflicts, and some poison."""
    playing.begin()
    time.sleep(2)
    Poison(playing.stack, random.Random(1)).start()
    Poison(playing.stack, random.Random(2)).start()
    time.sleep(2)


def database_away(playing: Play) -> None:
    """PostgreSQL is away while the last events arrive."""
    playing.begin()
    time.sleep(2)
    postgres = playing.stack.servers.postgres
    postgres.stop("immediate")
    time.sleep(2)
    playing.load.stop()
    time.sleep(2)
    postgres.start()


def gateway_dies_without_broker(playing: Play) -> None:
    """The broker is away, the gateway still takes beacons, and ends by kill -9."""
    playing.begin()
    time.sleep(2)
    stack = playing.stack
    stack.servers.kafka.kill()
    time.sleep(2)
    stack.keeper.send("gateway-0", signal.SIGKILL)
    stack.servers.kafka.start()
    time.sleep(2)


def broker_dies_unread(playing: Play) -> None:
    """The broker freezes and ends by kill -9: what lay in its sockets is gone."""
    playing.begin()
    time.sleep(2)
    kafka = playing.stack.servers.kafka
    assert kafka.pid is not None
    psutil.Process(kafka.pid).suspend()
    time.sleep(2)
    kafka.kill()
    kafka.start()
    time.sleep(2)


def slow_commits(playing: Play) -> None:
    """Each slice waits before its commit, longer than Kafka's commits are apart."""
    service = playing.stack.keeper.services["agents-0"]
    service.lasting_failpoints = [f"slices.before_commit delay:1.5 {n}" for n in range(1, 9)]
    playing.stack.keeper.take_down("agents-0")
    playing.stack.keeper.bring_up("agents-0")
    playing.stack.keeper.wait_ready()
    playing.begin()
    time.sleep(3)


def killed_after_commit(playing: Play) -> None:
    """Nothing but poison waits, and the worker ends right after its first commit."""
    keeper = playing.stack.keeper
    playing.begin()
    playing.load.stop()
    wait_drained(playing.stack, 30)
    keeper.take_down("agents-0")
    for n in range(6):
        Poison(playing.stack, random.Random(n)).start()
    keeper.services["agents-0"].failpoints = ["slices.after_commit kill 1"]
    keeper.bring_up("agents-0")
    wait_until(
        lambda: any(ending.cause == "failpoint" for ending in keeper.endings), "the failpoint"
    )
    keeper.wait_ready()


def backlog(playing: Play) -> None:
    """A backlog in small slices, every other one late."""
    keeper = playing.stack.keeper
    keeper.take_down("agents-0")
    playing.begin()
    time.sleep(4)
    playing.load.stop()
    keeper.services["agents-0"].failpoints = [
        f"slices.before_transaction delay:0.4 {n}" for n in range(1, 120, 2)
    ]
    keeper.bring_up("agents-0")
    keeper.wait_ready()


def churn(playing: Play) -> None:
    """Workers leave and join over a backlog."""
    keeper = playing.stack.keeper
    playing.begin()
    for _ in range(2):
        keeper.take_down("agents-0")
        time.sleep(2)
        keeper.bring_up("agents-0")
        keeper.wait_ready()
        time.sleep(3)
    playing.load.stop()
    wait_drained(playing.stack, 5)


def frozen_for_good(playing: Play) -> None:
    """A worker falls asleep amid a COPY and is never woken: the other must get its partitions."""
    keeper = playing.stack.keeper
    frozen = keeper.services["agents-1"]
    frozen.failpoints = ["slices.amid_copy stop 20"]
    keeper.take_down("agents-1")
    keeper.bring_up("agents-1")
    keeper.wait_ready()
    playing.begin()
    wait_until(lambda: frozen.pid is not None and is_stopped(frozen.pid), "the failpoint")
    time.sleep(3)


SMALL_SLICES = {"agent_slice_records": 20}
SCENARIOS = {
    "ordinary": Directed(ordinary, quiet=True),
    "database_away": Directed(database_away),
    "gateway_dies_without_broker": Directed(gateway_dies_without_broker),
    "broker_dies_unread": Directed(broker_dies_unread),
    "slow_commits": Directed(slow_commits, quiet=True),
    "killed_after_commit": Directed(killed_after_commit),
    "backlog": Directed(backlog, quiet=True, settings={"agent_slice_records": 5}),
    "frozen_for_good": Directed(frozen_for_good, workers=2, planted_drain_seconds=DRAIN_SECONDS),
    "churn": Directed(churn, quiet=True, workers=2, settings=SMALL_SLICES),
}
#: Planted bug -> the scenario that brings it out, and how the checker names what it finds.
BUGS = {
    "ack_on_error": ("database_away", "ledger:"),
    "concurrency_2": ("backlog", "lost or doubled:"),
    "commit_first": ("slow_commits", "order:"),
    "no_dedupe": ("ordinary", "table "),
    "high_water": ("churn", "lost or doubled:"),
    "early_answer": ("gateway_dies_without_broker", "accepted:"),
    "acks_0": ("broker_dies_unread", "accepted:"),
    "acked_decode_errors": ("ordinary", "dead letter:"),
    "letter_not_awaited": ("killed_after_commit", "dead letter:"),
    "new_id_on_retry": ("ordinary", "unknown:"),
    "dropped_fetch": ("churn", "gap:"),
    "held_for_good": ("frozen_for_good", "lag:"),
}


def run(servers: Breakable, scenario: str, plant: str | None = None, seed: int = 7) -> Report:
    """One directed campaign, with a planted bug or without."""
    chosen = SCENARIOS[scenario]
    with (
        open_stack(
            servers, workers=chosen.workers, query=False, plant=plant, **chosen.settings
        ) as stack,
        play(stack, seed, events_per_second=200) as playing,
    ):
        chosen.run(playing)
        drain = chosen.planted_drain_seconds if plant else DRAIN_SECONDS
        return playing.settle(quiet=chosen.quiet, drain_seconds=drain)


def find_planted(servers: Breakable, bug: str) -> str:
    """Runs the campaign that brings a planted bug out; gives what the checker said of it."""
    scenario, found_as = BUGS[bug]
    report = run(servers, scenario, plant=bug)
    assert report.applied, f"nothing went through, so another bug was found: {report}"
    found = [line for line in report.differences if line.startswith(found_as)]
    assert found, str(report)
    return f"{bug}, by {scenario}: {found[0]}"
