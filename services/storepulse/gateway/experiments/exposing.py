"""Exposures of answers about tests: stored before the answer is sent, at most once an hour each.

An exposure's id is derived from its content, so copies have one effect. Exposures of the last hour
are remembered, so that a visitor's next pages do not store them again. An exposure also links its
session to the visitor, so each session of a visitor stores its own. An answer waits only briefly,
because tracking must not delay a page. An exposure that was sent by then may still be stored, as if
the page had sent it.
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

#: Stores a call's exposures and reports whether all of them are stored. Raises Rejected.
Publish = Callable[[Sequence[Exposure], Call, Tell], None]


class ShownVariant(NamedTuple):
    """The identity of an exposure; `variant` is an index, `session_id` "" if unknown."""

    test_id: str
    phase: int
    variant: int
    unit: str
    session_id: str = ""


class KnownExposures:
    """A bounded memory of the exposures that were stored recently."""

    def __init__(self, most: int = MOST_KNOWN, seconds: float = KNOWN_SECONDS) -> None:
        self._most, self._seconds = most, seconds
        #: When each entry expires; the oldest comes first.
        self._ends: dict[ShownVariant, float] = {}

    def knows(self, shown: ShownVariant, now: float) -> bool:
        """Whether an exposure was stored recently."""
        return self._ends.get(shown, now) > now

    def add(self, shown: ShownVariant, now: float) -> None:
        """Remember a stored exposure."""
        ends = self._ends
        ends.pop(shown, None)
        if len(ends) >= self._most:
            del ends[next(iter(ends))]
        ends[shown] = now + self._seconds


class Exposer:
    """Stores exposures. It belongs to the gateway's event loop."""

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
        """Store the exposures of a visitor to variants.

        `tell` is called once, now or within the time that an answer waits, with whether all are
        stored.
        """
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
        """Let the answer go without its exposures."""
        self._count["late"](count)
        pending.settle(False)

    def _settle(
        self, pending: _Pending, tests: Sequence[tuple[ServedTest, ShownVariant]], is_stored: bool
    ) -> None:
        """Record the outcome, also if it comes too late for the answer."""
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
        """Release the answer, the first time."""
        tell, self._tell = self._tell, None
        if tell is not None:
            if self.timer is not None:
                self.timer.cancel()
            tell(is_stored)


def _exposure_of(test: ServedTest, shown: ShownVariant, asker: Asker) -> Exposure:
    variant = test.variants[shown.variant].variant_id
    visitor, session = asker.visitor_id or None, asker.session_id or None
    return Exposure(test.store_id, test.test_id, test.phase, variant, visitor, session)
