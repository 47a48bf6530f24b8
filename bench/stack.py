"""The servers of a run and the worlds in it: topics under a prefix, databases from one template.

Servers come from KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL where given, else they are started here
with free ports and a temporary home, as durable as `storepulse up` runs them, and stopped at the
end. CPU figures of a server that is not ours are left out.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from math import inf
from pathlib import Path
from time import monotonic, sleep

import psycopg
from confluent_kafka import OFFSET_END, TopicPartition
from pydantic import SecretStr

from bench import database_owner
from bench.world import (
    World,
    create_database,
    delete_topics,
    drop_database,
    given_kafka,
    kafka_of,
    make_topics,
    share_users,
    url_of,
)
from storepulse.adapters.kafka import clients as kafka
from storepulse.adapters.postgres import migrations
from storepulse.adapters.postgres.named_sql import read_statements
from storepulse.adapters.settings import Settings
from storepulse.local import kafka_accounts, ports, postgres_folder
from storepulse.local.servers import start_servers, temporary_home

SQL = read_statements(Path(__file__).with_suffix(".sql"))

#: Topics' files leave the disk 5 s after the topics do (deploy/kafka/server.properties), and keep
#: Kafka's scheduler, the file system and so everybody busy then: 30 ms at a time.
DELETING_SECONDS = 8.0


class Stack:
    """Running servers; `world()` and `database()` make something fresh on them."""

    def __init__(
        self, settings: Settings, admin_url: str, home: Path, pids: Mapping[str, int | None]
    ) -> None:
        """`settings`: with which the servers' admin connects."""
        self.settings = settings
        self.home = home
        self.pids = pids
        self._admin_url = admin_url
        self._deleted_at = -inf
        self._template = f"sp_bench_{uuid.uuid4().hex[:8]}"

    @contextmanager
    def world(self, streams: Iterable[str] = ("heatmap",)) -> Iterator[World]:
        """New topics and a new database; both go at the end."""
        name = f"b{uuid.uuid4().hex[:8]}"
        with ExitStack() as owned:
            settings = Settings.model_validate(
                {
                    **kafka_of(self.settings),
                    "database_url": owned.enter_context(self.database()),
                    "topic_prefix": f"{name}.",
                    "home": self._home_of(name),
                    "agent_streams": ",".join(streams),
                    "gateway_port": ports.free_port(),
                    # Visitors have addresses of their own, which no call from this machine has.
                    "gateway_require_key": False,
                    "query_port": ports.free_port(),
                    "agent_metrics_port": ports.free_port(),
                    "log_format": "json",
                    # The load's visitors have addresses of their own.
                    "trust_forwarded": "first",
                }
            )
            passwords = kafka_accounts.kafka_passwords(self.home)
            kafka_accounts.keep_kafka_passwords(settings.home, passwords)
            owned.callback(self._delete_topics, settings)
            make_topics(settings)
            yield World(settings)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of a new database with the schema, dropped at the end."""
        name = f"{self._template}_{uuid.uuid4().hex[:6]}"
        with self._admin() as admin:
            create_database(admin, name, template=self._template)
        try:
            url = url_of(self._admin_url, name)
            database_owner.open_to_services(url)
            yield url
        finally:
            drop_database(self._admin_url, name)

    @contextmanager
    def another_database(self, world: World) -> Iterator[World]:
        """The same topics with a new database: everything is processed anew."""
        with self.database() as url:
            update = {"database_url": SecretStr(url), "agent_metrics_port": ports.free_port()}
            yield World(world.settings.model_copy(update=update))

    def settle(self) -> None:
        """Waits until the servers have written and deleted what earlier runs left, so that the next
        one does not pay."""
        with self._admin() as admin:
            admin.execute(SQL["checkpoint"])
        sleep(max(0.0, self._deleted_at + DELETING_SECONDS - monotonic()))

    def empty(self, topic: str) -> None:
        """Deletes a topic's records: what a run published is of no use to the next one."""
        client = kafka.make_admin_client(self.settings)
        found = client.list_topics(topic, timeout=10).topics[topic].partitions
        ends = [TopicPartition(topic, partition, OFFSET_END) for partition in found]
        for future in client.delete_records(ends, request_timeout=15).values():
            future.result()

    def make_template(self) -> None:
        """The migrated database that all others are copies of."""
        database_owner.make_roles(self._admin_url)
        with self._admin() as admin:
            create_database(admin, self._template)
        url = url_of(self._admin_url, self._template)
        migrations.up(url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(SQL["ensure_partitions"])

    def drop_template(self) -> None:
        drop_database(self._admin_url, self._template)

    def _home_of(self, name: str) -> Path:
        home = self.home / name
        database_owner.hand_out(home, self._admin_url)
        return home

    def _delete_topics(self, settings: Settings) -> None:
        if delete_topics(settings):
            self._deleted_at = monotonic()

    def _admin(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self._admin_url, autocommit=True)


@contextmanager
def open_stack() -> Iterator[Stack]:
    """Servers for the length of a block."""
    given = {"database_url": os.environ.get("DATABASE_URL")}
    with ExitStack() as owned:
        home = temporary_home()
        owned.callback(shutil.rmtree, home, ignore_errors=True)
        owned.callback(postgres_folder.remove, home)
        settings = Settings.model_validate(
            {"home": home, **given_kafka(os.environ), **{k: v for k, v in given.items() if v}}
        )
        servers = start_servers(
            settings, os.environ, free_ports=True, tell=lambda step: print(f"  {step}")
        )
        owned.callback(servers.stop)
        pids = {
            "kafka": servers.kafka.pid if servers.kafka else None,
            "postgres": servers.postgres.pid if servers.postgres else None,
        }
        admin_url = servers.postgres.bootstrap_url if servers.postgres else servers.database_url
        share_users(servers.settings)
        stack = Stack(servers.settings, admin_url, home, pids)
        stack.make_template()
        owned.callback(stack.drop_template)
        yield stack


def produce(
    world: World, topic: str, records: Iterable[tuple[bytes, bytes]], partition: int = -1
) -> int:
    """Writes records (key, value) and waits for the broker; how many there were."""
    failed: list[object] = []
    producer = kafka.make_producer(
        world.settings,
        "bench-feed",
        **{
            "linger.ms": 20,
            "delivery.report.only.error": True,
            "on_delivery": lambda error, _message: failed.append(error),
        },
    )
    count = 0
    for count, (key, value) in enumerate(records, 1):
        while True:
            try:
                producer.produce(topic, value, key, partition)
                break
            except BufferError:
                producer.poll(0.1)
        if count % 10_000 == 0:
            producer.poll(0)
    if producer.flush(60) or failed:
        raise RuntimeError(f"the broker did not take all records: {failed[:1]}")
    return count
