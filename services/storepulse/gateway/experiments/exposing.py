"""Exposures of answers about tests: stored before the answer says so, and once an hour at most.

An exposure's id follows from what it says, so copies of it have one effect. What is stored since
an hour or less is remembered, so that a visitor's next pages cost it nothing. An answer waits for a
moment only: a page must not be late since tracking is. What was sent by then may still be stored,
which is as if the page had told it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.exposures import exposure_id
from storepulse.gateway.call import Call
from storepulse.gateway.exposures import Exposure

KNOWN_SECONDS = 3_600.0
MOST_KNOWN = 100_000

#: Stores the exposures of a call; whether all of them are stored.
Publish = Callable[[Sequence[Exposure], Call], Awaitable[bool]]
#: Is told whether exposures are stored.
Tell = Callable[[bool], None]


class KnownExposures:
    """The ids of exposures that were stored lately, within bounds."""

    def __init__(self, most: int = MOST_KNOWN, seconds: float = KNOWN_SECONDS) -> None:
        self._most, self._seconds = most, seconds
        #: When each is forgotten; the oldest first.
        self._ends: dict[str, float] = {}

    def knows(self, event_id: str, now: float) -> bool:
        """Whether an exposure was stored lately."""
        return self._ends.get(event_id, now) > now

    def add(self, event_id: str, now: float) -> None:
        """Remembers one that is stored."""
        ends = self._ends
        ends.pop(event_id, None)
        if len(ends) >= self._most:
            del ends[next(iter(ends))]
        ends[event_id] = now + self._seconds


class Exposer:
    """Stores exposures. Lives on the gateway's event loop."""

    def __init__(self, publish: Publish, wait_seconds: float) -> None:
        self._publish = publish
        self._wait_seconds = wait_seconds
        self._known = KnownExposures()
        self._under_way: set[asyncio.Task[None]] = set()
        self._count = {
            outcome: metrics.EXPOSURES.labels(outcome).inc
            for outcome in ("stored", "known", "late", "refused")
        }

    def expose(self, call: Call, exposures: Sequence[tuple[str, Exposure]], tell: Tell) -> None:
        """Stores the exposures of an answer, each with its unit, and tells whether all of them are
        stored: once, now or within the time that an answer waits."""
        now, known = monotonic(), self._known
        unknown = {
            event_id: exposure
            for unit, exposure in exposures
            if not known.knows(event_id := _id_of(unit, exposure), now)
        }
        if len(unknown) < len(exposures):
            self._count["known"](len(exposures) - len(unknown))
        if not unknown:
            tell(True)
            return
        pending = _Pending(tell)
        loop = asyncio.get_running_loop()
        pending.timer = loop.call_later(self._wait_seconds, self._leave, pending, len(unknown))
        # It goes on when the answer, or who asked, does not wait any longer.
        task = loop.create_task(self._store(call, unknown, pending))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _leave(self, pending: _Pending, count: int) -> None:
        """The answer waits no longer."""
        self._count["late"](count)
        pending.settle(False)

    async def _store(self, call: Call, exposures: dict[str, Exposure], pending: _Pending) -> None:
        is_stored = False
        try:
            is_stored = await self._publish(tuple(exposures.values()), call)
        except Rejected as rejected:
            logger().info("exposure_refused", field=rejected.field, reason=rejected.reason)
        except Exception as error:  # noqa: BLE001 - a bug must be seen, and the page be answered
            logger().error("exposure_failed", exc_info=error)
        if is_stored:
            now = monotonic()
            for event_id in exposures:
                self._known.add(event_id, now)
        self._count["stored" if is_stored else "refused"](len(exposures))
        pending.settle(is_stored)


class _Pending:
    """An answer that waits for its exposures."""

    __slots__ = ("_tell", "timer")

    def __init__(self, tell: Tell) -> None:
        self._tell: Tell | None = tell
        self.timer: asyncio.TimerHandle | None = None

    def settle(self, is_stored: bool) -> None:
        """Lets the answer go, the first time."""
        tell, self._tell = self._tell, None
        if tell is not None:
            if self.timer is not None:
                self.timer.cancel()
            tell(is_stored)


def _id_of(unit: str, exposure: Exposure) -> str:
    return exposure_id(
        exposure.store_id, exposure.test_id, exposure.phase, unit, exposure.variant_id
    )
