"""The one Kafka and one PostgreSQL that serve a whole test run.

Rules: addresses from the environment come first, then containers where Docker answers, then the
embedded servers of `storepulse up`. The process that pytest was started as owns them; workers of
xdist are told the addresses through the environment, so that nobody starts them twice.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from storepulse.adapters.settings import Settings
from storepulse.local import postgres_folder
from storepulse.local.servers import start_servers, temporary_home

#: Set by the owner for the workers. Not our product's prefix: `load` refuses unknown names there.
KAFKA = "TEST_KAFKA_BOOTSTRAP_SERVERS"
DATABASE = "TEST_DATABASE_URL"
RUN = "TEST_RUN_ID"

#: Below these folders of tests/, tests need servers.
FOLDERS = ("integration", "e2e", "contract", "fault")

_owned = ExitStack()


def shared_servers() -> tuple[str, str]:
    """(bootstrap servers, connection string of a role that may create databases and roles).

    It is for making worlds, and for what only a superuser may do to a server.

    Starts them if nobody has; `stop_shared_servers` ends what this process started.
    """
    if KAFKA not in os.environ or DATABASE not in os.environ:
        os.environ[KAFKA], os.environ[DATABASE] = _given() or _containers() or _embedded()
    run_id()
    return os.environ[KAFKA], os.environ[DATABASE]


def administrator() -> psycopg.Connection[Any]:
    """A connection of the role that makes worlds, in autocommit mode: for what a world's owner may
    not do to its services, such as ending their sessions."""
    return psycopg.connect(shared_servers()[1], autocommit=True)


def run_id() -> str:
    """Eight hex digits that the processes of one test run share."""
    return os.environ.setdefault(RUN, uuid.uuid4().hex[:8])


def stop_shared_servers() -> None:
    """Stop what this process started; does nothing elsewhere."""
    _owned.close()


def needed_by(arguments: list[str], root: Path) -> bool:
    """Whether tests selected by pytest's `arguments` may need servers; none means all tests."""
    folders = [root / "tests" / name for name in FOLDERS]
    selected = [Path(argument.split("::")[0]).resolve() for argument in arguments] or [root]
    return any(
        folder.is_dir() and (path.is_relative_to(folder) or folder.is_relative_to(path))
        for folder in folders
        for path in selected
    )


def _given() -> tuple[str, str] | None:
    kafka, database = os.environ.get("KAFKA_BOOTSTRAP_SERVERS"), os.environ.get("DATABASE_URL")
    return (kafka, database) if kafka and database else None


def _containers() -> tuple[str, str] | None:
    # The client program is asked, not the library: that one leaves its socket open when refused.
    if shutil.which("docker") is None:
        return None
    if (
        subprocess.run(
            ["docker", "version"], capture_output=True, timeout=20, check=False
        ).returncode
        != 0
    ):
        return None
    from testcontainers.community.postgres import PostgresContainer
    from tests.support.kafka_container import KafkaContainer

    postgres = PostgresContainer("postgres:17", driver=None)
    kafka = KafkaContainer()
    for container in (postgres, kafka):
        _owned.enter_context(container)
    return kafka.bootstrap_servers, postgres.get_connection_url()


def _embedded() -> tuple[str, str]:
    home = temporary_home()
    _owned.callback(shutil.rmtree, home, ignore_errors=True)
    _owned.callback(postgres_folder.remove, home)
    servers = start_servers(
        Settings(home=home), os.environ, free_ports=True, durable=False, tell=_tell
    )
    _owned.callback(servers.stop)
    assert servers.postgres is not None
    return servers.kafka_bootstrap_servers, servers.postgres.bootstrap_url


def _tell(step: str) -> None:
    print(f"servers for the tests: {step}", flush=True)
