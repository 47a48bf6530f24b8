"""A day that a test stays within: what services call today is what the test calls so."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

#: Longer than any test of a day's figures takes on a busy machine.
NEEDED_SECONDS = 90.0


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def midnight_of(moment: datetime) -> datetime:
    """When its day began."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def begin_in_a_day(
    seconds: float = NEEDED_SECONDS,
    clock: Callable[[], datetime] = now,
    sleep: Callable[[float], None] = time.sleep,
) -> datetime:
    """When today began. Who comes in the last `seconds` of a day waits for the next one."""
    at = clock()
    left = (midnight_of(at) + timedelta(days=1) - at).total_seconds()
    if left < seconds:
        sleep(left + 0.1)
        at = clock()
    return midnight_of(at)
