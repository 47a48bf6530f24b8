"""Whether PostgreSQL answers, as agents and delivery tell it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from tests.support.servers import administrator
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.postgres import polled_database
from storepulse.adapters.postgres.polled_database import PolledDatabase
from storepulse.slices.watching.database_probe import database_probe


@pytest.fixture
def probe() -> Iterator[Callable[[str], PolledDatabase]]:
    """Starts one."""
    with ExitStack() as stack:

        def start(dsn: str) -> PolledDatabase:
            started = database_probe(dsn)
            stack.callback(started.stop)
            started.start()
            return started

        yield start


@pytest.mark.parametrize("process", ["agents", "delivery"])
def test_a_lost_connection_is_told_and_made_again(
    module_world: World, probe: Callable[[str], PolledDatabase], process: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(polled_database, "EVERY_SECONDS", 0.05)
    started = probe(module_world.settings_of(process).dsn)
    with module_world.connect() as connection:
        database = connection.info.dbname
    ours = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND application_name = 'storepulse-probe'"
    )
    faults: list[str] = []
    with administrator() as admin:
        wait_until(lambda: admin.execute(ours, [database]).fetchall() != [], "its connection")
    wait_until(lambda: faults.append(started.fault) or any(faults), "the loss")
    wait_until(lambda: started.fault == "", "its return")


def test_a_server_that_is_away_is_told(probe: Callable[[str], PolledDatabase]) -> None:
    started = probe("postgresql://nobody@127.0.0.1:1/nowhere")
    wait_until(lambda: started.fault == "OperationalError", "the fault")


def test_a_server_that_is_silent_is_told(
    probe: Callable[[str], PolledDatabase], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polled_database, "SILENT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = probe(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nowhere")
        wait_until(lambda: started.fault == "it does not answer", "the silence")
