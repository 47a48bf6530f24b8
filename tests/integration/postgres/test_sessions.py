"""Sessions and pools as PostgreSQL sees them: names, limits, faults."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic

import psycopg
import pytest
from psycopg import sql
from tests.integration.migrations.empty_database import empty_database

from storepulse.adapters.postgres.pool import Pool, PoolOptions, StatementTimeout, ThreadPool
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.postgres.statement import Statement
from storepulse.domain.errors import Transient

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
SESSION = SessionOptions(
    name="storepulse-test-sessions",
    statement_seconds=0.3,
    lock_seconds=2,
    idle_seconds=4,
    transaction_seconds=20,
    is_read_only=True,
    is_planned_anew=True,
)
SHOWN = {
    "application_name": "storepulse-test-sessions",
    "statement_timeout": "300ms",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "4s",
    "default_transaction_read_only": "on",
    "plan_cache_mode": "force_custom_plan",
    "TimeZone": "UTC",
}
SLEEP = Statement("SELECT pg_sleep(2)")
ONE = Statement("SELECT 1 AS one")


@pytest.fixture
def dsn(shared_servers: tuple[str, str]) -> str:
    return shared_servers[1]


def options(**changes: object) -> PoolOptions:
    given = {"session": SESSION, "least": 0, "most": 1, "patience_seconds": 5.0} | changes
    return PoolOptions(**given)  # type: ignore[arg-type]


def shown(connection: Connection, setting: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [setting]).fetchone()
    assert row is not None
    return str(row[0])


def test_a_session_has_its_name_and_limits(shared_servers: tuple[str, str]) -> None:
    with empty_database(shared_servers[1]) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            name = sql.Identifier(connection.info.dbname)
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET timezone = 'Asia/Tokyo'").format(name)
            )
        check_session(dsn)


def check_session(dsn: str) -> None:
    with connect(dsn, SESSION) as connection:
        assert {name: shown(connection, name) for name in SHOWN} == SHOWN
        if connection.info.server_version >= 170000:
            assert shown(connection, "transaction_timeout") == "20s"
        assert connection.autocommit
        assert connection.prepare_threshold is None


def test_limits_that_nobody_states_are_the_servers_own(dsn: str) -> None:
    with connect(dsn, SessionOptions(name="storepulse-test-plain")) as connection:
        assert shown(connection, "statement_timeout") == "0"
        assert shown(connection, "default_transaction_read_only") == "off"


async def test_a_pool_reads_and_tells_a_slow_read_apart(dsn: str) -> None:
    async with Pool(dsn, options()) as pool:
        assert await pool.rows(ONE, {}) == [{"one": 1}]
        with pytest.raises(StatementTimeout):
            await pool.rows(SLEEP, {})
        with pytest.raises(psycopg.errors.UndefinedTable):
            await pool.rows(Statement("SELECT FROM nothing_of_that_name"), {})
        with pytest.raises(Transient) as slow:
            async with pool.transaction() as connection:
                await connection.execute(SLEEP)
        assert not isinstance(slow.value, StatementTimeout)


async def test_a_connection_that_the_server_ended_is_not_lent(dsn: str) -> None:
    async with Pool(dsn, options()) as pool:
        async with pool.transaction() as connection:
            backend = connection.info.backend_pid
        with connect(dsn, replace(SESSION, is_read_only=False)) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
        assert await pool.rows(ONE, {}) == [{"one": 1}]


async def test_who_waits_too_long_or_behind_too_many_is_told(dsn: str) -> None:
    async with Pool(dsn, options(patience_seconds=0.5, waiting=1)) as pool:
        async with pool.transaction():
            asked = await asyncio.gather(
                *(pool.rows(ONE, {}) for _ in range(2)), return_exceptions=True
            )
        assert [type(answer) for answer in asked] == [Transient, Transient]
        assert sum("already 1 requests waiting" in str(answer) for answer in asked) == 1
        assert await pool.rows(ONE, {}) == [{"one": 1}]


async def test_work_on_threads_uses_ordinary_connections(dsn: str) -> None:
    async with ThreadPool(dsn, options()) as pool:
        assert await pool.run(lambda connection: shown(connection, "TimeZone")) == "UTC"
        with pytest.raises(Transient) as slow:
            await pool.run(lambda connection: connection.execute(SLEEP))
        assert not isinstance(slow.value, StatementTimeout)


async def test_a_server_that_is_away_is_transient() -> None:
    started = monotonic()
    async with Pool(NOWHERE, options(patience_seconds=0.3)) as pool:
        with pytest.raises(Transient, match="PostgreSQL"):
            await pool.rows(ONE, {})
    async with ThreadPool(NOWHERE, options(patience_seconds=0.3)) as threads:
        with pytest.raises(Transient, match="PostgreSQL"):
            await threads.run(lambda connection: connection.execute(ONE))
    assert monotonic() - started < 8
