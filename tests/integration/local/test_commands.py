"""up, down, status and doctor as a person runs them."""

from __future__ import annotations

import json
import os
import pwd
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bench.programs import inherited_variables

from storepulse.local import orphans, ports, postgres_folder, services, subscriber_files
from storepulse.local.accounts import Account
from storepulse.local.database_passwords import EMBEDDED, passwords_for
from storepulse.local.kafka_accounts import kafka_passwords
from storepulse.local.servers import temporary_home

pytestmark = pytest.mark.xdist_group("embedded servers")

PORTS = (
    "STOREPULSE_GATEWAY_PORT",
    "STOREPULSE_QUERY_PORT",
    "STOREPULSE_AGENT_METRICS_PORT",
    "STOREPULSE_DELIVERY_PORT",
    "STOREPULSE_KAFKA_PORT",
    "STOREPULSE_POSTGRES_PORT",
)


class Shell:
    """Runs `storepulse …` with a home and ports of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        given = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL")
        inherited = inherited_variables()
        self.environment = {k: v for k, v in inherited.items() if k not in given}
        self.environment["STOREPULSE_HOME"] = str(home)
        self.environment |= {name: str(ports.free_port()) for name in PORTS}

    def run(self, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "storepulse", *arguments],
            env={**self.environment, **changed},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def shell() -> Iterator[Shell]:
    made = Shell(temporary_home())
    yield made
    made.run("down")
    orphans.end_all(made.home)
    postgres_folder.remove(made.home)
    subprocess.run(["rm", "-rf", str(made.home)], check=True)


@pytest.mark.parametrize("name", ["up", "down", "status", "doctor"])
def test_help_has_an_example_and_json(shell: Shell, name: str) -> None:
    text = shell.run(name, "--help").stdout
    assert f"Example: storepulse {name}" in text
    assert "--json" in text


def test_nothing_runs(shell: Shell) -> None:
    status = shell.run("status", "--json")
    assert status.returncode == 1
    assert json.loads(status.stdout)["state"] == "down"
    down = shell.run("down", "--json")
    assert down.returncode == 0
    assert json.loads(down.stdout) == {"stopped": []}


def test_doctor_is_content_here(shell: Shell) -> None:
    doctor = shell.run("doctor", "--json")
    verdicts = json.loads(doctor.stdout)
    assert doctor.returncode == 0, verdicts
    assert {"Python", "Java", "PostgreSQL", "Home", "Disk", "Memory"} <= {
        v["name"] for v in verdicts
    }


def test_doctor_names_what_is_missing_with_its_fix(shell: Shell, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        doctor = shell.run(
            "doctor",
            "--json",
            PATH=str(tmp_path),
            JAVA_HOME="",
            XDG_CACHE_HOME=str(tmp_path),
            STOREPULSE_GATEWAY_PORT=port,
        )
    assert doctor.returncode == 1
    bad = {v["name"]: v for v in json.loads(doctor.stdout) if not v["well"]}
    assert "openjdk-17-jre-headless" in bad["Java"]["fix"]
    assert "maven" in bad["Maven"]["fix"]
    assert "STOREPULSE_GATEWAY_PORT" in bad[f"Port {port}"]["fix"]
    assert f"pid {os.getpid()}" in bad[f"Port {port}"]["found"]


def test_doctor_says_when_configured_servers_are_out_of_reach(shell: Shell) -> None:
    kafka = f"127.0.0.1:{ports.free_port()}"
    database = f"postgresql://u:hunter2@127.0.0.1:{ports.free_port()}/d"
    doctor = shell.run("doctor", KAFKA_BOOTSTRAP_SERVERS=kafka, DATABASE_URL=database)
    assert doctor.returncode == 1
    assert "unset KAFKA_BOOTSTRAP_SERVERS" in doctor.stdout
    assert "unset DATABASE_URL" in doctor.stdout
    assert "hunter2" not in doctor.stdout + doctor.stderr
    assert "Java" not in doctor.stdout


def open_to_others(home: Path) -> list[str]:
    """What group or others may do anything with, of a home and of the data outside of it."""
    roots = [home, (home / "postgres").resolve()]
    paths = [path for root in roots for path in (root, *root.rglob("*")) if not path.is_symlink()]
    assert len(paths) > 50
    return [str(path) for path in paths if path.exists() and path.stat().st_mode & 0o077]


def refuse_nobody(home: Path) -> None:
    """Another account of this machine reads nothing; tried where we may be another."""
    if os.geteuid() != 0:
        return
    entry = pwd.getpwnam("nobody")
    nobody = Account("nobody", entry.pw_uid, entry.pw_gid)
    for name in ("", "kafka", "logs", "spool", "run", "secrets"):
        assert nobody.run(["ls", str(home / name)]).returncode != 0, name
    for name in ("admin.key", "secrets/postgres.json", "logs/postgres.log", "run/up.json"):
        assert (home / name).is_file(), name
        assert nobody.run(["cat", str(home / name)]).returncode != 0, name


def test_an_open_home_is_closed_and_up_says_so(shell: Shell, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o711)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        up = shell.run(
            "up",
            STOREPULSE_HOME=str(home),
            STOREPULSE_GATEWAY_PORT=str(taken.getsockname()[1]),
            KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
            DATABASE_URL="postgresql://127.0.0.1:1/x",
        )
    assert up.returncode == 1
    assert f"closed {home} to the other accounts of this machine" in up.stderr
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_up_status_and_down_with_every_service(shell: Shell) -> None:
    up = shell.run("up", "--detach", "--json")
    assert up.returncode == 0, up.stderr
    summary = json.loads(up.stdout)
    assert summary["stop"] == "storepulse down"
    assert "@" in summary["database"]
    kept = passwords_for(shell.home, EMBEDDED)
    assert kept is not None
    secret = kept.passwords["storepulse_operator"]
    passwords = kafka_passwords(shell.home)
    assert summary["subscriber"] == str(shell.home / subscriber_files.PROPERTIES)

    status = shell.run("status", "--json")
    assert status.returncode == 0, status.stdout
    assert {part["name"] for part in json.loads(status.stdout)["parts"]} == {
        "gateway",
        "agents",
        "delivery",
        "query",
        "kafka",
        "postgres",
    }

    again = shell.run("up", "--detach")
    assert again.returncode == 1
    assert "runs already" in again.stderr
    assert "down" in again.stderr

    tried = subprocess.run(
        ["bash", "-c", summary["try_it"]], capture_output=True, text=True, timeout=30, check=True
    )
    assert '"success"' in tried.stdout
    read = subprocess.run(
        ["bash", "-c", summary["read_it"]], capture_output=True, text=True, timeout=30, check=True
    )
    assert json.loads(read.stdout)["status"] == "success"
    unread = subprocess.run(
        ["bash", "-c", summary["read_it"].replace(summary["key"], "")],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert json.loads(unread.stdout)["code"] == "KEY_REQUIRED"

    shop = httpx.get(f"http://127.0.0.1:{shell.environment[PORTS[1]]}/demo", timeout=60)
    assert shop.status_code == 200, shop.text
    assert "/tracker.js" in shop.text
    assert 'data-key="spk_' in shop.text

    assert open_to_others(shell.home) == []
    refuse_nobody(shell.home)

    # What lies about or is printed holds no secret; what holds one is for the owner only.
    for log in (shell.home / "logs").iterdir():
        text = log.read_text(errors="replace")
        assert summary["key"] not in text
        assert secret not in text
        assert not any(password in text for password in passwords.values())
    running = (services.find_process(shell.home, name) for name in ("gateway", "kafka"))
    commands = " ".join(part for process in running if process for part in process.cmdline())
    assert "kafka.Kafka" in commands
    printed = up.stdout + up.stderr + status.stdout + commands
    assert not any(word in printed for word in (secret, *passwords.values()))
    assert stat.S_IMODE((shell.home / "admin.key").stat().st_mode) == 0o600

    down = shell.run("down", "--json")
    assert down.returncode == 0
    assert len(json.loads(down.stdout)["stopped"]) == 1
    assert shell.run("status").returncode == 1
    assert all(ports.is_free(int(shell.environment[name])) for name in PORTS)
