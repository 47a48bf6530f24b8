"""A world of its own: topics under a prefix that nobody else uses, and a database.

The tests have theirs from here too, so that both mean the same by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from psycopg.conninfo import conninfo_to_dict

from bench import database_owner
from storepulse.access.keys import home_key
from storepulse.adapters.postgres import roles
from storepulse.adapters.postgres.named_sql import read_statements
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import Catalog, load_catalog
from storepulse.local.identities import OWNER, settings_of

REQUEST_SECONDS = 15
SQL = read_statements(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True)
class World:
    """What a run works in. `settings` names its topics, database, home and free ports, and the
    database's owner."""

    settings: Settings

    @property
    def catalog(self) -> Catalog:
        """Its topics."""
        return load_catalog(self.settings.topic_prefix)

    @property
    def key(self) -> str:
        """The secret key of its home, as `up` makes it; empty where there is none."""
        return home_key(Path(self.settings.home))

    @property
    def headers(self) -> dict[str, str]:
        """What a client of this world sends with each request."""
        return {"x-api-key": self.key}

    def settings_of(self, identity: str) -> Settings:
        """The settings with which a service, or the command line ("operator"), runs in it."""
        return settings_of(identity, self.settings)

    def connect(self, identity: str = OWNER) -> psycopg.Connection[Any]:
        """A connection to its database, in autocommit mode: its owner's, or a service's."""
        return psycopg.connect(self.settings_of(identity).dsn, autocommit=True)


def url_of(admin_url: str, database: str) -> str:
    """The connection string of another database on the same server, as its owner."""
    parts = conninfo_to_dict(admin_url)
    address = f"postgresql://{parts.get('host')}:{parts.get('port', 5432)}/{database}"
    return database_owner.owner_url(admin_url, address)


def create_database(
    admin: psycopg.Connection[Any], database: str, *, template: str | None = None
) -> None:
    """Create `database` for the owner's role; a copy of `template` where one is given."""
    names = {"database": database, "owner": roles.OWNER}
    if template is None:
        admin.execute(SQL["create"].with_names(**names))
    else:
        admin.execute(SQL["clone"].with_names(**names, template=template))


def drop_database(admin_url: str, database: str) -> None:
    """Drop `database`, whoever is still connected to it."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(SQL["drop"].with_names(database=database))


def topics_of(client: AdminClient, prefix: str) -> list[str]:
    """The topics whose names start with `prefix`, as the broker lists them."""
    return [name for name in client.list_topics(timeout=10).topics if name.startswith(prefix)]


def delete_topics(bootstrap: str, prefix: str) -> int:
    """Delete every topic whose name starts with `prefix`; how many there were."""
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    names = topics_of(client, prefix)
    if not names:
        return 0
    for future in client.delete_topics(names, request_timeout=REQUEST_SECONDS).values():
        try:
            future.result()
        except KafkaException as error:
            # Deleted before, and a busy broker lists it still.
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
    return len(names)
