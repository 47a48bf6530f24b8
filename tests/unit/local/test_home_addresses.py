"""Commands beside a stack take its addresses from its home, whatever the terminal knows."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from storepulse.adapters.settings import load
from storepulse.cli import root
from storepulse.domain.errors import Transient
from storepulse.local import home_addresses, ports


def home_of(folder: Path, **variables: str) -> Path:
    """A home in which an `up` with these variables has run."""
    folder.mkdir()
    home_addresses.keep(load({"STOREPULSE_HOME": str(folder), **variables}))
    (folder / "postgres.password").write_text("hunter2")
    return folder


def config_in(home: Path, **variables: str) -> dict[str, dict[str, str]]:
    env = {"STOREPULSE_HOME": str(home), **variables}
    shown = CliRunner(env=env).invoke(root, ["config", "--json"])
    assert shown.exit_code == 0, shown.output
    found: dict[str, dict[str, str]] = json.loads(shown.output)
    return found


@contextmanager
def listening() -> Iterator[int]:
    """A server of another installation."""
    with socket.create_server(("127.0.0.1", 0)) as there:
        yield there.getsockname()[1]


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("STOREPULSE_") or name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
            monkeypatch.delenv(name)


def test_two_homes_have_their_own_addresses(tmp_path: Path) -> None:
    first = home_of(tmp_path / "a", STOREPULSE_KAFKA_PORT="29092", STOREPULSE_GATEWAY_PORT="28080")
    second = home_of(
        tmp_path / "b", STOREPULSE_KAFKA_PORT="29093", STOREPULSE_POSTGRES_PORT="25432"
    )
    a, b = config_in(first), config_in(second)
    assert a["KAFKA_BOOTSTRAP_SERVERS"] == {"value": "127.0.0.1:29092", "source": "home"}
    assert a["STOREPULSE_GATEWAY_PORT"] == {"value": "28080", "source": "home"}
    assert b["KAFKA_BOOTSTRAP_SERVERS"]["value"] == "127.0.0.1:29093"
    assert b["STOREPULSE_POSTGRES_PORT"]["value"] == "25432"
    assert a["STOREPULSE_LOG_LEVEL"] == {"value": "INFO", "source": "default"}
    assert "hunter2" not in json.dumps([a, b])


def test_the_environment_stands_above_the_file_and_the_file_above_the_home(tmp_path: Path) -> None:
    home = home_of(tmp_path / "a", STOREPULSE_KAFKA_PORT="29092", STOREPULSE_QUERY_PORT="28081")
    file = tmp_path / "settings.env"
    file.write_text("STOREPULSE_QUERY_PORT=28082\nSTOREPULSE_GATEWAY_PORT=28083\n")
    shown = config_in(home, STOREPULSE_CONFIG_FILE=str(file), STOREPULSE_GATEWAY_PORT="28084")
    assert shown["STOREPULSE_GATEWAY_PORT"] == {"value": "28084", "source": "environment"}
    assert shown["STOREPULSE_QUERY_PORT"] == {"value": "28082", "source": "file"}
    assert shown["STOREPULSE_KAFKA_PORT"] == {"value": "29092", "source": "home"}


@pytest.mark.parametrize(
    "words",
    [["topics", "ls"], ["dlq", "ls"], ["audit"], ["tail"], ["migrate", "status"]],
    ids=" ".join,
)
def test_a_stack_that_is_down_is_asked_at_its_own_ports(tmp_path: Path, words: list[str]) -> None:
    kafka, postgres = ports.free_port(), ports.free_port()
    home = home_of(
        tmp_path / "a", STOREPULSE_KAFKA_PORT=str(kafka), STOREPULSE_POSTGRES_PORT=str(postgres)
    )
    asked = CliRunner(env={"STOREPULSE_HOME": str(home)}).invoke(root, words)
    assert isinstance(asked.exception, Transient)
    told = str(asked.exception)
    assert f":{kafka}" in told or f":{postgres}" in told
    assert "storepulse up" in told


@pytest.mark.parametrize("words", [["topics", "ls"], ["dlq", "ls"], ["audit"]], ids=" ".join)
def test_a_home_without_a_stack_never_asks_another_installation(
    tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from storepulse.adapters.settings import Settings
    from storepulse.local import reach

    def never(_: object) -> bool:
        raise AssertionError("a default port was asked")

    monkeypatch.setattr(reach, "listens", never)
    asked = CliRunner(env={"STOREPULSE_HOME": str(tmp_path)}).invoke(root, words)
    assert isinstance(asked.exception, Transient), asked.exception
    assert f"nothing was started in {tmp_path} yet" in str(asked.exception)
    assert Settings.model_fields["kafka_port"].default == 19092


def test_status_asks_the_stack_of_its_home(tmp_path: Path) -> None:
    from storepulse.local import home_lock

    with ExitStack() as stack:
        other = stack.enter_context(listening())
        closed = ports.free_port()
        home = home_of(tmp_path / "a", STOREPULSE_KAFKA_PORT=str(closed))
        stack.enter_context(home_lock.hold(home))
        home_lock.write(home, "ready", [home_lock.StackPart("kafka", f"127.0.0.1:{closed}")])
        env = {"STOREPULSE_HOME": str(home)}
        shown = CliRunner(env=env).invoke(root, ["status"])
    assert shown.exit_code == 1
    assert f"127.0.0.1:{closed}" in shown.output
    assert "kafka is down: nobody listens" in shown.output
    assert str(other) not in shown.output


def test_a_password_that_was_given_is_not_kept(tmp_path: Path) -> None:
    home = home_of(tmp_path / "a", DATABASE_URL="postgresql://u:hunter2@db.example:5432/d")
    text = (home / "addresses.env").read_text()
    assert "postgresql://u@db.example:5432/d" in text
    assert "hunter2" not in text
    assert (home / "addresses.env").stat().st_mode & 0o077 == 0
