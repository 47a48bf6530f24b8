"""A world of its own for one test: topics under a prefix nobody else uses, a fresh database.

Rules: nothing is shared between two worlds but the servers, so that tests run side by side. The
database is cloned from a template that the first worker in need of it migrates, once per run.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr
from tests.support import servers

from storepulse.adapters.settings import Settings
from storepulse.local import ports

#: Advisory lock of the admin database under which the template is made.
TEMPLATE_LOCK = 7_368_261


@dataclass(frozen=True)
class World:
    """What a test works in. `settings` names its topics, database, home and free ports; `key` is
    the secret key of that home, as `up` makes it."""

    settings: Settings
    key: str

    @property
    def headers(self) -> dict[str, str]:
        """What a client of this world sends with each request."""
        return {"x-api-key": self.key}

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection to this world's database, in autocommit mode."""
        return psycopg.connect(self.settings.dsn, autocommit=True)


@contextmanager
def open_world(home: Path) -> Iterator[World]:
    """A world with its topics created and its schema migrated; all of it dropped afterwards."""
    from storepulse.access import keys
    from storepulse.adapters.kafka import topics as topics_admin

    bootstrap, admin_url = servers.shared_servers()
    name = f"t{uuid.uuid4().hex[:8]}"
    settings = Settings(
        kafka_bootstrap_servers=bootstrap,
        database_url=SecretStr(url_of(admin_url, f"sp_{name}")),
        topic_prefix=f"{name}.",
        home=home,
        gateway_port=ports.free_port(),
        query_port=ports.free_port(),
        agent_metrics_port=ports.free_port(),
        agent_gather_ms=0,
        delivery_port=ports.free_port(),
    )
    clone_template(admin_url, f"sp_{name}")
    try:
        topics_admin.apply(settings)
        yield World(settings, keys.ensure_admin_key(settings))
    finally:
        delete_topics(bootstrap, settings.topic_prefix)
        drop_database(admin_url, f"sp_{name}")


def url_of(admin_url: str, database: str) -> str:
    """The connection string of another database on the same server."""
    parts = conninfo_to_dict(admin_url)
    user, secret = parts.get("user"), parts.get("password")
    account = f"{user}:{quote(str(secret), safe='')}@" if secret else f"{user}@"
    return f"postgresql://{account}{parts.get('host')}:{parts.get('port', 5432)}/{database}"


def template_name() -> str:
    """The database that this run's worlds are cloned from."""
    return f"sp_template_{servers.run_id()}"


def clone_template(admin_url: str, database: str) -> None:
    """Create `database` as a copy of the template, which is made first if this run has none."""
    from storepulse.adapters.postgres import migrations

    template = template_name()
    with psycopg.connect(admin_url, autocommit=True) as admin:
        # Held over the copy as well: PostgreSQL refuses to copy a database that is in use.
        admin.execute("SELECT pg_advisory_lock(%s)", (TEMPLATE_LOCK,))
        known = admin.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", (template,)
        ).fetchone()
        if known is None:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(template)))
            try:
                migrations.up(url_of(admin_url, template))
            except BaseException:
                drop_database(admin_url, template)
                raise
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(database), sql.Identifier(template)
            )
        )


def drop_database(admin_url: str, database: str) -> None:
    """Drop `database`, whoever is still connected to it."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        )


def topics_of(client: AdminClient, prefix: str) -> list[str]:
    """The topics whose names start with `prefix`, as the broker lists them."""
    return [name for name in client.list_topics(timeout=10).topics if name.startswith(prefix)]


def delete_topics(bootstrap: str, prefix: str) -> None:
    """Delete every topic whose name starts with `prefix`."""
    client = AdminClient({"bootstrap.servers": bootstrap})
    if names := topics_of(client, prefix):
        for future in client.delete_topics(names, request_timeout=15).values():
            try:
                future.result()
            except KafkaException as error:
                # Deleted before, and a busy broker lists it still.
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise
