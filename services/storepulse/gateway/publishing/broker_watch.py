"""Whether the broker takes writes, according to deliveries, librdkafka and a probe.

A probe in its own thread asks for metadata while no delivery has succeeded lately. After a failed
delivery, a broker that answers is only suspect. If another component can try a write (`has_trial`),
that write decides, and no live event is risked. A fatal error (idempotence lost) is final.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.adapters.server_state import kafka_state

PROBE_SECONDS = 1.0
#: The broker needs no probe if the last success is younger than this.
FRESH_SECONDS = 5.0
PROBE_TIMEOUT_SECONDS = 2.0
#: One failed probe at startup does not mean that the broker is away.
PROBES_AT_START = 2


class BrokerWatch:
    """The broker's state, set from the event loop and from the probe's thread.

    `is_reachable`: the broker answers, whether or not it takes writes. `unready_reason`: why it
    cannot be written. `fatal`: why the process has to be replaced.
    """

    def __init__(self, topics: frozenset[str]) -> None:
        self._topics = topics
        self._log = logger()
        self._stopping = threading.Event()
        self._probe_now = threading.Event()
        self._last_success = -FRESH_SECONDS
        self._state = kafka_state()
        self._probes = 0
        self._is_suspect = False
        self.is_reachable = False
        self.is_writable = False
        self.unready_reason = "not started"
        self.fatal: str | None = None
        #: Whether another component will try a write.
        self.has_trial: Callable[[], bool] = lambda: False

    def start(self, list_topics: Callable[..., Any]) -> None:
        """Start to probe. `list_topics` is a producer's method."""
        self._list_topics = list_topics
        self._thread = threading.Thread(target=self._run, name="kafka-probe", daemon=True)
        self._thread.start()

    def request_stop(self) -> None:
        """Ask the probe to end."""
        self._stopping.set()
        self._probe_now.set()

    def join(self) -> None:
        """Wait for the probe's end."""
        self._thread.join(PROBE_TIMEOUT_SECONDS + 1)

    @property
    def is_stopping(self) -> bool:
        """Whether `request_stop` was called."""
        return self._stopping.is_set()

    @property
    def is_known(self) -> bool:
        """Whether `is_writable` reflects more than the initial state."""
        return self.is_writable or self._probes >= PROBES_AT_START

    # ---- what the publisher calls -----------------------------------------------------------

    def note_success(self) -> None:
        """Record that a delivery succeeded."""
        self._last_success = monotonic()
        if not self.is_writable and self.fatal is None:
            self._is_suspect = False
            self._set_writable(None)

    def suspect(self, reason: str) -> None:
        """Stop writes after a failed or slow delivery, until the broker is trusted again."""
        self._is_suspect = True
        self._set_writable(reason)

    def note_error(self, error: KafkaError) -> None:
        """Handle an error of librdkafka that is not fatal and belongs to no delivery."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN and self.fatal is None:
            # Possibly an idle connection that ended: the probe checks at once.
            self.is_reachable = False
            self._set_writable("no broker is connected")
            self._probe_now.set()

    def note_fatal(self, reason: str) -> bool:
        """Record that the producer is unusable. False if that was already known."""
        if self.fatal is not None:
            return False
        self.fatal = reason
        self._set_writable(f"fatal: {reason}")
        self._log.error("kafka_fatal", reason=reason)
        return True

    # ---- the probe --------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            if monotonic() - self._last_success >= FRESH_SECONDS or not self.is_writable:
                reason = self._probe()
                self.is_reachable = reason is None
                if self.is_reachable and self._is_suspect and self.has_trial():
                    reason = "it answers, but the last delivery failed"
                if not self._stopping.is_set() and self.fatal is None:
                    self._set_writable(reason)
            self._probes += 1
            self._probe_now.wait(PROBE_SECONDS if self.is_writable else PROBE_SECONDS / 4)
            self._probe_now.clear()

    def _probe(self) -> str | None:
        """Why the broker cannot be used, according to its metadata."""
        try:
            metadata = self._list_topics(timeout=PROBE_TIMEOUT_SECONDS)
        except KafkaException as error:
            return f"no metadata: {error.args[0].name()}"
        missing = sorted(self._topics - metadata.topics.keys())
        return f"missing topics: {', '.join(missing)}" if missing else None

    def _set_writable(self, unready_reason: str | None) -> None:
        self.is_writable = unready_reason is None
        self.unready_reason = unready_reason or ""
        metrics.KAFKA_WRITABLE.set(int(self.is_writable))
        self._state.note(self.unready_reason)
