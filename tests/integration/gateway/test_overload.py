"""Far more than the gateway can store: refused early, the important last, and memory stays flat."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.integration.gateway.conftest import changed
from tests.integration.gateway.own_broker import IN_ONE_WORKER, eventually_direct, freeze, thaw
from tests.integration.gateway.wire import (
    CART_BATCH,
    CARTS,
    CLICK,
    HEATMAP_BATCH,
    connect,
    head,
    post,
    read_answer,
)
from tests.support.services import running
from tests.support.waiting import wait_until

from storepulse.adapters.settings import Settings
from storepulse.local import ports
from storepulse.local.broker import EmbeddedKafka

pytestmark = IN_ONE_WORKER

MAX_IN_FLIGHT = 1_000
TIMEOUT_MS = 1_000
CONNECTIONS = 60
SECONDS = 6.0
EVENTS = 200
#: 4 to 12 MiB were measured, while some 25 MiB of events arrive a second.
GROWTH_MIB = 24


class Flood(threading.Thread):
    """One connection that sends its next batch as soon as it may, for a while."""

    def __init__(self, port: int, request: bytes, ends: float) -> None:
        super().__init__()
        self.port = port
        self.request = request
        self.ends = ends
        self.answers: Counter[int] = Counter()
        self.told_when: set[str | None] = set()

    def run(self) -> None:
        sock: socket.socket = connect(self.port)
        rest = b""
        with sock:
            while time.monotonic() < self.ends:
                sock.sendall(self.request)
                answer, rest = read_answer(sock, rest)
                self.answers[answer.status] += 1
                if answer.status == 503:
                    self.told_when.add(answer.headers.get("retry-after"))
                time.sleep(0.1)


def resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def batch(path: str, event: dict[str, object]) -> bytes:
    body = json.dumps({"events": [event] * EVENTS}).encode()
    return head(path, len(body)) + body


@pytest.mark.parametrize("spool", ["on", "off"])
def test_memory_is_flat_at_many_times_the_load_that_can_be_stored(
    broker: EmbeddedKafka, with_topics: Settings, tmp_path: Path, spool: str
) -> None:
    """With the broker frozen it can store 1,000 events a second at most, and 2 MiB on disk."""
    settings = changed(
        with_topics,
        gateway_port=ports.free_port(),
        home=tmp_path,
        gateway_max_in_flight=MAX_IN_FLIGHT,
        gateway_delivery_timeout_ms=TIMEOUT_MS,
        gateway_spool=spool,
        gateway_spool_max_mb=2,
    )
    with running("gateway", settings) as service:
        port = settings.gateway_port
        eventually_direct(port)
        assert service.process is not None
        pid = service.process.pid
        clicks = batch(HEATMAP_BATCH, CLICK)
        carts = batch(CART_BATCH, {"storeName": "shop", "productTitle": "T" * 200})
        for _ in range(3):
            assert post(port, CARTS, {"storeName": "shop"}).status == 200
        freeze(broker)
        try:
            ends = time.monotonic() + SECONDS
            floods = [
                Flood(port, clicks if number % 2 else carts, ends) for number in range(CONNECTIONS)
            ]
            for flood in floods:
                flood.start()
            time.sleep(SECONDS / 3)
            early = resident_mib(pid)
            most = early
            while any(flood.is_alive() for flood in floods):
                most = max(most, resident_mib(pid))
                time.sleep(0.1)
        finally:
            thaw(broker)
        answers = sum((flood.answers for flood in floods), Counter[int]())
        sent = sum(answers.values()) * EVENTS
        assert set(answers) <= {200, 202, 503}
        assert sent > 5 * MAX_IN_FLIGHT / (TIMEOUT_MS / 1000) * SECONDS, sent
        assert answers[503] > sum(answers.values()) / 2
        told_when = set[str | None]().union(*(flood.told_when for flood in floods))
        assert all(when is not None and int(when) > 0 for when in told_when), told_when
        assert most - early < GROWTH_MIB, (early, most)
        wait_until(lambda: post(port, CARTS, {"storeName": "shop"}).status == 200, "a taken event")
