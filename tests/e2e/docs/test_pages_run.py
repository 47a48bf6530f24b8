"""Every command that a page shows runs as it stands there, in a terminal of 80 columns.

One stack with a little traffic serves all pages. A page's commands run in one shell, in a folder
that has what a clone has. Replaced are only what a reader replaces too: ports, and ids of what
exists.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unit.docs.markdown import PAGES, ROOT
from tests.unit.docs.page_script import commands_of, said_by, script_of

from storepulse.local import orphans, ports, postgres_folder
from storepulse.local.servers import temporary_home

pytestmark = pytest.mark.xdist_group("embedded servers")

PORTS = {
    "STOREPULSE_GATEWAY_PORT": "8080",
    "STOREPULSE_QUERY_PORT": "8081",
    "STOREPULSE_AGENT_METRICS_PORT": "8082",
    "STOREPULSE_DELIVERY_PORT": "8090",
    "STOREPULSE_KAFKA_PORT": "19092",
    "STOREPULSE_POSTGRES_PORT": "15432",
}

#: Commands that are not run here, by how they begin, with the reason.
NOT_RUN = {
    "make ": "the tests are one of them",
    "docker ": "wants Docker",
    ".venv/bin/python -m bench": "takes long; test_commands.py checks its options",
    ".venv/bin/ruff": "is `make check`",
}
#: Commands that run until Ctrl-C, with the seconds that they are given.
LASTING = {"./storepulse tail": 3.0, "./storepulse webhooks listen": 60.0}

SHOWN = [page for page in PAGES if commands_of(page.read_text())]


@dataclass(frozen=True)
class Stack:
    """A running stack; `folder` is the reader's, `ids` stand for those of the pages."""

    folder: Path
    environment: Mapping[str, str]
    ports: Mapping[str, str]
    ids: Mapping[str, str]

    def as_here(self, command: str) -> str:
        """A page's command with the ports and the ids of this stack."""
        for shown, here in self.ids.items():
            command = command.replace(shown, here)
        pattern = re.compile(r"(?<=:)(" + "|".join(self.ports) + r")\b|(?<=-p )(15432)\b")
        return pattern.sub(lambda port: self.ports[port.group()], command)

    def run(self, script: str) -> str:
        done = subprocess.run(
            ["bash"], input=script, env=dict(self.environment), cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240, check=False,
        )  # fmt: skip
        return done.stdout


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("clone")
    home = temporary_home()
    for name in (".venv", "storepulse", "deploy", "schemas"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".storepulse").symlink_to(home)
    free = {name: str(ports.free_port()) for name in PORTS}
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("STOREPULSE_", "TEST_"))
        and name not in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL")
    }
    environment |= {"COLUMNS": "80", "TERM": "dumb", "GA_SECRET": "s3cret", "META_TOKEN": "t0ken"}
    given = Stack(folder, environment | free, {}, {})
    try:
        started = given.run(
            "./storepulse up --detach --json && ./storepulse demo --seed 7 --events 500"
        )
        assert "Traceback" not in started, started
        shown = {default: free[name] for name, default in PORTS.items()}
        yield Stack(folder, environment | free, shown, _ids(given))
    finally:
        given.run("./storepulse down")
        orphans.end_all(home)
        postgres_folder.remove(home)
        subprocess.run(["rm", "-rf", str(home)], check=True)


def _ids(stack: Stack) -> dict[str, str]:
    """Ids of the pages, and what stands for them in a stack."""
    return {}


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_runs(page: Path, stack: Stack) -> None:
    commands = [
        stack.as_here(command)
        for command in commands_of(page.read_text())
        if not command.startswith(tuple(NOT_RUN))
    ]
    for said in said_by(stack.run(script_of(commands, LASTING)), commands):
        told = f"{said.command}\n" + "\n".join(said.lines)
        assert said.code == 0, told
        assert "Traceback" not in told
        if said.command.startswith("curl"):
            assert json.loads("\n".join(said.lines)), told
        elif said.command.startswith("./storepulse"):
            assert max(map(len, said.lines), default=0) <= 80, told
