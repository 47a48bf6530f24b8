"""Probe of Kafka for a process that reads from it, every two seconds on its own thread.

The consumer retries silently, and its knowledge of the end of the log becomes stale.
"""

from __future__ import annotations

import threading

from confluent_kafka import KafkaException

from storepulse.adapters.kafka.clients import make_admin_client
from storepulse.adapters.server_state import kafka_state
from storepulse.adapters.settings import Settings

EVERY_SECONDS = 2.0
TIMEOUT_SECONDS = 2.0


class KafkaProbe:
    """Asks for one topic's metadata. `state` has the last result."""

    def __init__(self, settings: Settings, name: str, topic: str) -> None:
        self._client = make_admin_client(settings, f"{name}-probe")
        self._topic = topic
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kafka-probe", daemon=True)
        self.state = kafka_state()

    def start(self) -> None:
        """Start to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Stop asking."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.state.note(self._ask())
            self._stopping.wait(EVERY_SECONDS)

    def _ask(self) -> str:
        """Return the fault, or "" if Kafka answers."""
        try:
            self._client.list_topics(topic=self._topic, timeout=TIMEOUT_SECONDS)
        except KafkaException as error:
            return f"no metadata: {error.args[0].name()}"
        return ""
