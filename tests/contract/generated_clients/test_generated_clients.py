"""Clients that the ordinary generators make of the OpenAPI documents: they compile, and what they
send is read back by them, from the running services."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from click.testing import CliRunner
from tests.support.node_packages import installed_packages
from tests.support.services import Service
from tests.support.world import World

from storepulse.cli import root

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
SERVICES = ("gateway", "query")
#: The generator has no use for bodies of plain text, as `sendBeacon` sends them.
ONLY_WARNING = "Unsupported content type text/plain"
# The first time on a machine, npm itself may have to be installed.
pytestmark = pytest.mark.timeout(900)


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


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `storepulse openapi` prints: gateway.json, query.json."""
    folder = tmp_path_factory.mktemp("documents")
    for name in SERVICES:
        printed = CliRunner().invoke(root, ["openapi", name])
        assert printed.exit_code == 0, printed.output
        (folder / f"{name}.json").write_text(printed.stdout)
    return folder


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """What a command prints; it must end well."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout + done.stderr


def warnings_of(printed: str) -> list[str]:
    """What the generator of Python complains about: each WARNING or ERROR, and its reason."""
    lines = printed.splitlines()
    return [
        f"{line} {lines[at + 1]} {lines[at + 2]}"
        for at, line in enumerate(lines[:-2])
        if line.startswith(("WARNING", "ERROR", "Skipping"))
    ]


def test_a_client_in_python(documents: Path, variables: dict[str, str], tmp_path: Path) -> None:
    path = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    for name in SERVICES:
        printed = run(
            BIN / "openapi-python-client", "generate", "--meta", "none",
            "--path", documents / f"{name}.json",
            "--output-path", tmp_path / f"storepulse_{name}_client",
            cwd=tmp_path, env=path,
        )  # fmt: skip
        told = [warning for warning in warnings_of(printed) if ONLY_WARNING not in warning]
        assert told == []
        if name == "query":
            assert "Warning" not in printed
    shutil.copy(HERE / "python_program.py", tmp_path / "program.py")
    run(sys.executable, "-W", "error", "-m", "compileall", "-q", ".", cwd=tmp_path)
    run(
        sys.executable, "-m", "mypy", "--config-file", "", "--strict", "--follow-imports=silent",
        "program.py", cwd=tmp_path,
    )  # fmt: skip
    assert "all read" in run(sys.executable, "program.py", cwd=tmp_path, env=variables)


def test_a_client_in_typescript(documents: Path, variables: dict[str, str], tmp_path: Path) -> None:
    project = HERE / "typescript"
    (tmp_path / "node_modules").symlink_to(installed_packages(project) / "node_modules")
    for name in ("package.json", "tsconfig.json", "program.ts"):
        shutil.copy(project / name, tmp_path)
    tools = tmp_path / "node_modules" / ".bin"
    for name in SERVICES:
        printed = run(
            tools / "openapi-typescript", documents / f"{name}.json", "-o", f"{name}.ts",
            cwd=tmp_path,
        )  # fmt: skip
        assert "warn" not in printed.lower()
        assert "error" not in printed.lower()
    run(tools / "tsc", cwd=tmp_path)
    printed = run("node", tmp_path / "built" / "program.js", cwd=tmp_path, env=variables)
    assert "all read" in printed


def test_what_is_printed_is_what_is_served(documents: Path, services: dict[str, Service]) -> None:
    """Ports, prefixes and folders of a deployment leave no trace in its documents."""
    for name in SERVICES:
        served = httpx.get(f"{services[name].url}/openapi.json").json()
        assert served == json.loads((documents / f"{name}.json").read_text())
