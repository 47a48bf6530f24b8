"""The time that delivery, limits of plans and the agents' chores work by: the system's, which a
test may move on.

`STOREPULSE_CLOCK_FILE` names a file with a number of seconds to add, so that a test lets 20 hours
of retries pass without sleeping. Nothing reads it in production. A test replaces the file as a
whole: one that cannot be read as a number is an error, never an offset of 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

VARIABLE = "STOREPULSE_CLOCK_FILE"

#: The current time, UTC. What needs it is handed one of these.
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


def clock_of(environ: Mapping[str, str]) -> Clock:
    """The system's clock, or the one that a test moves by the file that `environ` names."""
    path = environ.get(VARIABLE, "")
    return _moved_clock(Path(path)) if path else system_clock


def _moved_clock(file: Path) -> Clock:
    def now() -> datetime:
        return system_clock() + timedelta(seconds=float(file.read_text()))

    return now
