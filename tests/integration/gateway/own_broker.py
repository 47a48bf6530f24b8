"""A broker that tests may freeze and kill, since the others' tests must not feel it.

Rules: modules that use it carry `IN_ONE_WORKER`, so that one such broker serves the whole run.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import pytest
from tests.integration.gateway.wire import CLICK, HEATMAP, Answer, get, post
from tests.support.waiting import wait_until

from storepulse.local.broker import EmbeddedKafka

IN_ONE_WORKER = pytest.mark.xdist_group("own-broker")
DELIVERY_SECONDS = 1.5
NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nowhere"


def freeze(broker: EmbeddedKafka) -> None:
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGSTOP)


def thaw(broker: EmbeddedKafka) -> None:
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGCONT)


def eventually_ready(port: int, status: int) -> Answer:
    def answered() -> Answer | None:
        answer = get(port, "/readyz")
        return answer if answer.status == status else None

    return wait_until(answered, f"{status} from /readyz")


def eventually_says(port: int, message: str) -> Answer:
    """Waits until a gateway that starts says why it is not ready in these words."""

    def said() -> Answer | None:
        answer = get(port, "/readyz")
        return answer if message in answer.json.get("detail", "") else None

    return wait_until(said, message, ignoring=ConnectionError)


def eventually_direct(port: int) -> None:
    """Waits until events go to Kafka and not to the spool."""
    wait_until(lambda: get(port, "/readyz").json["checks"]["kafka"]["ok"], "Kafka alone")


def eventually_in_flight(port: int, events: int) -> None:
    """Waits until so many events wait for the broker."""
    line = f"storepulse_ingest_in_flight_events {float(events)}"
    wait_until(lambda: line in get(port, "/metrics").body.decode().splitlines(), line)


class Sending(threading.Thread):
    """One request under way; a click unless told otherwise."""

    def __init__(self, port: int, path: str = HEATMAP, body: Any = CLICK) -> None:
        super().__init__()
        self.port = port
        self.path = path
        self.body = body
        self.answer: Answer | None = None
        self.start()

    def run(self) -> None:
        self.answer = post(self.port, self.path, self.body)

    def result(self) -> Answer:
        self.join(30)
        assert self.answer is not None
        return self.answer
