"""The one Kafka and one PostgreSQL that serve a whole test run.

Rules: addresses from the environment come first, then containers where Docker answers, then the
embedded servers of `storepulse up`. The process that pytest was started as owns them; workers of
xdist are told the addresses through the environment, so that nobody starts them twice.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
from bench.world import given_kafka, share_users

from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import ADMIN
from storepulse.local import kafka_accounts, postgres_folder
from storepulse.local.servers import start_servers, temporary_home

#: Set by the owner for the workers. Not our product's prefix: `load` refuses unknown names there.
KAFKA = "TEST_KAFKA_BOOTSTRAP_SERVERS"
KAFKA_PASSWORDS = "TEST_KAFKA_PASSWORDS"
DATABASE = "TEST_DATABASE_URL"
RUN = "TEST_RUN_ID"

#: Below these folders of tests/, tests need servers.
FOLDERS = ("integration", "e2e", "contract", "fault", "console")

_owned = ExitStack()


def shared_servers() -> tuple[str, str]:
    """(bootstrap servers, connection string of a role that may create databases and roles).

    It is for making worlds, and for what only a superuser may do to a server.

    Starts them if nobody has; `stop_shared_servers` ends what this process started.
    """
    if KAFKA not in os.environ or DATABASE not in os.environ:
        kafka, os.environ[DATABASE] = _given() or _containers() or _embedded()
        os.environ[KAFKA_PASSWORDS] = json.dumps(share_users(kafka))
        os.environ[KAFKA] = kafka.kafka_bootstrap_servers
    run_id()
    return os.environ[KAFKA], os.environ[DATABASE]


def administrator() -> psycopg.Connection[Any]:
    """A connection of the role that makes worlds, in autocommit mode: for what a world's owner may
    not do to its services, such as ending their sessions."""
    return psycopg.connect(shared_servers()[1], autocommit=True)


def kafka_passwords() -> dict[str, str]:
    """Passwords of the users of the shared Kafka; none where it asks for none."""
    shared_servers()
    passwords: dict[str, str] = json.loads(os.environ[KAFKA_PASSWORDS])
    return passwords


def kafka_settings() -> dict[str, Any]:
    """Settings with which a test looks into the shared Kafka and changes it: its admin's."""
    where = {"kafka_bootstrap_servers": shared_servers()[0]}
    admin = kafka_passwords().get(ADMIN)
    return where if admin is None else where | kafka_accounts.admin_of_kafka(admin)


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


def _given() -> tuple[Settings, str] | None:
    kafka, database = os.environ.get("KAFKA_BOOTSTRAP_SERVERS"), os.environ.get("DATABASE_URL")
    if not (kafka and database):
        return None
    return Settings.model_validate({"home": _home(), **given_kafka(os.environ)}), database


def _containers() -> tuple[Settings, str] | None:
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
    settings = Settings.model_validate(
        {
            "home": _home(),
            "kafka_bootstrap_servers": kafka.bootstrap_servers,
            **kafka_accounts.admin_of_kafka(kafka.admin_password),
        }
    )
    return settings, postgres.get_connection_url()


def _home() -> Path:
    home = temporary_home()
    _owned.callback(shutil.rmtree, home, ignore_errors=True)
    return home


def _embedded() -> tuple[Settings, str]:
    home = _home()
    _owned.callback(postgres_folder.remove, home)
    servers = start_servers(
        Settings(home=home), os.environ, free_ports=True, durable=False, tell=_tell
    )
    _owned.callback(servers.stop)
    assert servers.postgres is not None
    return servers.settings, servers.postgres.bootstrap_url


def _tell(step: str) -> None:
    print(f"servers for the tests: {step}", flush=True)
