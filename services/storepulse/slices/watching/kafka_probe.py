"""Whether Kafka answers a process that reads from it, asked every two seconds in a thread.

The consumer itself tries again without a word, and what it knows of the log's end grows old.
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
    """Asks about one topic. `state` says what was found last."""

    def __init__(self, settings: Settings, name: str, topic: str) -> None:
        self._client = make_admin_client(settings, f"{name}-probe")
        self._topic = topic
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kafka-probe", daemon=True)
        self.state = kafka_state()

    def start(self) -> None:
        """Begins to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Asks no more."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.state.note(self._ask())
            self._stopping.wait(EVERY_SECONDS)

    def _ask(self) -> str:
        """Why it does not answer; "" where it does."""
        try:
            self._client.list_topics(topic=self._topic, timeout=TIMEOUT_SECONDS)
        except KafkaException as error:
            return f"no metadata: {error.args[0].name()}"
        return ""
