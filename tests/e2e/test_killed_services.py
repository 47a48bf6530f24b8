"""kill -9 of every service in turn, under traffic: no effect is lost and none is doubled."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx
import pytest
from tests.support import accepted_events, commands, subscriber
from tests.support.services import Service
from tests.support.table_comparison import compare_tables
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.demo.parts import PARTS

pytestmark = pytest.mark.timeout(170)
STREAMS = tuple(PARTS)
EVENTS = 4000


def wait_for_the_first_event(gateway: Service) -> None:
    """A demo that finds no gateway at its start ends at once, and a busy machine starts it late."""
    metrics = f"{gateway.url}/metrics"
    wait_until(
        lambda: 'outcome="accepted"' in httpx.get(metrics, timeout=10).text, "the first event"
    )


def test_numbers_are_exact_after_kills(
    world: World, services: dict[str, Service], tmp_path: Path
) -> None:
    manifest = tmp_path / "run.json"
    demo = commands.start(
        world.settings,
        *commands.demo_arguments(manifest, 977, EVENTS, "--rate", "300/s", "--give-up", "60"),
    )
    try:
        wait_for_the_first_event(services["gateway"])
        for name in ("agents", "gateway", "query", "agents", "gateway"):
            time.sleep(1.5)
            assert demo.poll() is None, "the demo ended before all services were killed"
            services[name].kill()
            services[name].start()
    finally:
        result = commands.demo_result(commands.finish(demo, 100))
    assert result["totals"]["fresh"] == EVENTS
    assert result["unanswered"] > 0, "no request met a killed gateway"

    code, out, err = commands.run(
        world.settings, "audit", "--wait", "90", "--recount", "--json", seconds=110
    )
    assert out, err
    assert (code, json.loads(out)["findings"]) == (0, [])

    events = accepted_events.read_events(tmp_path / "run.json.events.ndjson")
    arrived_at: dict[str, int] = {}
    for stream in STREAMS:
        published: set[str] = set()
        for record in subscriber.events(world.settings, stream, "another-team"):
            published.add(record.event_id)
            at = int(record.event["received_at"].timestamp() * 1000)
            arrived_at.setdefault(record.event_id, at)
        assert published == {e["event_id"] for e in events if e["stream"] == stream}
    with world.connect() as connection:
        assert not (found := compare_tables(connection, events, arrived_at)), str(found)
