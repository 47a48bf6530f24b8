"""Whether Kafka and PostgreSQL answer this process: the metrics, and one log line at each change.

Rules: an outage is said once when it begins and once when it ends, with how long it lasted and how
many lines were not written meanwhile.
"""

from __future__ import annotations

import threading
from time import monotonic

from prometheus_client import Gauge

from storepulse.adapters import metrics
from storepulse.adapters.logging import begin_outage, end_outage, logger

log = logger()


class ServerState:
    """One server as this process sees it. `note` may be called from any thread."""

    def __init__(self, name: str, gauge: Gauge) -> None:
        self._name = name
        self._gauge = gauge
        self._lock = threading.Lock()
        self._since = 0.0
        #: Why it does not answer; empty while it does, and until somebody has looked.
        self.fault = ""

    def note(self, fault: str) -> None:
        """What was found just now: why the server does not answer, or "" where it does."""
        with self._lock:
            before, self.fault = self.fault, fault
            self._gauge.set(int(not fault))
            if fault and not before:
                self._since = monotonic()
                log.warning("server_away", server=self._name, reason=fault)
                begin_outage(self._name)
            elif before and not fault:
                lines = end_outage(self._name)
                seconds = round(monotonic() - self._since, 1)
                log.warning(
                    "server_back", server=self._name, seconds=seconds, lines_not_written=lines
                )


def kafka_state() -> ServerState:
    """Kafka's, not yet known."""
    return ServerState("Kafka", metrics.KAFKA_UP)


def database_state() -> ServerState:
    """PostgreSQL's, not yet known."""
    return ServerState("PostgreSQL", metrics.DATABASE_UP)
