"""The clock of delivery, plan limits and the agents' periodic work. A test can shift it.

`STOREPULSE_CLOCK_FILE` names a file with a number of seconds to add, so that a test lets 20 hours
of retries pass without sleeping. It is not used in production. A test replaces the file atomically:
content that is not a number is an error, never an offset of 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

VARIABLE = "STOREPULSE_CLOCK_FILE"

#: The current time in UTC. It is passed to code that needs it.
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


def clock_of(environ: Mapping[str, str]) -> Clock:
    """The system's clock, or the one shifted by the file that `environ` names."""
    path = environ.get(VARIABLE, "")
    return _moved_clock(Path(path)) if path else system_clock


def _moved_clock(file: Path) -> Clock:
    def now() -> datetime:
        return system_clock() + timedelta(seconds=float(file.read_text()))

    return now
