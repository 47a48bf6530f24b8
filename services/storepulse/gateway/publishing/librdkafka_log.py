"""librdkafka's own log lines, few of them: a broker that is away is told every few milliseconds."""

from __future__ import annotations

import logging
from time import monotonic

REPORT_SECONDS = 10.0


class _Seldom(logging.Filter):
    """Lets one line through in a while."""

    def __init__(self) -> None:
        super().__init__()
        self._last = -REPORT_SECONDS

    def filter(self, record: logging.LogRecord) -> bool:
        now = monotonic()
        if now - self._last < REPORT_SECONDS:
            return False
        self._last = now
        return True


def librdkafka_log() -> logging.Logger:
    """librdkafka's own lines as ours, so that no bare text gets between structured logs."""
    log = logging.getLogger("librdkafka")
    if not log.filters:
        log.addFilter(_Seldom())
    return log
