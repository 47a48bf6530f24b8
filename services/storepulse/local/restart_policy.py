"""When an ended process is restarted. A pure function, without clock and process.

1 s, then twice as long each time, at most 30 s; a run of a minute or longer resets the delay.
"""

from __future__ import annotations

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 30.0
HEALTHY_AFTER_SECONDS = 60.0


def next_delay(previous: float | None, lived: float) -> float:
    """Seconds to wait before the next start.

    `previous` is the delay before the run that just ended (None: it was the first), `lived` the
    duration of that run in seconds.
    """
    if previous is None or lived >= HEALTHY_AFTER_SECONDS:
        return FIRST_SECONDS
    return min(previous * 2, LONGEST_SECONDS)
