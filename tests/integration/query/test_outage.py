"""PostgreSQL away, restarted, or slow."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.support import servers
from tests.support.services import Service, running
from tests.support.waiting import wait_until
from tests.support.world import World

PATH = f"/api/customer-activity?store_id={uuid4()}"


@pytest.fixture
def service(world: World) -> Iterator[Service]:
    """A query service on a database of its own, with short statements."""
    settings = world.settings.model_copy(update={"query_statement_timeout_ms": 2_000})
    with running("query", settings) as started:
        yield started


class Gate:
    """Shuts a database: nobody gets in, and who was in is thrown out."""

    def __init__(self, dsn: str) -> None:
        self._name = str(conninfo_to_dict(dsn)["dbname"])

    def move(self, *, open_: bool) -> None:
        """Opens or shuts."""
        _, admin_url = servers.shared_servers()
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute(
                sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
                    sql.Identifier(self._name), sql.Literal(open_)
                )
            )
            if not open_:
                self.throw_out(admin)

    def throw_out(self, admin: psycopg.Connection[tuple[object, ...]]) -> None:
        """Ends every connection to the database."""
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [self._name],
        )


def ask(world: World, service: Service, path: str = PATH) -> httpx.Response:
    return httpx.get(service.url + path, headers=world.headers, timeout=10)


def test_an_outage_is_503_and_passes_by_itself(world: World, service: Service) -> None:
    gate = Gate(world.settings.dsn)
    assert ask(world, service).status_code == 200
    gate.move(open_=False)
    try:
        answer = ask(world, service)
        assert answer.status_code == 503
        assert answer.json()["code"] == "DATABASE_UNAVAILABLE"
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["x-request-id"]
        assert httpx.get(service.url + "/readyz", timeout=10).status_code == 503
        assert httpx.get(service.url + "/healthz").status_code == 200
        # What needs no database goes on.
        assert httpx.get(service.url + "/subjects").status_code == 200
    finally:
        gate.move(open_=True)
    wait_until(lambda: ask(world, service).status_code == 200, "200", seconds=10)
    assert httpx.get(service.url + "/readyz").status_code == 200


def test_a_restart_between_two_reads_costs_no_error(world: World, service: Service) -> None:
    assert ask(world, service).status_code == 200
    _, admin_url = servers.shared_servers()
    with psycopg.connect(admin_url, autocommit=True) as admin:
        Gate(world.settings.dsn).throw_out(admin)
    assert ask(world, service).status_code == 200


def test_a_slow_read_is_ended_and_blocks_nobody(world: World, service: Service) -> None:
    answers: list[httpx.Response] = []

    def slow() -> None:
        answers.append(ask(world, service))

    with world.connect() as locker, locker.transaction():
        locker.execute("LOCK TABLE customer_activity IN ACCESS EXCLUSIVE MODE")
        reader = threading.Thread(target=slow)
        reader.start()
        time.sleep(0.1)
        assert httpx.get(service.url + "/healthz").status_code == 200
        assert ask(world, service, "/api/landing-pages/x/stats").status_code == 200
        assert not answers
        reader.join(10)
    assert answers[0].status_code == 503
    assert answers[0].json()["code"] == "DATABASE_TIMEOUT"
    assert answers[0].headers["retry-after"]


def test_reads_cannot_write(world: World) -> None:
    import asyncio

    from storepulse.adapters.postgres.statement import Statement
    from storepulse.query.pools import reading_pool

    async def write() -> None:
        async with reading_pool(world.settings_of("query")) as database:
            await database.rows(Statement("DELETE FROM customer_activity RETURNING event_id"), {})

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        asyncio.run(write())


def test_a_database_without_schema_is_not_ready(world: World) -> None:
    with world.connect() as connection:
        connection.execute("DROP TABLE schema_migrations")
    with running("query", world.settings) as service:
        answer = httpx.get(service.url + "/readyz")
        assert answer.status_code == 503


def test_sigterm_ends_it_cleanly(service: Service) -> None:
    assert service.stop() == 0
