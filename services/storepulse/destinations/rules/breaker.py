"""The circuit breaker of one destination, as an immutable value.

closed ── 70 % of at least 10 recent outcomes failed ──► open
open ── its wait is over: one request is sent ──► probing
probing ── success ──► closed;  failure ──► open, for twice as long

While it is open, no request is sent. Outcomes that arrive then belong to earlier requests and are
ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

FAILURE_SHARE = 0.7
LEAST_OUTCOMES = 10
#: Maximum of remembered outcomes; small, so that an outage opens the breaker soon.
REMEMBERED = 20
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=5)

SUCCESS, FAILURE = ".", "x"


@dataclass(frozen=True, slots=True)
class Breaker:
    """The state of a destination's breaker.

    `recent` has one character per outcome, oldest first. `opened` counts how often the breaker
    opened without closing in between. `probe_at` is when an open breaker allows a request,
    `probe_until` when a probe without an outcome may be repeated.

    `account_fault` is the destination's last error about our account there, "" once it accepts
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
        """Whether the destination accepts events, even if some requests fail."""
        return self.state == "closed" and (SUCCESS in self.recent or FAILURE not in self.recent)

    def allows(self, now: datetime) -> bool:
        """Whether a request may be sent; only one, after `probing`, unless it is closed."""
        if self.state == "closed":
            return True
        at = self.probe_at if self.state == "open" else self.probe_until
        return at is not None and at <= now

    def probing(self, until: datetime) -> Breaker:
        """A copy with a probe under way. Without an outcome by `until`, another may be sent."""
        return replace(self, state="probing", probe_until=until)

    def with_outcomes(self, outcomes: Sequence[bool], now: datetime) -> Breaker:
        """A copy with more outcomes, True for success, in the order in which the attempts ended."""
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
