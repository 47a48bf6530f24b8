"""While the broker is busy the gateway leaves it the CPU."""

from __future__ import annotations

import time
from pathlib import Path

from tests.integration.gateway.conftest import changed
from tests.integration.gateway.own_broker import (
    IN_ONE_WORKER,
    Sending,
    eventually_in_flight,
    freeze,
    thaw,
)
from tests.integration.gateway.wire import CLICK, HEATMAP, HEATMAP_BATCH, post
from tests.support.services import running
from tests.support.waiting import wait_until

from storepulse.adapters.settings import Settings
from storepulse.local import ports
from storepulse.local.broker import EmbeddedKafka

pytestmark = IN_ONE_WORKER

EVENTS = 50
SECONDS = 0.5


def test_records_that_wait_for_the_broker_keep_no_thread_awake(
    broker: EmbeddedKafka, with_topics: Settings, tmp_path: Path
) -> None:
    settings = changed(
        with_topics,
        gateway_port=ports.free_port(),
        home=tmp_path,
        gateway_spool="off",
        gateway_delivery_timeout_ms=30_000,
    )
    batch = {"events": [CLICK | {"session_id": f"session-{n}"} for n in range(EVENTS)]}
    with running("gateway", settings) as service:
        assert service.process is not None
        pid, port = service.process.pid, settings.gateway_port
        assert post(port, HEATMAP, CLICK).status == 202
        freeze(broker)
        try:
            # The first fills the requests under way, for all partitions; the second waits behind.
            sent = []
            for number in (1, 2):
                sent.append(Sending(port, HEATMAP_BATCH, batch))
                eventually_in_flight(port, number * EVENTS)
            thread = wait_until(lambda: broker_thread(pid), "the broker's thread")
            before = cpu_seconds(thread)
            time.sleep(SECONDS)
            spent = cpu_seconds(thread) - before
        finally:
            thaw(broker)
        assert [request.result().status for request in sent] == [202, 202]
    assert spent < SECONDS / 20, f"{spent:.3f} s of {SECONDS} s"


def broker_thread(pid: int) -> Path | None:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        if (thread / "comm").read_text() == "rdk:broker1\n":
            return thread
    return None


def cpu_seconds(thread: Path) -> float:
    return int((thread / "schedstat").read_text().split()[0]) / 1e9
