"""Each command says within a moment, in one line, that its servers are away, and what to start."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException
from tests.unit.cli.test_help import every_command

from storepulse import cli
from storepulse.adapters import logging
from storepulse.adapters.kafka import clients as kafka
from storepulse.adapters.settings import load
from storepulse.cli import servers
from storepulse.cli.parameters import IdBeginning
from storepulse.local import ports, reach
from storepulse.local.database_passwords import EMBEDDED, RolePasswords, keep_passwords
from storepulse.slices.publisher import SlicePublisher

#: Of the three that a person waits for, the interpreter takes some.
SECONDS = 2.0
EXPERIMENT = Path(__file__).parents[2] / "data" / "experiment.json"
ID = "0b7c1c2e-6f0a-4f59-9a40-2c1d4f1f8a11"

#: Servers and services themselves, one that waits for somebody who is no part of the stack, and
#: those that write the files that are in force.
RUN = {
    "up", "gateway", "agents", "delivery", "query", "webhooks listen", "schemas lock",
    "streams new",
}  # fmt: skip
#: They ask no server anything.
ALONE = {
    "topics acls", "topics describe", "schemas check", "schemas ls", "streams ls", "config",
    "openapi", "down", "webhooks schema",
}  # fmt: skip
#: What they say is the answer to the question whether servers are away.
REPORTS = {"status", "doctor"}
#: What a command needs before it asks a server, beside its required parameters.
MORE = {
    "schemas ls": [],
    "openapi": ["gateway"],
    "topics describe": ["events.cart.v1"],
    "stores create": ["shop.example"],
    "stores set": ["shop.example", "currency=EUR"],
    "stores secrets set": ["--new"],
    "destinations set": ["--batch-events", "5"],
    "deliveries resend": [ID],
    "deliveries backfill": ["--destination", "x", "--from", "7d"],
    "dlq replay": ["--all"],
    "dlq discard": ["--all", "--why", "x"],
    "dlq edit": [ID],
    "migrate down": ["--to", "4", "--yes"],
    "demo": ["--events", "3"],
    "plans assign": ["shop.example", "pro"],
    "experiments plan": ["--store", ID, "--effect", "0.1"],
    "experiments simulate": ["--store", ID],
    "experiments create": ["--store", ID, str(EXPERIMENT)],
    "usage text": ["--period", "2026-10"],
    "usage export": ["--period", "2026-10"],
    "usage verify": ["--store", ID, "--period", "2026-10"],
    "usage close": ["--period", "2026-10"],
}


@pytest.fixture(autouse=True)
def _command(monkeypatch: pytest.MonkeyPatch) -> None:
    """No service, whose words are lines of a log: a test before may have made this process one."""
    monkeypatch.setattr(logging, "_process", {})


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> int:
    """A closed port, to which every address points."""
    for name in list(os.environ):
        if name.startswith("STOREPULSE_"):
            monkeypatch.delenv(name)
    port = ports.free_port()
    monkeypatch.setenv("STOREPULSE_HOME", str(tmp_path))
    for name in ("GATEWAY_PORT", "QUERY_PORT", "KAFKA_PORT", "POSTGRES_PORT"):
        monkeypatch.setenv(f"STOREPULSE_{name}", str(port))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{port}")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:hunter2@127.0.0.1:{port}/d")
    return port


def leaf(path: list[str]) -> click.Command:
    command: click.Command | None = cli.root
    for name in path:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), name)
    assert command is not None
    return command


def leaves() -> list[list[str]]:
    return [path for path in every_command() if not isinstance(leaf(path), click.Group)]


def arguments(path: list[str]) -> list[str]:
    """Values for all that a command cannot do without."""
    more = MORE.get(" ".join(path), [])
    found: list[str] = []
    for parameter in leaf(path).params:
        if not parameter.required or any(option in more for option in parameter.opts):
            continue
        kind: Any = parameter.type
        value = ID if isinstance(kind, click.types.UUIDParameterType | IdBeginning) else "x"
        if isinstance(kind, click.Choice):
            value = str(kind.choices[0])
        if isinstance(parameter, click.Argument):
            found += [] if more else [value]
        else:
            found += [parameter.opts[0], value]
    return [*path, *found, *more]


def run(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> tuple[int, float]:
    """The command line as a user starts it: exit code and seconds."""
    monkeypatch.setattr(sys, "argv", ["storepulse", *words])
    began = time.monotonic()
    with pytest.raises(SystemExit) as ended:
        cli.main()
    code = ended.value.code
    return code if isinstance(code, int) else 0, time.monotonic() - began


@pytest.mark.parametrize("path", [p for p in leaves() if " ".join(p) not in RUN], ids=" ".join)
def test_a_command_says_in_one_line_that_its_servers_are_away(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], away: int, path: list[str]
) -> None:
    name = " ".join(path)
    code, seconds = run(monkeypatch, arguments(path))
    out, err = capfd.readouterr()
    assert seconds < SECONDS
    assert "hunter2" not in out + err
    if name in ALONE | REPORTS:
        assert err == ""
        assert (code == 0) is (name in ALONE), out
        return
    # Exit code 2 here: give the command what it cannot do without, in MORE.
    assert code == 3, err
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert f":{away}" in err
    assert "storepulse up" in err


def test_what_up_would_run_is_asked_for_at_its_own_ports(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], away: int, tmp_path: Path
) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS")
    monkeypatch.delenv("DATABASE_URL")
    kept = RolePasswords("127.0.0.1:1", "owner", {"storepulse_operator": "secret"})
    keep_passwords(tmp_path, EMBEDDED, kept)
    assert run(monkeypatch, ["audit"])[0] == 3
    assert capfd.readouterr().err == (
        f"storepulse: cannot connect to Kafka at 127.0.0.1:{away} and PostgreSQL at"
        f" 127.0.0.1:{away}; start the stack with `storepulse up`\n"
    )


def test_one_of_two_servers_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], away: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        address = f"127.0.0.1:{there.getsockname()[1]}"
        monkeypatch.setenv("DATABASE_URL", f"postgresql://u@{address}/d")
        assert run(monkeypatch, ["audit"])[0] == 3
    err = capfd.readouterr().err
    where = f"Kafka at 127.0.0.1:{away}"
    assert f"cannot connect to {where}; start the server that KAFKA_BOOTSTRAP_" in err
    assert "PostgreSQL" not in err


def test_a_process_is_done_within_three_seconds(away: int) -> None:
    """With the interpreter's start, and all that a library may write past Python."""
    seconds = []
    for _ in range(2):  # a busy machine may be slow once
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "storepulse", "topics", "ls"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        seconds.append(time.monotonic() - began)
        assert (done.returncode, done.stdout) == (3, "")
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert f"127.0.0.1:{away}" in done.stderr
    assert min(seconds) < 3


def test_clients_whose_errors_are_raised_write_nothing_themselves(
    capfd: pytest.CaptureFixture[str], away: int
) -> None:
    settings = load(os.environ)
    with pytest.raises(KafkaException):
        kafka.make_admin_client(settings).list_topics(timeout=0.6)
    reader = Consumer(kafka.reader_config(settings, "reader"))
    with pytest.raises(KafkaException):
        reader.list_topics(timeout=0.6)
    reader.close()
    publisher = SlicePublisher(settings, "publisher")
    with pytest.raises(KafkaException):
        publisher._producer.list_topics(timeout=0.6)
    assert capfd.readouterr() == ("", "")
    assert away


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (psycopg.OperationalError("it is\n\tgone"), "PostgreSQL: it is gone; start the stack"),
        (psycopg.errors.AdminShutdown("ended"), "PostgreSQL: ended; start"),
        (KafkaException(KafkaError(KafkaError._TRANSPORT)), "Kafka: KafkaError{"),
    ],
)
def test_an_error_that_a_client_raises_later_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    error: Exception,
    message: str,
) -> None:
    def broken() -> None:
        raise error

    monkeypatch.setattr(cli, "root", broken)
    assert run(monkeypatch, [])[0] == 3
    err = capfd.readouterr().err
    assert err.startswith(f"storepulse: {message}")
    assert len(err.splitlines()) == 1


def test_an_error_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise psycopg.errors.UndefinedTable("no such table")

    monkeypatch.setattr(cli, "root", broken)
    with pytest.raises(psycopg.errors.UndefinedTable):
        cli.main()
    assert servers.message_of_server_away(KeyError("x")) is None


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("a:1", [("a", 1)]),
        ("a:1, b:2", [("a", 1), ("b", 2)]),
        ("SASL_SSL://a:1/", [("a", 1)]),
        ("a", [("a", 9092)]),
        ("[::1]:7", [("::1", 7)]),
        ("[::1]", [("::1", 9092)]),
        ("a:x,b:99999,", []),
    ],
)
def test_addresses_of_brokers(given: str, found: list[tuple[str, int]]) -> None:
    assert reach.kafka_addresses(given) == found


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("postgresql://u:p@a:1/d", [("a", 1)]),
        ("postgresql://a/d", [("a", 5432)]),
        ("postgresql://a:1,b:2/d", [("a", 1), ("b", 2)]),
        ("host=a,b port=7", [("a", 7), ("b", 7)]),
        ("host=a hostaddr=127.0.0.9 port=7", [("127.0.0.9", 7)]),
        ("host=/var/run/postgresql", []),
        ("postgresql:///d", []),
        ("no connection string", []),
    ],
)
def test_addresses_of_databases(given: str, found: list[tuple[str, int]]) -> None:
    assert reach.postgres_addresses(given) == found


def test_one_server_that_listens_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "CONNECT_SECONDS", 0.5)
    closed = ("127.0.0.1", ports.free_port())
    with socket.create_server(("127.0.0.1", 0)) as there:
        assert reach.listens([closed, there.getsockname()])
    assert not reach.listens([closed, ("no.such.host.invalid", 1)])
    assert reach.listens([])
