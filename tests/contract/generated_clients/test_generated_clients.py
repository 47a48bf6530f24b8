"""Clients that the ordinary generators make of the OpenAPI documents, by the commands that
docs/clients.md shows: they compile, and what they send is read back by them, from the running
services."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from tests.support.node_packages import installed_packages
from tests.support.services import Service
from tests.support.world import World
from tests.unit.docs.markdown import ROOT, prose_and_code

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
#: The generator has no use for bodies of plain text, as `sendBeacon` sends them.
ONLY_WARNING = "Unsupported content type text/plain"
# The first time on a machine, npm itself may have to be installed.
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def services(module_world: World) -> Iterator[dict[str, Service]]:
    with ExitStack() as stack:
        started = {
            name: Service(name, module_world.settings).start()
            for name in ("gateway", "agents", "query")
        }
        for service in started.values():
            stack.callback(service.stop)
        for service in started.values():
            service.wait_ready()
        yield started


@pytest.fixture
def variables(module_world: World, services: dict[str, Service]) -> dict[str, str]:
    """What a program finds in its environment: where the services are, a key, its own store."""
    return {
        **os.environ,
        "GATEWAY_URL": services["gateway"].url,
        "QUERY_URL": services["query"].url,
        "KEY": module_world.key,
        "STORE": str(uuid4()),
    }


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """What a command prints; it must end well."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout + done.stderr


def run_page(language: str, folder: Path, *programs: Path) -> str:
    """Runs the commands that the page shows for a language, but for what installs packages."""
    page = (ROOT / "docs" / "clients.md").read_text()
    section = page.split(f"\n## {language}\n")[1].split("\n## ")[0]
    _, blocks = prose_and_code(section)
    lines = [line for line in blocks[0][1].splitlines() if " install " not in line]
    assert len(lines) == 4
    launcher = folder / "storepulse"
    if not launcher.exists():
        launcher.symlink_to(ROOT / "storepulse")
    path = os.pathsep.join([str(BIN), *map(str, programs), os.environ["PATH"]])
    script = "\n".join(["set -euo pipefail", *lines])
    return run("bash", "-c", script, cwd=folder, env={**os.environ, "PATH": path})


def warnings_of(printed: str) -> list[str]:
    """What the generator of Python complains about: each WARNING or ERROR, and its reason."""
    lines = printed.splitlines()
    return [
        f"{line} {lines[at + 1]} {lines[at + 2]}"
        for at, line in enumerate(lines[:-2])
        if line.startswith(("WARNING", "ERROR", "Skipping"))
    ]


def test_a_client_in_python(variables: dict[str, str], tmp_path: Path) -> None:
    told = warnings_of(run_page("Python", tmp_path))
    assert [warning for warning in told if ONLY_WARNING not in warning] == []
    shutil.copy(HERE / "python_program.py", tmp_path / "program.py")
    run(sys.executable, "-W", "error", "-m", "compileall", "-q", ".", cwd=tmp_path)
    run(
        sys.executable, "-m", "mypy", "--config-file", "", "--strict", "--follow-imports=silent",
        "program.py", cwd=tmp_path,
    )  # fmt: skip
    assert "all read" in run(sys.executable, "program.py", cwd=tmp_path, env=variables)


def test_a_client_in_typescript(variables: dict[str, str], tmp_path: Path) -> None:
    project = HERE / "typescript"
    (tmp_path / "node_modules").symlink_to(installed_packages(project) / "node_modules")
    for name in ("package.json", "tsconfig.json", "program.ts"):
        shutil.copy(project / name, tmp_path)
    printed = run_page("TypeScript", tmp_path).lower()
    assert "warn" not in printed
    assert "error" not in printed
    run(tmp_path / "node_modules" / ".bin" / "tsc", cwd=tmp_path)
    printed = run("node", tmp_path / "built" / "program.js", cwd=tmp_path, env=variables)
    assert "all read" in printed
