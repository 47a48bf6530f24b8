"""The fixtures that every other test relies on."""

from __future__ import annotations

from pathlib import Path

import psycopg
from bench.world import topics_of
from confluent_kafka.admin import AdminClient
from tests.support.waiting import wait_until
from tests.support.world import World, open_world

from storepulse.adapters.kafka.clients import connection_config, make_admin_client


def test_a_world_has_its_own_migrated_database_and_topics(world: World) -> None:
    with world.connect() as connection:
        assert connection.execute("SELECT count(*) FROM schema_migrations").fetchone() != (0,)
    client = AdminClient(connection_config(world.settings))
    assert topics_of(client, world.settings.topic_prefix)


def test_a_world_leaves_nothing_behind(tmp_path: Path, shared_servers: tuple[str, str]) -> None:
    _, admin_url = shared_servers
    with open_world(tmp_path) as opened:
        client = make_admin_client(opened.settings)
        settings = opened.settings
        assert topics_of(client, settings.topic_prefix)
    wait_until(  # the broker learns of a deletion a moment later
        lambda: not topics_of(client, settings.topic_prefix), "no topic of this world", seconds=10
    )
    with psycopg.connect(admin_url) as connection:
        name = settings.dsn.rsplit("/", 1)[1]
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        assert found.fetchone() is None
