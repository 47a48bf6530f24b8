"""The life of a stack: real servers, stand-in services, a supervisor in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from tests.support.waiting import wait_until

from storepulse.local import health, home_lock, orphans, ports, postgres_folder
from storepulse.local.servers import temporary_home

STACK = Path(__file__).parents[2] / "support" / "stand_in_stack.py"

pytestmark = pytest.mark.xdist_group("embedded servers")


class Stack:
    """One home in which a supervisor may be started, killed and started again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.services = {name: ports.free_port() for name in ("gateway", "agents", "query")}
        self.kafka_port = ports.free_port()
        self.postgres_port = ports.free_port()
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        given = {
            k: v
            for k, v in os.environ.items()
            if k not in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL")
        }
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(STACK),
                *(f"{name}:{port}" for name, port in self.services.items()),
            ],
            env={
                **given,
                "STOREPULSE_HOME": str(self.home),
                "STOREPULSE_KAFKA_PORT": str(self.kafka_port),
                "STOREPULSE_POSTGRES_PORT": str(self.postgres_port),
                "STOREPULSE_KAFKA_HEAP_MB": "256",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return self.process

    def start_ready(self) -> subprocess.Popen[str]:
        process = self.start()
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            pytest.fail(self.ended()[1])
        return process

    def ended(self) -> tuple[int, str]:
        """(exit code, standard error), once it has ended."""
        assert self.process is not None
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors

    def journal(self) -> list[str]:
        return (self.home / "journal").read_text().splitlines()

    def children(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def kafka(self) -> psutil.Process | None:
        """The broker's process; None while there is none, or one that ends as we look."""
        for child in self.children():
            with suppress(psutil.NoSuchProcess):
                if child.name() == "java":
                    return child
        return None

    def all_ports(self) -> list[int]:
        return [*self.services.values(), self.kafka_port, self.postgres_port]


@pytest.fixture
def stack() -> Iterator[Stack]:
    home = temporary_home()
    made = Stack(home)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.communicate()
    orphans.end_all(home)
    postgres_folder.remove(home)
    subprocess.run(["rm", "-rf", str(home)], check=True)


def test_a_life_second_up_crash_and_clean_stop(stack: Stack) -> None:
    first = stack.start_ready()

    # A second one says that one runs already, and changes nothing.
    assert (
        subprocess.run(  # its own process object: `stack.process` stays the first
            first.args, env=psutil.Process(first.pid).environ(), capture_output=True, check=False
        )
        .stderr.decode()
        .strip()
        .endswith("stop it with: storepulse down")
    )
    running = home_lock.find_running(stack.home)
    assert running is not None
    assert running.pid == first.pid
    assert running.state == "ready"
    assert {part.name for part in running.parts} == {
        "gateway",
        "agents",
        "query",
        "kafka",
        "postgres",
    }

    # A service that crashes is started again after a second.
    crashed = time.monotonic()
    health.ask(f"http://127.0.0.1:{stack.services['agents']}/exit")
    wait_until(lambda: sum(line.startswith("agents start") for line in stack.journal()) == 2)
    assert time.monotonic() - crashed > 0.9
    wait_until(lambda: health.ask(f"http://127.0.0.1:{stack.services['agents']}/").is_healthy)
    assert "agents listens" in (stack.home / "logs" / "agents.log").read_text()

    # A server that crashes as well.
    kafka = stack.kafka()
    assert kafka is not None
    kafka.kill()
    wait_until(lambda: stack.kafka() not in (None, kafka))
    wait_until(lambda: not ports.is_free(stack.kafka_port))

    # A stop in order leaves nothing.
    children = stack.children()
    first.send_signal(signal.SIGTERM)
    code, errors = stack.ended()
    assert code == 0, errors
    assert [line.split()[0] for line in stack.journal()[-3:]] == ["gateway", "agents", "query"]
    assert all(" stop " in line for line in stack.journal()[-3:])
    assert not psutil.wait_procs(children, timeout=1)[1]
    assert all(ports.is_free(port) for port in stack.all_ports())
    assert [path.name for path in (stack.home / "run").iterdir()] == ["lock"]
    assert re.search(r"agents +│ ended with exit code 3; again in 1 s", errors)


def test_after_kill_9_of_the_supervisor_nothing_blocks_the_next_up(stack: Stack) -> None:
    first = stack.start_ready()
    children = stack.children()
    first.kill()
    first.communicate()
    # At once, while the children may still be on their way out.
    stack.start_ready()
    assert not psutil.wait_procs(children, timeout=5)[1]
    stack.process.send_signal(signal.SIGINT)  # type: ignore[union-attr]
    assert stack.ended()[0] == 0


def test_a_taken_port_is_named_with_its_holder_before_anything_starts(stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", stack.services["query"])) as server:
        stack.start()
        code, errors = stack.ended()
        port = server.getsockname()[1]
    assert code == 1
    assert f"port {port} is taken by" in errors
    assert f"pid {os.getpid()}" in errors
    assert "STOREPULSE_QUERY_PORT" in errors
    assert not (stack.home / "kafka").exists()
    left = home_lock.read(stack.home)
    assert left is not None
    assert left.state == "failed"


def test_a_service_that_cannot_start_ends_the_start_with_its_own_words(stack: Stack) -> None:
    (stack.home / "gateway.broken").touch()
    stack.start()
    code, errors = stack.ended()
    assert code == 1
    assert "gateway ends again and again: the sky is falling" in errors
    assert "gateway.log" in errors
    assert all(ports.is_free(port) for port in stack.all_ports())


def test_a_stop_while_starting_leaves_nothing(stack: Stack) -> None:
    process = stack.start()
    wait_until((stack.home / "run" / "kafka.pid").exists, seconds=30)
    children = stack.children()
    process.send_signal(signal.SIGTERM)
    code, errors = stack.ended()
    assert code == 0, errors
    assert not psutil.wait_procs(children, timeout=1)[1]
    assert all(ports.is_free(port) for port in stack.all_ports())
