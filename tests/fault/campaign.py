"""One campaign: a stack, the load, faults, healing, draining, judgement.

`run` is the whole of it; its report has the differences, and what happened. The directed campaigns
of `directed.py` use the same parts in their own order.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from confluent_kafka import KafkaException
from tests.fault import checker, evidence, offsets, outcomes
from tests.fault.derived import DUE, count_derived
from tests.fault.experiments import UNSETTLED
from tests.fault.faults import Fault
from tests.fault.load import Load
from tests.fault.observer import Observer
from tests.fault.plans import RaisedPlan
from tests.fault.scheduler import ALL, Scheduler
from tests.fault.server_faults import revive
from tests.fault.stack import METER_SECONDS, Breakable, Stack, open_stack
from tests.support.waiting import wait_until

DRAIN_SECONDS = 60.0
#: Accepted before anything breaks: a gateway that dies all the time accepts next to nothing.
FIRST_EVENTS = 150
FIRST_SECONDS = 120.0


@dataclass
class Report:
    """What a campaign found."""

    differences: list[str]
    kills: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    outcomes: dict[str, int] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)
    skipped: dict[str, str] = field(default_factory=dict)
    drained_in: float | None = None
    derived: int = 0
    limited: int = 0
    applied: int = 0
    #: Visitors of experiments.
    units: int = 0
    repeats: int = 0
    peaks: dict[str, dict[str, int]] = field(default_factory=dict)

    def __str__(self) -> str:
        counts = ", ".join(f"{n} {letter}" for letter, n in self.outcomes.items())
        return (
            f"{self.kills} kills, faults {dict(self.happened)}; events {counts};"
            f" {self.applied} applied, {self.derived} derived, {self.limited} refused by a plan,"
            f" {self.repeats} published again; {self.units} visitors of experiments;"
            f" drained in"
            f" {self.drained_in if self.drained_in is None else round(self.drained_in, 1)} s;"
            f" endings {dict(self.endings)}; peaks {self.peaks}; {checker.told(self.differences)}"
        )


class Play:
    """A stack under load, with observers; `settle` ends it and judges."""

    def __init__(self, stack: Stack, seed: int, events_per_second: float) -> None:
        self.stack = stack
        self.journal = outcomes.Journal(Path(stack.settings.home) / "journal.jsonl")
        self.load = Load(stack.gateway_urls, self.journal, seed, events_per_second)
        self.plan = RaisedPlan(stack, self.load)
        self.observer = Observer(stack)
        self.faulty = False

    def begin(self, *, with_plan: bool = False) -> None:
        """Starts the load; returns once the first events are accepted. `with_plan`: a store reaches
        the limit of its plan."""
        if with_plan:
            self.plan.begin()
        self.load.start()
        wait_until(
            lambda: self.journal.counts["A"] >= FIRST_EVENTS,
            lambda: f"accepted events: {self.journal.counts}",
            seconds=FIRST_SECONDS,
        )

    def settle(self, *, quiet: bool = False, drain_seconds: float = DRAIN_SECONDS) -> Report:
        """Ends the load, waits until nothing waits, and judges.

        `quiet`: nothing was broken, so that no process may have left by itself and nothing may
        have been published twice.
        """
        self.plan.settle()
        self.load.stop()
        self.load.send_kept(drain_seconds)
        self.journal.close()
        drained_in = wait_drained(self.stack, drain_seconds)
        untold = wait_told(self.stack, drain_seconds)
        if untold == 0:
            wait_drained(self.stack, drain_seconds)
        wait_metered(self.stack)
        wait_settled(self.stack)
        self.observer.stop()
        keeper = self.stack.keeper
        observed = [*self.observer.lines]
        observed += [f"gateway: {line}" for line in self.load.unexpected[:5]]
        if quiet:
            observed += [
                f"left: {e.service} ended by itself with code {e.code}"
                for e in keeper.endings if e.cause == "own"
            ]  # fmt: skip
        found = evidence.gather(
            self.stack.direct,
            self.stack.group,
            outcomes.read(self.journal.path),
            repeats_explained=not quiet,
            is_metered=True,
            drained_in=drained_in,
            observed=observed,
            untold=untold,
            limited=self.load.limited,
        )
        published = sum(len(records) for records in found.events.values())
        return Report(
            checker.check(found),
            kills=keeper.kills,
            endings=Counter(f"{e.cause} {e.code}" for e in keeper.endings),
            outcomes=dict(self.journal.counts),
            drained_in=drained_in,
            applied=len(found.ids),
            derived=count_derived(found),
            units=sum(units for (units,) in found.tables["ab_rollups"].values()),
            limited=self.load.limited,
            repeats=published - len(found.ids),
            peaks=self.observer.peaks,
        )


def wait_metered(stack: Stack) -> None:
    """Until all that was done is metered, and that is stored. Gateways send once an interval, and
    what they sent last may have waited in a spool."""
    time.sleep(2 * METER_SECONDS)

    def is_metered() -> bool:
        with psycopg.connect(stack.direct.dsn) as connection:
            waiting = connection.execute("SELECT count(*)::int FROM usage_unmetered").fetchone()
        return waiting == (0,) and not offsets.waiting(stack)

    wait_until(is_metered, "own work is metered", seconds=DRAIN_SECONDS)


def wait_settled(stack: Stack) -> None:
    """Until the figures of experiments are in line with the beginning of their phases."""

    def is_settled() -> bool:
        with psycopg.connect(stack.direct.dsn) as connection:
            return connection.execute(UNSETTLED).fetchone() == (0,)

    wait_until(is_settled, "experiments are settled", seconds=DRAIN_SECONDS)


@contextmanager
def play(stack: Stack, seed: int, events_per_second: float = 150) -> Iterator[Play]:
    """A play with its load not yet started; whatever happens, its threads end with it."""
    playing = Play(stack, seed, events_per_second)
    playing.observer.start()
    try:
        yield playing
    finally:
        playing.plan.stop()
        playing.load.stop()
        playing.journal.close()
        playing.observer.stop()


def wait_drained(stack: Stack, seconds: float) -> float | None:
    """How long until nothing waited in any partition; None if that took longer than allowed."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            if not offsets.waiting(stack):
                return time.monotonic() - began
        except (KafkaException, psycopg.Error):
            revive(stack)
        time.sleep(0.3)
    return None


def wait_told(stack: Stack, seconds: float) -> int:
    """Waits until the agents' clock has told of every cart that is due; how many it has not."""
    began, due = time.monotonic(), -1
    while due and time.monotonic() - began < seconds:
        try:
            with psycopg.connect(stack.direct.dsn, autocommit=True) as connection:
                due = connection.execute(DUE).fetchall()[0][0]
        except psycopg.Error:
            revive(stack)
        time.sleep(0.3)
    return due


def run(
    servers: Breakable,
    seed: int,
    *,
    seconds: float,
    kills: int | None = None,
    least_kills: int = 0,
    faults: tuple[type[Fault], ...] = ALL,
    plant: str | None = None,
    gateways: int = 2,
    workers: int = 3,
    events_per_second: float = 150,
    tell: Callable[[str], None] = print,
) -> Report:
    """A random campaign from one seed."""
    tell(f"seed {seed}" + (f", planted: {plant}" if plant else ""))
    with (
        open_stack(servers, gateways=gateways, workers=workers, plant=plant) as stack,
        play(stack, seed, events_per_second) as playing,
    ):
        playing.begin(with_plan=True)
        scheduler = Scheduler(stack, seed, faults, tell=tell)
        scheduler.run(seconds, kills, least_kills)
        revive(stack)
        report = playing.settle()
        report.happened, report.skipped = scheduler.happened, scheduler.skipped
    tell(str(report))
    return report
