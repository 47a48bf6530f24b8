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
        self._under_way: set[asyncio.Task[bool]] = set()
        self._count = {
            outcome: metrics.EXPOSURES.labels(outcome).inc
            for outcome in ("stored", "known", "late", "refused")
        }

    async def expose(self, call: Call, exposures: Sequence[tuple[str, Exposure]]) -> bool:
        """Whether all exposures of an answer are stored. Each with its unit."""
        now, known = monotonic(), self._known
        unknown = {
            event_id: exposure
            for unit, exposure in exposures
            if not known.knows(event_id := _id_of(unit, exposure), now)
        }
        if len(unknown) < len(exposures):
            self._count["known"](len(exposures) - len(unknown))
        if not unknown:
            return True
        # It goes on when the answer, or who asked, does not wait any longer.
        task = asyncio.create_task(self._store(call, unknown))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.wait((task,), timeout=self._wait_seconds)
        if not task.done():
            self._count["late"](len(unknown))
            return False
        return task.result()

    async def _store(self, call: Call, exposures: dict[str, Exposure]) -> bool:
        try:
            is_stored = await self._publish(tuple(exposures.values()), call)
        except Rejected as rejected:
            logger().info("exposure_refused", field=rejected.field, reason=rejected.reason)
            is_stored = False
        if is_stored:
            now = monotonic()
            for event_id in exposures:
                self._known.add(event_id, now)
        self._count["stored" if is_stored else "refused"](len(exposures))
        return is_stored


def _id_of(unit: str, exposure: Exposure) -> str:
    return exposure_id(
        exposure.store_id, exposure.test_id, exposure.phase, unit, exposure.variant_id
    )
