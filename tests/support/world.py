"""A world of its own for one test: topics under a prefix nobody else uses, a fresh database.

Rules: nothing is shared between two worlds but the servers, so that tests run side by side. The
database is cloned from a template that the first worker in need of it migrates, once per run. Its
settings are those of the database's owner; `world.settings_of("agents")` are a service's. Whatever
runs as a process finds its own role in the world's home.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from bench import database_owner
from bench.world import (
    World,
    create_database,
    delete_topics,
    drop_database,
    make_topics,
    url_of,
)
from psycopg import sql
from pydantic import SecretStr
from tests.support import servers

from storepulse.adapters.settings import Settings
from storepulse.local import kafka_accounts, ports
from storepulse.local.identities import settings_of

#: Advisory lock of the admin database under which the template is made.
TEMPLATE_LOCK = 7_368_261
#: The broker keeps records of any age: the days of tests are fixed, and lie ever further back.
KEEPING = {"retention.ms": "-1"}


@contextmanager
def open_world(home: Path, *, has_topics: bool = True) -> Iterator[World]:
    """A world with its topics created and its schema migrated; all of it dropped afterwards.

    A broker takes seconds to make the topics: without them for tests of PostgreSQL alone.
    """
    from storepulse.access import keys

    _, admin_url = servers.shared_servers()
    name = f"t{uuid.uuid4().hex[:8]}"
    settings = Settings(
        **servers.kafka_settings(),
        database_url=SecretStr(url_of(admin_url, f"sp_{name}")),
        topic_prefix=f"{name}.",
        home=home,
        gateway_port=ports.free_port(),
        query_port=ports.free_port(),
        agent_metrics_port=ports.free_port(),
        agent_gather_ms=0,
        # What tests count is what they send.
        usage_meter_seconds=86_400,
        delivery_port=ports.free_port(),
    )
    database_owner.hand_out(home, admin_url)
    clone_template(admin_url, f"sp_{name}")
    try:
        kafka_accounts.keep_kafka_passwords(home, servers.kafka_passwords())
        if has_topics:
            make_topics(settings, KEEPING)
        keys.ensure_admin_key(settings_of("operator", settings))
        yield World(settings)
    finally:
        if has_topics:
            delete_topics(settings)
        drop_database(admin_url, f"sp_{name}")


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
        (has_template,) = admin.execute(
            "SELECT count(*) > 0 FROM pg_database WHERE datname = %s", (template,)
        ).fetchall()[0]
        if not has_template:
            database_owner.make_roles(admin_url)
            create_database(admin, template)
            try:
                migrations.up(url_of(admin_url, template))
            except BaseException:
                drop_database(admin_url, template)
                raise
        create_database(admin, database, template=template)
    database_owner.open_to_services(url_of(admin_url, database))


#: Tables that say what the database is, not what happened in it.
_SCHEMA_TABLES = ("partitioned_tables", "schema_migrations", "migrations")


def empty_tables(connection: psycopg.Connection[Any]) -> None:
    """Empties every table, so that the tests of a module can share a world.

    Of hundreds of tables, indexes and partitions a test fills a few: the others stay as they are.
    """
    tables = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0"
    ).fetchall()
    names = [sql.Identifier(str(name)) for (name,) in tables if name not in _SCHEMA_TABLES]
    if names:
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(names)))
