"""Servers once per run, a world per test. The rules stand in tests/support/{servers,world}.py."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from bench.world import drop_database
from tests.support import failure_list, grouping, servers
from tests.support import world as worlds

# How long an example takes says how busy the machine is; claims about time have tests of their own.
hypothesis.settings.register_profile("tests", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers before xdist's workers, which inherit their addresses."""
    worker = hasattr(config, "workerinput")
    listing = config.option.collectonly or config.option.help
    if not worker and not listing and servers.needed_by(config.args, config.rootpath):
        servers.shared_servers()


@pytest.hookimpl(tryfirst=True)  # before xdist writes the groups into the ids
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests together that share a world."""
    grouping.group_modules(items)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """Say who failed in a line each, after all that pytest says of it."""
    yield
    stats = terminalreporter.stats
    for line in failure_list.lines_of([*stats.get("failed", []), *stats.get("error", [])]):
        terminalreporter.write_line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Drop what the run left on servers that go on living, and stop those that are ours."""
    if hasattr(config, "workerinput") or servers.DATABASE not in os.environ:
        return
    drop_database(os.environ[servers.DATABASE], worlds.template_name())
    servers.stop_shared_servers()


@pytest.fixture(scope="session")
def shared_servers() -> tuple[str, str]:
    """(Kafka bootstrap servers, connection string of the admin database)."""
    return servers.shared_servers()


@pytest.fixture(scope="module")
def has_topics() -> bool:
    """Whether the world of a module has topics. Folders of tests of PostgreSQL alone say no."""
    return True


@pytest.fixture(scope="module")
def module_world(
    tmp_path_factory: pytest.TempPathFactory, has_topics: bool
) -> Iterator[worlds.World]:
    """A world that the tests of a module share."""
    folder = tmp_path_factory.mktemp("world")
    with worlds.open_world(folder, has_topics=has_topics) as opened:
        yield opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[worlds.World]:
    """Topics and a database of this test's own; `world.settings` says where."""
    with worlds.open_world(tmp_path) as opened:
        yield opened
