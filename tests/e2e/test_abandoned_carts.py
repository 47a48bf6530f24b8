"""From a beacon to a reminder: the whole way of a cart that was left behind, by a clock that the
test sets, with agents that are killed on the way."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support import commands
from tests.support.inline_commands import run_json
from tests.support.kafka_records import records_of
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import home_key
from storepulse.adapters.clock import VARIABLE as CLOCK
from storepulse.adapters.failpoints import VARIABLE as FAILPOINTS
from storepulse.contracts.topics import load_catalog
from storepulse.domain.stores import store_id_of_domain
from storepulse.exactness.ingest_records import event_of

PAGE = Path(__file__).parents[2] / "docs" / "abandoned-carts.md"
STORE = store_id_of_domain("shop.example")
HOUR_SECONDS = 3_600
PLACES = ("abandoned.before_publish", "abandoned.after_publish", "abandoned.before_commit")
pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture
def clock(world: World) -> Path:
    """Seconds by which the agents' clock is ahead."""
    file = Path(world.settings.home) / "clock"
    file.write_text("0")
    return file


def set_clock(clock: Path, seconds: float) -> None:
    moved = clock.with_suffix(".new")
    moved.write_text(str(seconds))
    moved.replace(clock)


def program_of(monkeypatch: pytest.MonkeyPatch, api: str, key: str, file: Path) -> dict[str, Any]:
    """The names of the program that the page shows, whose reminders are kept."""
    monkeypatch.setenv("API_URL", api)
    monkeypatch.setenv("API_KEY", key)
    monkeypatch.setenv("WEBHOOK_SECRET", "whsec_none")
    monkeypatch.setenv("REMINDERS", str(file))
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0]
    names: dict[str, Any] = {"__name__": "reminders", "reminded": []}
    exec(compile(code, PAGE, "exec"), names)  # noqa: S102 - our own page
    names["remind"] = names["reminded"].append
    return names


@pytest.fixture
def receiver(program: dict[str, Any]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), program["Receiver"])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def program(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    settings = world.settings
    api = f"http://127.0.0.1:{settings.query_port}"
    return program_of(monkeypatch, api, home_key(Path(settings.home)), tmp_path / "rows")


def told(world: World, topic: str) -> list[dict[str, Any]]:
    """Derived events in a topic."""
    found = records_of(world.settings, topic, lambda m: True)
    events = [event_of("activity", m.key(), m.value()) for m in found]
    return [e for e in events if e is not None and e["source"] == "server"]


def test_a_reminder_once_though_agents_are_killed(
    world: World, clock: Path, program: dict[str, Any], receiver: str, tmp_path: Path
) -> None:
    # As in conftest.py: the demo's visitors have addresses.
    settings = world.settings.model_copy(
        update={"trust_forwarded": "first", "gateway_spool_after_ms": 10_000}
    )
    catalog = load_catalog(settings.topic_prefix)
    added = run_json(
        settings, "destinations", "add", "reminders", "--url", receiver, "--stream", "activity",
        "--type", "cart_abandoned", "--type", "checkout_abandoned", "--consent", "marketing",
        "--batch-seconds", "0.1",
    )  # fmt: skip
    program["SECRET"] = added["secret"]
    points = Path(settings.home) / "points"
    extra = {CLOCK: str(clock), FAILPOINTS: str(points)}
    points.write_text("")
    with running("gateway", settings), running("query", settings), running("delivery", settings):
        agents = Service("agents", settings, extra).start().wait_ready()
        try:
            send(settings, carts())
            wait_until(lambda: rows(world) == 4, lambda: f"{rows(world)} rows of carts", seconds=60)
            agents.stop()
            for number, place in enumerate(PLACES):
                points.write_text(f"{place} kill 1\n")
                agents.start()
                set_clock(clock, HOUR_SECONDS + 30)
                assert agents.process is not None
                agents.process.wait(60)
                # Killed before it published, it told nothing; after that, all, once more each time.
                assert len(told(world, catalog.ingest("activity"))) == 3 * number
            points.write_text("")
            agents.start().wait_ready()
            events = catalog.events("activity")
            wait_until(lambda: len(told(world, events)) == 3, "three events", seconds=60)
            wait_until(lambda: seen(program) == 2, lambda: f"{seen(program)} events", seconds=60)
            program["send_waiting"]()
            sessions = {e["session_id"]: e["type"] for e in program["reminded"]}
            assert sessions == {"s-left": "cart_abandoned", "s-began": "checkout_abandoned"}
            # Of a shop full of visitors the clock tells meanwhile: no figure is another for it.
            demo = commands.demo_arguments(tmp_path / "demo.json", 2612, 1500, "--verify")
            manifest = commands.demo_result(commands.run(settings, *demo))
            assert (manifest["totals"]["fresh"], manifest["wrong_figures"]) == (1500, [])
            wait_until(lambda: due(world) == 0, lambda: f"{due(world)} carts are due", seconds=60)
            code, out, err = commands.run(
                settings, "audit", "--wait", "60", "--recount", "--json", seconds=120
            )
            assert (code, json.loads(out)["findings"]) == (0, []), err
            derived = {e["event_id"] for e in told(world, catalog.ingest("activity"))}
            assert len(derived) > 5
            fresh = manifest["streams"]["activity"]["fresh"]
            assert applied(world) == fresh + len(carts()) + len(derived)
            listed = httpx.get(
                f"http://127.0.0.1:{settings.query_port}/api/carts/sessions",
                params={"store_id": STORE},
                headers={"x-api-key": home_key(Path(settings.home))},
            ).json()
            states = {cart["session_id"]: cart["state"] for cart in listed["data"]}
            assert states == {
                "s-left": "abandoned", "s-began": "abandoned", "s-silent": "abandoned",
                "s-bought": "purchased",
            }  # fmt: skip
        finally:
            agents.stop()


def carts() -> list[dict[str, Any]]:
    """What four visitors do; one has not consented, and one buys."""

    def act(session: str, kind: str, marketing: str = "granted", **own: Any) -> dict[str, Any]:
        return {
            "store_id": STORE, "session_id": session, "visitor_id": f"v-{session}",
            "activity_type": kind, "consent": {"marketing": marketing}, "product_id": "p-1",
        } | own  # fmt: skip

    return [
        act("s-left", "add_to_cart", value="9.90", currency="EUR"),
        act("s-began", "add_to_cart"),
        act("s-began", "checkout_start"),
        act("s-silent", "add_to_cart", "denied"),
        act("s-bought", "add_to_cart"),
        act("s-bought", "purchase", order_id="1001"),
    ]


def send(settings: Any, beacons: list[dict[str, Any]]) -> None:
    url = f"http://127.0.0.1:{settings.gateway_port}/api/customer-activity"
    for beacon in beacons:
        assert httpx.post(url, json=beacon).status_code == 202


def number(world: World, query: str) -> int:
    with world.connect() as connection:
        (row,) = connection.execute(query.encode()).fetchall()
    return int(row[0])


def rows(world: World) -> int:
    return number(world, "SELECT count(*) FROM session_carts")


def due(world: World) -> int:
    """By the agents' clock."""
    return number(
        world, "SELECT count(*) FROM session_carts WHERE due_at <= now() + interval '1 hour'"
    )


def applied(world: World) -> int:
    return number(world, "SELECT sum(applied) FROM ledger_counts WHERE stream = 'activity'")


def seen(program: dict[str, Any]) -> int:
    connection = program["open_rows"]()
    try:
        return int(connection.execute("SELECT count(*) FROM reminders").fetchone()[0])
    finally:
        connection.close()
