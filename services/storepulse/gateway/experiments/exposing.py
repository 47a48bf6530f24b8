"""Exposures of answers about tests: stored before the answer says so, and once an hour at most.

An exposure's id follows from what it says, so copies of it have one effect. What the broker has
taken within the last hour is remembered, so that a visitor's next pages cost it nothing. An answer
waits for a moment only: a page must not be late since tracking is. What was sent by then may still
be stored, which is as if the page had told it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import NamedTuple

from storepulse.adapters import metrics
from storepulse.domain.experiments.exposures import exposure_id
from storepulse.domain.experiments.serving import ServedTest
from storepulse.gateway.call import Call

KNOWN_SECONDS = 3_600.0
MOST_KNOWN = 100_000


class Exposure(NamedTuple):
    """Somebody sees a variant of a test. Of visitor and session one is there, else ""."""

    test: ServedTest
    index: int
    unit: str
    visitor_id: str
    session_id: str

    @property
    def event_id(self) -> str:
        """The id of the event that tells it."""
        test = self.test
        variant = test.variants[self.index].variant_id
        return exposure_id(test.store_id, test.test_id, test.phase, self.unit, variant)


#: Sends the exposures of a call to storage; then says whether all of them are stored, once.
Publish = Callable[[Call, Sequence[Exposure], Callable[[bool], None]], None]


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
        self._count = {
            outcome: metrics.EXPOSURES.labels(outcome).inc
            for outcome in ("stored", "known", "late", "refused")
        }

    async def expose(self, call: Call, exposures: Sequence[Exposure]) -> bool:
        """Whether all exposures of an answer are stored."""
        now = monotonic()
        unknown = [one for one in exposures if not self._known.knows(one.event_id, now)]
        if len(unknown) < len(exposures):
            self._count["known"](len(exposures) - len(unknown))
        if not unknown:
            return True
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._publish(call, unknown, lambda is_stored: self._settle(unknown, stored, is_stored))
        if not stored.done():
            await asyncio.wait((stored,), timeout=self._wait_seconds)
        if not stored.done():
            self._count["late"](len(unknown))
            return False
        outcome = "stored" if stored.result() else "refused"
        self._count[outcome](len(unknown))
        return stored.result()

    def _settle(
        self, exposures: Sequence[Exposure], stored: asyncio.Future[bool], is_stored: bool
    ) -> None:
        """Takes the outcome, also one that comes too late for the answer."""
        if is_stored:
            now = monotonic()
            for exposure in exposures:
                self._known.add(exposure.event_id, now)
        if not stored.done():
            stored.set_result(is_stored)
