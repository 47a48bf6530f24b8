"""A world of its own: topics under a prefix that nobody else uses, and a database.

The tests have theirs from here too, so that both mean the same by it.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from psycopg.conninfo import conninfo_to_dict

from bench import database_owner
from storepulse.access.keys import home_key
from storepulse.adapters.kafka import rights
from storepulse.adapters.kafka import topics as topics_admin
from storepulse.adapters.kafka.clients import make_admin_client
from storepulse.adapters.postgres import roles
from storepulse.adapters.postgres.named_sql import read_statements
from storepulse.adapters.settings import Settings, variable_name
from storepulse.contracts.kafka_users import ADMIN, USERS
from storepulse.contracts.topics import Catalog, load_catalog
from storepulse.local import kafka_accounts
from storepulse.local.broker import answers
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


def kafka_of(settings: Settings) -> dict[str, object]:
    """Those of the settings that say where Kafka is, and as whom to connect."""
    return {
        name: value
        for name in Settings.model_fields
        if name.startswith(("kafka_bootstrap", "kafka_security", "kafka_sasl", "kafka_ssl"))
        and (value := getattr(settings, name)) != Settings.model_fields[name].default
    }


def given_kafka(environ: Mapping[str, str]) -> dict[str, object]:
    """The same of a Kafka that the environment names; nothing where it names none."""
    return {
        name: environ[variable]
        for name in Settings.model_fields
        if name.startswith("kafka_") and (variable := variable_name(name)) in environ
        if "KAFKA_BOOTSTRAP_SERVERS" in environ
    }


def share_users(settings: Settings) -> dict[str, str]:
    """Passwords of Kafka's users, for runs on one broker. A broker of ours has them; on one that is
    given with its admin they are derived from the admin's, so that runs side by side have the same.
    None where the broker asks for no users."""
    passwords = kafka_accounts.kafka_passwords(settings.home)
    if passwords or settings.kafka_sasl_username != ADMIN:
        return passwords
    admin = settings.kafka_sasl_password.get_secret_value()
    derived = {user: hmac.digest(admin.encode(), user.encode(), "sha256").hex() for user in USERS}
    kafka_accounts.keep_kafka_passwords(settings.home, {ADMIN: admin, **derived})
    if not answers(kafka_accounts.settings_as(USERS[0], settings)):
        rights.set_passwords(settings, derived)
    return {ADMIN: admin, **derived}


def make_topics(settings: Settings, config: Mapping[str, str] | None = None) -> None:
    """The topics of a world, and users' rights on them where the broker asks for users.

    `config` goes before what the catalog declares.
    """
    if kafka_accounts.is_ours(settings):
        rights.apply(settings)
    topics_admin.apply(settings, config)


def delete_topics(settings: Settings) -> int:
    """Delete every topic of a world, and the rights on them; how many topics there were."""
    client = make_admin_client(settings)
    names = topics_of(client, settings.topic_prefix)
    if kafka_accounts.is_ours(settings):
        rights.remove(settings)
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
