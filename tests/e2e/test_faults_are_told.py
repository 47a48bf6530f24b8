"""A fault is told by `/readyz`, by `storepulse status` and by the alerts alike, and ends alike.

The whole stack on servers of its own; each test breaks one thing and repairs it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from click.testing import CliRunner
from confluent_kafka import Producer
from tests.support.scrapes import Scrape, assert_firing, scrape
from tests.support.services import Service
from tests.support.waiting import wait_until

from storepulse.access import keys
from storepulse.adapters.kafka import topics as topics_admin
from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.metrics import Process
from storepulse.adapters.postgres import migrations
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.secret_box import SecretBox
from storepulse.adapters.settings import Settings, environment
from storepulse.cli import status
from storepulse.contracts.topics import load_catalog
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.table import changes
from storepulse.domain.health import ADVICE, DOWN, CheckName
from storepulse.domain.identity import uuid7, uuid7_prefix
from storepulse.domain.signing import new_secret
from storepulse.local import home_lock, ports
from storepulse.local.servers import Servers, start_servers, temporary_home

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("faults_are_told")]

SPOOL_DISK_MB = 160
#: Lines of a service in an outage.
MOST_LINES = 10
CLICK = {"storeName": "faults", "pageUrl": "https://shop.example/", "type": "click", "x": 1, "y": 2}
BEACON = {"storeName": "faults", "productId": "1"}


@dataclass
class Stack:
    """Servers and services, and what they say."""

    servers: Servers
    settings: Settings
    services: dict[str, Service] = field(default_factory=dict)

    def readiness(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(self.services[name].url + "/readyz", timeout=10).json()
        return found

    def statuses(self) -> dict[str, str]:
        """What each service says of itself; "down" where it says nothing."""
        found = {}
        for name in self.services:
            try:
                found[name] = self.readiness(name)["status"]
            except httpx.HTTPError:
                found[name] = "down"
        return found

    def fields(self) -> tuple[int, dict[str, Any], str]:
        """`storepulse status`: exit code, its JSON by part, its text."""
        parts = [
            home_lock.StackPart(name, service.url, service.url + "/readyz")
            for name, service in self.services.items()
        ]
        parts.append(home_lock.StackPart("kafka", self.settings.kafka_bootstrap_servers))
        parts.append(home_lock.StackPart("postgres", self.settings.dsn))
        runner = CliRunner(env=environment(self.settings))
        with home_lock.hold(self.settings.home):
            home_lock.write(self.settings.home, "ready", parts)
            shown = runner.invoke(status.command, ["--json"])
            text = runner.invoke(status.command, []).output
        return shown.exit_code, {p["name"]: p for p in json.loads(shown.output)["parts"]}, text

    def scrapes(self) -> list[Scrape]:
        return [scrape(name, service.url) for name, service in self.services.items()]

    def wait_for(self, **expected: str) -> None:
        """Until every service says so; those that are not named are ready."""
        wanted = dict.fromkeys(self.services, "ready") | expected
        wait_until(lambda: self.statuses() == wanted, lambda: f"{self.statuses()}", seconds=60)

    def assert_told(
        self, folder: Path, checks: dict[str, CheckName], alerts: set[str], **expected: str
    ) -> None:
        """Fails unless all say the same: statuses, failed checks by service, alerts."""
        self.wait_for(**expected)
        code, parts, text = self.told()
        assert code == 1
        assert {n: parts[n]["status"] for n in self.services if parts[n]["status"] != "ready"} == (
            expected
        )
        for name, check in checks.items():
            answer = self.readiness(name)["checks"][check]
            assert answer["ok"] is False
            # The reason behind the colon may be another a moment later.
            assert answer["detail"].partition(":")[0] in parts[name]["detail"]
            assert (answer["remedy"], answer["runbook"]) == (
                ADVICE[check].remedy, ADVICE[check].runbook,
            )  # fmt: skip
            assert f"see: {ADVICE[check].runbook}" in text
        assert [line for line in text.splitlines() if len(line) > 80] == []
        assert_firing(self.scrapes(), alerts, folder)

    def assert_well(self, folder: Path) -> None:
        """Fails unless nothing is told any more."""
        self.wait_for()
        code, _, text = self.told()
        assert code == 0, text
        assert_firing(self.scrapes(), set(), folder)

    def lines_since(self, sizes: dict[str, int]) -> dict[str, list[dict[str, Any]]]:
        """Each service's lines after that many bytes. Fails where one is no JSON."""
        return {
            name: [
                json.loads(line) for line in service.log.read_bytes()[sizes[name] :].splitlines()
            ]
            for name, service in self.services.items()
        }

    def log_sizes(self) -> dict[str, int]:
        return {name: service.log.stat().st_size for name, service in self.services.items()}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    home = temporary_home()
    with ExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, home, ignore_errors=True)
        spool = home / "spool-disk"
        spool.mkdir()
        _mount(spool, cleanup)
        servers = start_servers(Settings(home=home), os.environ, free_ports=True, durable=False)
        cleanup.enter_context(servers)
        settings = servers.settings.model_copy(
            update={
                "gateway_port": ports.free_port(),
                "gateway_spool_dir": spool / "events",
                "query_port": ports.free_port(),
                "agent_metrics_port": ports.free_port(),
                "agent_gather_ms": 0,
                "delivery_port": ports.free_port(),
                "delivery_addresses": "private",
                "rate_limits_enabled": False,
            }
        )
        topics_admin.apply(settings)
        migrations.up(settings.dsn)
        keys.ensure_admin_key(settings)
        made = Stack(servers, settings)
        for name in get_args(Process):
            made.services[name] = Service(name, settings).start()
            cleanup.callback(made.services[name].stop)
        for service in made.services.values():
            service.wait_ready()
        yield made


def _mount(folder: Path, cleanup: ExitStack) -> None:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SPOOL_DISK_MB}m", "storepulse-test", str(folder)],
        capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        cleanup.callback(subprocess.run, ["umount", "-l", str(folder)], check=False)


@contextmanager
def load(stack: Stack) -> Iterator[list[int]]:
    """Beacons without a pause; the statuses of their answers."""
    stop, answers = threading.Event(), []

    def send() -> None:
        with httpx.Client(timeout=20) as client:
            while not stop.wait(0.01):
                url = f"{stack.services['gateway'].url}/api/cart-tracking/track"
                answers.append(client.post(url, json=BEACON).status_code)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield answers
    finally:
        stop.set()
        thread.join()


def during(seconds: float, condition: Callable[[], bool]) -> None:
    """Fails where a condition does not hold all the time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert condition()
        time.sleep(0.5)


def test_all_is_well(stack: Stack, tmp_path: Path) -> None:
    stack.assert_well(tmp_path)


def test_kafka_away_under_load(stack: Stack, tmp_path: Path) -> None:
    assert stack.servers.kafka is not None
    sizes = stack.log_sizes()
    with load(stack) as answers:
        wait_until(lambda: len(answers) > 50)
        stack.servers.kafka.kill()
        try:
            stack.assert_told(
                tmp_path,
                dict.fromkeys(stack.services, "kafka"),
                {"KafkaUnreachable"},
                gateway="degraded", agents="unready", delivery="unready", query="degraded",
            )  # fmt: skip
            assert stack.told()[1]["kafka"]["status"] == "down"
            time.sleep(8)
        finally:
            stack.servers.kafka.start()
        stack.wait_for()
    assert set(answers) == {200}
    lines = stack.lines_since(sizes)
    for name, told in lines.items():
        of_kafka = [line for line in told if line.get("server") == "Kafka"]
        assert [line["event"] for line in of_kafka] == ["server_away", "server_back"], told
        assert of_kafka[1]["seconds"] > 5
        assert of_kafka[1]["lines_not_written"] >= 0
        assert len(told) <= MOST_LINES, (name, told)
        assert {line["service"] for line in told} == {name}
    stack.assert_well(tmp_path)


def test_postgresql_away(stack: Stack, tmp_path: Path) -> None:
    assert stack.servers.postgres is not None
    sizes = stack.log_sizes()
    with load(stack) as answers:
        wait_until(lambda: len(answers) > 50)
        stack.servers.postgres.stop("immediate")
        try:
            stack.assert_told(
                tmp_path,
                dict.fromkeys(stack.services, "database"),
                {"DatabaseUnreachable"},
                gateway="degraded", agents="unready", delivery="unready", query="unready",
            )  # fmt: skip
            assert stack.told()[1]["postgres"]["status"] == "down"
            time.sleep(8)
        finally:
            stack.servers.postgres.start()
        stack.wait_for()
    assert set(answers) == {200}
    for name, told in stack.lines_since(sizes).items():
        of_server = [line for line in told if line.get("server") == "PostgreSQL"]
        ends = [line["event"] for line in of_server if line["event"].startswith("server_")]
        assert ends == ["server_away", "server_back"], told
        assert len(told) <= MOST_LINES, (name, told)
    stack.assert_well(tmp_path)


def test_a_dead_worker(stack: Stack, tmp_path: Path) -> None:
    """Its freshness goes on growing, since the query service says it."""
    stack.services["agents"].kill()
    try:
        for _ in range(5):
            url = f"{stack.services['gateway'].url}/api/cart-tracking/track"
            assert httpx.post(url, json=BEACON).status_code == 200
        stack.wait_for(agents="down")
        code, parts, text = stack.told()
        assert (code, parts["agents"]["status"]) == (1, "down")
        assert f"see: {DOWN.runbook}" in text

        def freshness() -> float:
            query = scrape("query", stack.services["query"].url)
            return query.value("storepulse_freshness_seconds", stream="cart") or 0.0

        wait_until(lambda: freshness() > 5, "the query service says that events wait", seconds=40)
        first = freshness()
        wait_until(lambda: freshness() > first + 2, "it grows", seconds=20)
        assert_firing(stack.scrapes(), {"ServiceDown"}, tmp_path)
    finally:
        stack.services["agents"].start()
    stack.wait_for()
    wait_until(lambda: freshness() == 0, "it ends", seconds=40)
    stack.assert_well(tmp_path)


def test_a_full_disk(stack: Stack, tmp_path: Path) -> None:
    spool = Path(str(stack.settings.gateway_spool_dir))
    if not os.path.ismount(spool.parent):
        pytest.skip("a tmpfs cannot be mounted here: not root, or not allowed")
    ballast = spool.parent / "ballast"
    ballast.write_bytes(bytes((SPOOL_DISK_MB - 30) * 2**20))
    try:
        stack.assert_told(tmp_path, {"gateway": "disk"}, {"DiskFull"}, gateway="degraded")
    finally:
        ballast.unlink()
    stack.assert_well(tmp_path)


def test_a_broken_destination(stack: Stack, tmp_path: Path) -> None:
    closed = f"http://127.0.0.1:{ports.free_port()}/"
    made = Destination(
        uuid7(uuid7_prefix(int(time.time() * 1000)), "0" * 18), "broken", kind="webhook",
        config={"url": closed}, secrets={"signing": [new_secret(b"0" * 32)]},
        batch_events=1, batch_seconds=0.0,
    )  # fmt: skip
    box = SecretBox.of(stack.settings)

    def change(work: Callable[[Any], object]) -> None:
        with connect(stack.settings.dsn, SessionOptions(name="test")) as connection:
            work(connection)

    change(lambda c: changes.create(c, box, made, datetime.now(UTC)))
    time.sleep(2)
    with load(stack) as answers:
        wait_until(lambda: len(answers) > 100)
    try:
        stack.assert_told(
            tmp_path, {"delivery": "destinations"},
            {"DeliveryBreakerOpen"}, delivery="degraded",
        )  # fmt: skip
    finally:
        change(lambda c: c.execute("UPDATE destinations SET status = 'paused'"))
    stack.assert_well(tmp_path)


def test_a_halted_partition(stack: Stack, tmp_path: Path) -> None:
    topic = load_catalog(stack.settings.topic_prefix).ingest("landing")
    producer = Producer(connection_config(stack.settings))
    for _ in range(400):
        producer.produce(topic, b'{"event": "PageView"}', b"s-1", 0)
    assert producer.flush(20) == 0
    stack.assert_told(tmp_path, {"agents": "partitions"}, {"PartitionHalted"}, agents="halted")

    def freshness() -> float:
        agents = scrape("agents", stack.services["agents"].url)
        return agents.value("storepulse_freshness_seconds", stream="landing") or 0.0

    first = freshness()
    wait_until(lambda: freshness() > first + 3, "it grows", seconds=30)
