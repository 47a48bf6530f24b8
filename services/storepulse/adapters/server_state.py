"""Track whether Kafka and PostgreSQL answer this process: metrics, and a log line at each change.

An outage is logged once when it starts and once when it ends, with its duration and the number of
log lines suppressed meanwhile.
"""

from __future__ import annotations

import threading
from time import monotonic

from prometheus_client import Gauge

from storepulse.adapters import metrics
from storepulse.adapters.logging import begin_outage, end_outage, logger

log = logger()


class ServerState:
    """The state of one server. `note` may be called from any thread."""

    def __init__(self, name: str, gauge: Gauge) -> None:
        self._name = name
        self._gauge = gauge
        self._lock = threading.Lock()
        self._since = 0.0
        #: Why the server does not answer; "" while it does, and before the first check.
        self.fault = ""

    def note(self, fault: str) -> None:
        """Record a check: why the server does not answer, or "" if it does."""
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
    """Kafka's state, initially unknown."""
    return ServerState("Kafka", metrics.KAFKA_UP)


def database_state() -> ServerState:
    """PostgreSQL's state, initially unknown."""
    return ServerState("PostgreSQL", metrics.DATABASE_UP)
