"""Keys and stores in memory follow the database, whatever the order of its commits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access import keys
from storepulse.access.rules.administration import CLI
from storepulse.access.store_changes import change_store, create_store
from storepulse.access.store_secrets import EnteredSecret, set_secret
from storepulse.access.table_reader import TableReader
from storepulse.adapters.secret_box import SecretBox
from storepulse.domain.store_settings import DEFAULTS

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def reader(module_world: World) -> TableReader:
    return TableReader(module_world.settings.dsn)


def new_store(world: World) -> UUID:
    with world.connect() as connection:
        return create_store(connection, CLI, NOW, store_id=uuid4()).store_id


def test_a_change_that_commits_late_is_not_missed(module_world: World, reader: TableReader) -> None:
    with module_world.connect() as reading, module_world.connect() as late:
        late.execute("BEGIN")
        slow = create_store(late, CLI, NOW, store_id=uuid4()).store_id
        slow_key = keys.new_key("secret")
        keys.store_key(late, slow_key, kind="secret", scopes=["read"])
        quick = new_store(module_world)
        reader.read(reading)
        assert reader.stores.find(str(quick)) is not None
        assert reader.stores.find(str(slow)) is None
        reader.read(reading)
        late.execute("COMMIT")
        reader.read(reading)
        assert reader.stores.find(str(slow)) is not None
        assert reader.keys.find(slow_key) is not None


def test_only_what_changed_is_read(module_world: World, reader: TableReader) -> None:
    same, other = new_store(module_world), new_store(module_world)
    with module_world.connect() as reading:
        wait_until(lambda: is_read_no_more(reader, reading, other))
        before = reader.stores.find(str(same)), reader.stores.find(str(other))
        with module_world.connect() as connection:
            settings = {"settings": {"addresses": "shortened", "time_zone": "Asia/Tokyo"}}
            change_store(connection, CLI, other, settings, NOW)
        reader.read(reading)
        assert reader.stores.find(str(same)) is before[0]
        after = reader.stores.find(str(other))
        assert after is not before[1]
        assert after is not None
        assert (after.settings.addresses, after.settings.time_zone) == ("shortened", "Asia/Tokyo")
        assert [period.from_day.isoformat() for period in after.zones] == ["2026-03-02"]
        wait_until(lambda: is_read_no_more(reader, reading, other))
        assert reader.stores.find(str(same)) is before[0]


def is_read_no_more(reader: TableReader, connection: psycopg.Connection[Any], store: UUID) -> bool:
    """Whether a store is left alone: all transactions on the server that began before it was
    changed are over, those of other tests too."""
    before = reader.stores.find(str(store))
    reader.read(connection)
    return before is not None and reader.stores.find(str(store)) is before


def test_a_store_that_nobody_declared_has_the_defaults(reader: TableReader) -> None:
    assert reader.stores.settings_of(str(uuid4())) is DEFAULTS


def test_the_last_settings_stay_while_postgresql_is_away(module_world: World) -> None:
    store = new_store(module_world)
    with module_world.connect() as connection:
        change_store(connection, CLI, store, {"settings": {"currency": "EUR"}}, NOW)
        reader = TableReader("postgresql://nobody@127.0.0.1:1/nowhere?connect_timeout=1")
        reader.read(connection)
    reader.start()
    wait_until(lambda: reader.stores.is_loaded, "the thread", seconds=1)
    reader.stop()
    assert reader.stores.settings_of(str(store)).currency == "EUR"


def test_a_process_without_the_key_has_no_secrets_and_goes_on(module_world: World) -> None:
    store = new_store(module_world)
    box, foreign = SecretBox.of(module_world.settings), SecretBox([Fernet.generate_key().decode()])
    with module_world.connect() as connection:
        for sealing, kind in ((box, "shopify"), (foreign, "signing")):
            new = EnteredSecret(kind, f"{kind}-secret-of-the-store")
            set_secret(connection, sealing, CLI, store, new, NOW)
        reader = TableReader(module_world.settings.dsn, box)
        reader.read(connection)
        assert reader.stores.secrets_of(str(store), "shopify") == ("shopify-secret-of-the-store",)
        assert reader.stores.secrets_of(str(store), "signing") == ()
        own = TableReader(module_world.settings.dsn, box)
        with psycopg.connect(module_world.settings_of("gateway").dsn) as as_gateway:
            own.read(as_gateway)
        assert own.stores.secrets_of(str(store), "shopify") != ()
        # A process that is not given what opens them asks for none.
        without = TableReader(module_world.settings.dsn)
        connection.execute("ALTER TABLE store_secrets RENAME TO store_secrets_away")
        try:
            without.read(connection)
        finally:
            connection.execute("ALTER TABLE store_secrets_away RENAME TO store_secrets")
        assert without.stores.secrets_of(str(store), "shopify") == ()
