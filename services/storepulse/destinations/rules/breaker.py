"""The circuit breaker of one destination, as a value.

closed ── 70 % of at least 10 recent outcomes failed ──► open
open ── its wait is over: one request goes out ──► probing
probing ── success ──► closed;  failure ──► open, for twice as long

While it is open no request goes out. Outcomes that arrive all the same belong to requests from
before, and say nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

FAILURE_SHARE = 0.7
LEAST_OUTCOMES = 10
#: Outcomes that are remembered: few enough that an outage shows soon after a good day.
REMEMBERED = 20
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=5)

SUCCESS, FAILURE = ".", "x"


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is remembered of a destination's outcomes.

    `recent` has one character an outcome, oldest first; `opened` counts how often it opened
    without closing in between; `probe_at` is when an open one lets a request through, and
    `probe_until` when a probe that was never heard of again may be repeated.

    `account_fault` is what the destination last said against our account there, "" once it takes
    events again.
    """

    state: Literal["closed", "open", "probing"] = "closed"
    recent: str = ""
    opened: int = 0
    probe_at: datetime | None = None
    probe_until: datetime | None = None
    account_fault: str = ""

    @property
    def others_arrive(self) -> bool:
        """Whether the destination takes events, some requests failing or none."""
        return self.state == "closed" and (SUCCESS in self.recent or FAILURE not in self.recent)

    def allows(self, now: datetime) -> bool:
        """Whether a request may go out. While not closed: this one alone, after `probing`."""
        if self.state == "closed":
            return True
        at = self.probe_at if self.state == "open" else self.probe_until
        return at is not None and at <= now

    def probing(self, until: datetime) -> Breaker:
        """With its probe under way; without an outcome `until` then, another one may go out."""
        return replace(self, state="probing", probe_until=until)

    def with_outcomes(self, outcomes: Sequence[bool], now: datetime) -> Breaker:
        """With the outcomes of some attempts, True for success, in the order they ended."""
        if not outcomes or self.state == "open":
            return self
        if self.state == "probing":
            return Breaker() if any(outcomes) else self._open(now)
        marks = self.recent + "".join(SUCCESS if good else FAILURE for good in outcomes)
        recent = marks[-REMEMBERED:]
        failures = recent.count(FAILURE)
        if len(recent) >= LEAST_OUTCOMES and failures >= FAILURE_SHARE * len(recent):
            return replace(self, recent=recent)._open(now)
        return replace(self, recent=recent)

    def _open(self, now: datetime) -> Breaker:
        wait: timedelta = min(FIRST_WAIT * 2 ** min(self.opened, 16), LONGEST_WAIT)
        return replace(
            self, state="open", opened=self.opened + 1, probe_at=now + wait, probe_until=None
        )
