"""A plan whose hard limit a store reaches under load, and which is raised while things break.

What the limit refuses is kept and sent again once the plan is raised, as clients are told to do: it
must then be stored once, and nothing of it before. A limit that is reached is told by one event.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from tests.fault.maker import STORES

from storepulse.access.plan_changes import assign_plan, set_plan
from storepulse.access.rules.administration import CLI
from storepulse.domain.plans import PlanLimit

if TYPE_CHECKING:
    from tests.fault.load import Load
    from tests.fault.outcomes import Key
    from tests.fault.stack import Stack

#: A meter of the load's.
METER = "sms_sent"
HARD, RAISED = Decimal(100), Decimal(10) ** 12
REACHED_METER = "plan_limit_reached"
#: The plan is raised after so many refusals, or at the end.
REFUSALS = 5
LONGEST_SECONDS = 20.0
#: The load's events lie back so far at least: before that, this month has none.
_LEAST_AGE = timedelta(hours=3)


def is_reachable(now: datetime) -> bool:
    """Whether the load uses anything in the month of now."""
    return (now - _LEAST_AGE).month == now.month


class RaisedPlan:
    """Gives a store a plan before the load begins, and raises it once some events were refused."""

    def __init__(self, stack: Stack, load: Load) -> None:
        self._dsn = stack.direct.dsn
        self._load = load
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._raise_later, name="plan")

    def begin(self) -> None:
        """The store has a plan with a low limit from now on."""
        store, now = UUID(next(iter(STORES))), datetime.now(UTC)
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            set_plan(connection, CLI, "campaign", {METER: PlanLimit(None, HARD)}, now)
            assign_plan(connection, CLI, store, "campaign", now)
        self._thread.start()

    def settle(self) -> None:
        """Waits for refusals where there were none yet; the plan is raised on return. The load must
        still run, and nothing be broken any more."""
        if self._thread.ident is None:
            return
        until = time.monotonic() + LONGEST_SECONDS * is_reachable(datetime.now(UTC))
        while not self._load.limited and time.monotonic() < until:
            time.sleep(0.1)
        self.stop()

    def stop(self) -> None:
        """Ends the waiting."""
        self._is_over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _raise_later(self) -> None:
        while self._load.limited < REFUSALS and not self._is_over.wait(0.1):
            pass
        until = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < until:
            try:
                with psycopg.connect(self._dsn, autocommit=True) as connection:
                    limits = {METER: PlanLimit(None, RAISED)}
                    set_plan(connection, CLI, "campaign", limits, datetime.now(UTC))
                return
            except psycopg.Error:
                time.sleep(0.2)


def check_limits(fresh: dict[Key, tuple[dict[str, Any], Any]], limited: int) -> Iterator[str]:
    """A limit that was reached is told, and by one event. `limited`: events that were refused."""
    told: Counter[tuple[Any, ...]] = Counter()
    for (store, _), (event, _) in fresh.items():
        if event["stream"] == "usage" and event["meter"] == REACHED_METER:
            said = json.loads(event["metadata"])
            told[store, *(said[name] for name in ("meter", "period", "level", "limit"))] += 1
    for limit, times in told.items():
        if times > 1:
            yield f"limit: {limit} was told {times} times"
    if limited and not told:
        yield f"limit: {limited} events were refused, and no limit was told"
