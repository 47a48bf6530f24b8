"""What each role tries and may not do, as PostgreSQL refuses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from tests.integration.roles.grants import ROLES
from tests.support.world import World

from storepulse.adapters.postgres import roles
from storepulse.query.pools import writing_pool

STORE = "11111111-1111-4111-8111-111111111111"
WRITE_CELL = (
    "INSERT INTO activity_hourly (store_id, hour, activity_type, is_bot, events, quantity)"
    f" VALUES ('{STORE}', now(), 'page_view', false, 1, 0)"
)
REFUSED = {
    "gateway": (
        "INSERT INTO cart_tracking_events SELECT * FROM cart_tracking_events",
        "INSERT INTO customer_activity DEFAULT VALUES",
        WRITE_CELL,
        "SELECT secrets FROM destinations",
        "SELECT count(*) FROM customer_activity",
        "SELECT revenue FROM landing_revenue_hourly",
        "SELECT views FROM landing_hourly",
        "SELECT page FROM pages",
        "SELECT accepted FROM ledger_counts",
        "UPDATE api_keys SET scopes = '{admin}'",
        "INSERT INTO dead_letter_actions DEFAULT VALUES",
        "SELECT ensure_partitions(now())",
        "SELECT drop_partition('customer_activity_202601')",
        "CREATE TEMP TABLE a (b int)",
    ),
    "agents": (
        "SELECT key_hash FROM api_keys",
        "INSERT INTO stores (store_id) VALUES (gen_random_uuid())",
        "SELECT secrets FROM destinations",
        "SELECT count(*) FROM deliveries",
        "UPDATE customer_activity SET value = 0",
        "DELETE FROM cart_tracking_events",
        "DELETE FROM activity_hourly",
        "DELETE FROM ledger_counts",
        "DELETE FROM dead_letters",
        "DELETE FROM event_ids",
        "TRUNCATE event_ids",
        "SELECT drop_partition('customer_activity_202601')",
        "DROP TABLE cart_hourly",
    ),
    "delivery": (
        WRITE_CELL,
        "UPDATE activity_hourly SET events = 0",
        "SELECT count(*) FROM customer_activity",
        "SELECT key_hash FROM api_keys",
        "UPDATE destinations SET secrets = NULL",
        "UPDATE destinations SET config = '{}'",
        "DELETE FROM destinations",
        "UPDATE delivery_attempts SET outcome = 'sent'",
        "UPDATE ledger_counts SET dead = 0",
        "SELECT count(*) FROM event_ids",
    ),
    "query": (
        "INSERT INTO customer_activity SELECT * FROM customer_activity",
        WRITE_CELL,
        "DELETE FROM ledger_partitions",
        "DELETE FROM ledger_counts",
        "DELETE FROM dead_letters",
        "DELETE FROM deliveries",
        "DELETE FROM api_keys",
        "CREATE TEMP TABLE a (b int)",
        "SELECT ensure_partitions(now())",
    ),
    "operator": (
        "INSERT INTO customer_activity SELECT * FROM customer_activity",
        WRITE_CELL,
        "DELETE FROM ledger_partitions",
        "UPDATE ledger_counts SET accepted = 0",
        "DELETE FROM customer_activity",
        "SELECT drop_partition('customer_activity_202601')",
        "DROP TABLE api_keys",
    ),
}
#: Nobody's.
ALWAYS = (
    "CREATE TABLE a (b int)",
    "CREATE SCHEMA a",
    "CREATE FUNCTION a() RETURNS int LANGUAGE sql RETURN 1",
    "CREATE ROLE a",
    "ALTER TABLE stores ADD COLUMN a int",
    "DROP TABLE stores",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "COPY (SELECT 1) TO '/tmp/storepulse-never-written'",
    "SELECT rolpassword FROM pg_authid",
    "SELECT pg_read_file('PG_VERSION')",
    "SET ROLE storepulse_owner",
    "SET SESSION AUTHORIZATION storepulse_owner",
    "ALTER TABLE stores OWNER TO CURRENT_USER",
    "UPDATE schema_migrations SET checksum = ''",
    "INSERT INTO partitioned_tables VALUES ('stores', 'month')",
)


@pytest.fixture(scope="module")
def sessions(module_world: World) -> Iterator[dict[str, psycopg.Connection[Any]]]:
    with module_world.connect() as owner:
        owner.execute("SELECT ensure_partitions('2026-01-15')")
    with ExitStack() as stack:
        opened = {role: stack.enter_context(module_world.connect(role)) for role in ROLES}
        # What a session may set itself is no protection: rights are.
        opened["query"].execute("SET default_transaction_read_only = off")
        yield opened


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_refused_what_it_has_no_business_with(
    sessions: dict[str, psycopg.Connection[Any]], role: str
) -> None:
    done = []
    for statement in (*REFUSED[role], *ALWAYS):
        try:
            with sessions[role].transaction(force_rollback=True):
                sessions[role].execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            continue
        done.append(statement)
    assert done == []


def test_the_query_service_writes_only_where_it_says_so(module_world: World) -> None:
    with module_world.connect("query") as connection:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("UPDATE stores SET domain = NULL")
        row = connection.execute("SHOW statement_timeout").fetchone()
    assert row == ("30s",)


async def test_its_pool_for_administration_writes(module_world: World) -> None:
    async with writing_pool(module_world.settings_of("query")) as pool:
        await pool.run(lambda connection: connection.execute("UPDATE stores SET domain = NULL"))


def test_partitions_are_dropped_by_those_who_may_delete_their_rows(
    sessions: dict[str, psycopg.Connection[Any]],
) -> None:
    for role in ("delivery", "operator"):
        session = sessions[role]
        with session.transaction(force_rollback=True):
            session.execute("SELECT drop_partition('deliveries_202601')")
            session.execute("SELECT drop_partition('delivery_attempts_202601')")
        for name in ("deliveries_default", "deliveries", "stores", "nothing", "a; DROP TABLE b"):
            with pytest.raises(psycopg.errors.UndefinedTable):
                session.execute("SELECT drop_partition(%s)", [name])


def test_a_temporary_table_stands_in_for_none_of_the_owners(
    sessions: dict[str, psycopg.Connection[Any]],
) -> None:
    """Its functions would else work on what a caller puts in the way of their tables."""
    session = sessions["agents"]
    with session.transaction(force_rollback=True):
        session.execute("CREATE TEMP TABLE partitioned_tables (parent text, unit text, fill int)")
        session.execute("CREATE TEMP TABLE api_keys (key_hash bytea)")
        session.execute("INSERT INTO partitioned_tables VALUES ('stores', 'month', 100)")
        made = session.execute("SELECT ensure_partitions('2033-01-15')").fetchone()
        assert made is not None
        assert made[0] > 0
        assert session.execute("SELECT * FROM find_key('\\x00')").fetchall() == []


def test_a_key_is_found_by_its_hash_alone(module_world: World) -> None:
    with module_world.connect() as owner, module_world.connect("agents") as agents:
        (key_hash,) = owner.execute("SELECT key_hash FROM api_keys LIMIT 1").fetchall()[0]
        (found,) = agents.execute("SELECT hint FROM find_key(%s)", [key_hash]).fetchall()
        assert found[0].startswith("ssk_")
        assert agents.execute("SELECT * FROM find_key(%s)", [b"guess"]).fetchall() == []


def test_only_roles_of_this_installation_get_in(module_world: World) -> None:
    with module_world.connect() as owner:
        rows = owner.execute(
            "SELECT rolname FROM pg_roles WHERE rolcanlogin AND NOT rolsuper"
            " AND has_database_privilege(oid, current_database(), 'CONNECT')"
        ).fetchall()
    assert {name for (name,) in rows} == {roles.OWNER, *roles.ROLES.values()}
