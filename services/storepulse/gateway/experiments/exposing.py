"""Exposures of answers about tests: stored before the answer says so, and once an hour at most.

An exposure's id follows from what it says, so copies of it have one effect. What is stored since
an hour or less is remembered, so that a visitor's next pages cost it nothing. It also says whose
the session is, so each session of a visitor tells its own. An answer waits for a
moment only: a page must not be late since tracking is. What was sent by then may still be stored,
which is as if the page had told it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import NamedTuple

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.serving import ServedTest
from storepulse.gateway.call import Call
from storepulse.gateway.experiments.parameters import Asker
from storepulse.gateway.exposures import Exposure, Tell

KNOWN_SECONDS = 3_600.0
MOST_KNOWN = 50_000

#: Stores the exposures of a call, and tells whether all of them are stored. Raises Rejected.
Publish = Callable[[Sequence[Exposure], Call, Tell], None]


class ShownVariant(NamedTuple):
    """What makes an exposure: test, phase, index of the variant, unit, and the session if known."""

    test_id: str
    phase: int
    variant: int
    unit: str
    session_id: str = ""


class KnownExposures:
    """What was stored lately, within bounds."""

    def __init__(self, most: int = MOST_KNOWN, seconds: float = KNOWN_SECONDS) -> None:
        self._most, self._seconds = most, seconds
        #: When each is forgotten; the oldest first.
        self._ends: dict[ShownVariant, float] = {}

    def knows(self, shown: ShownVariant, now: float) -> bool:
        """Whether an exposure was stored lately."""
        return self._ends.get(shown, now) > now

    def add(self, shown: ShownVariant, now: float) -> None:
        """Remembers one that is stored."""
        ends = self._ends
        ends.pop(shown, None)
        if len(ends) >= self._most:
            del ends[next(iter(ends))]
        ends[shown] = now + self._seconds


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

    def expose(
        self, call: Call, asker: Asker, tests: Sequence[tuple[ServedTest, ShownVariant]], tell: Tell
    ) -> None:
        """Stores that somebody is shown variants of tests, and tells whether all of that is stored:
        once, now or within the time that an answer waits."""
        now = monotonic()
        unknown = [one for one in tests if not self._known.knows(one[1], now)]
        if len(unknown) < len(tests):
            self._count["known"](len(tests) - len(unknown))
        if not unknown:
            tell(True)
            return
        pending = _Pending(tell)
        loop = asyncio.get_running_loop()
        pending.timer = loop.call_later(self._wait_seconds, self._leave, pending, len(unknown))

        def settle(is_stored: bool) -> None:
            self._settle(pending, unknown, is_stored)

        try:
            self._publish(
                [_exposure_of(test, shown, asker) for test, shown in unknown], call, settle
            )
        except Rejected as rejected:
            logger().info("exposure_refused", field=rejected.field, reason=rejected.reason)
            settle(False)

    def _leave(self, pending: _Pending, count: int) -> None:
        """The answer waits no longer."""
        self._count["late"](count)
        pending.settle(False)

    def _settle(
        self, pending: _Pending, tests: Sequence[tuple[ServedTest, ShownVariant]], is_stored: bool
    ) -> None:
        """Takes the outcome, also one that comes too late for the answer."""
        if is_stored:
            now = monotonic()
            for _, shown in tests:
                self._known.add(shown, now)
        self._count["stored" if is_stored else "refused"](len(tests))
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


def _exposure_of(test: ServedTest, shown: ShownVariant, asker: Asker) -> Exposure:
    variant = test.variants[shown.variant].variant_id
    visitor, session = asker.visitor_id or None, asker.session_id or None
    return Exposure(test.store_id, test.test_id, test.phase, variant, visitor, session)
