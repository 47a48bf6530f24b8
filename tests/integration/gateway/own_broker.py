"""A broker that tests may freeze and kill, since the others' tests must not feel it.

Rules: modules that use it carry `IN_ONE_WORKER`, so that one such broker serves the whole run.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from tests.integration.gateway.wire import CLICK, HEATMAP, Answer, get, post

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


def eventually_ready(port: int, status: int, seconds: float = 60) -> Answer:
    deadline = time.monotonic() + seconds
    while True:
        answer = get(port, "/readyz")
        if answer.status == status:
            return answer
        assert time.monotonic() < deadline
        time.sleep(0.1)


def eventually_says(port: int, message: str, seconds: float = 60) -> Answer:
    """Waits until a gateway that starts says why it is not ready in these words."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(ConnectionError):
            answer = get(port, "/readyz")
            if message in answer.json.get("message", ""):
                return answer
        assert time.monotonic() < deadline
        time.sleep(0.1)


def eventually_direct(port: int, seconds: float = 60) -> None:
    """Waits until events go to Kafka and not to the spool."""
    deadline = time.monotonic() + seconds
    while get(port, "/readyz").body != b'{"status":"ready"}':
        assert time.monotonic() < deadline
        time.sleep(0.1)


def eventually_in_flight(port: int, events: int, seconds: float = 60) -> None:
    """Waits until so many events wait for the broker."""
    line = f"storepulse_ingest_in_flight_events {float(events)}"
    deadline = time.monotonic() + seconds
    while line not in get(port, "/metrics").body.decode().splitlines():
        assert time.monotonic() < deadline
        time.sleep(0.05)


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
