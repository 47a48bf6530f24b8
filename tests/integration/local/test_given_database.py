"""Roles in a database that DATABASE_URL names: made by its owner, or by an administrator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql
from pydantic import SecretStr

from storepulse.adapters.postgres import migrations, roles
from storepulse.adapters.settings import Settings, environment
from storepulse.cli import root
from storepulse.domain.errors import Misconfigured
from storepulse.local import given_database, ports, postgres_folder
from storepulse.local.database_passwords import role_of, with_account
from storepulse.local.identities import settings_of
from storepulse.local.postgres import EmbeddedPostgres

pytestmark = pytest.mark.xdist_group("embedded servers")

OWNER, PASSWORD = "shop_owner", "owner's"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    home = tmp_path_factory.mktemp("server")
    server = EmbeddedPostgres(home, ports.free_port(), durable=False)
    server.start()
    yield server
    server.stop()
    postgres_folder.remove(home)


@pytest.fixture(autouse=True)
def shop(server: EmbeddedPostgres) -> Iterator[None]:
    """A shop's owner and database, and none of our roles."""
    with psycopg.connect(server.bootstrap_url, autocommit=True) as connection:
        drop(connection)
        connection.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD 'owner''s'".encode())
        connection.execute(f"CREATE DATABASE shop OWNER {OWNER}".encode())
        yield
        drop(connection)


def drop(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    connection.execute("DROP DATABASE IF EXISTS shop WITH (FORCE)")
    for role in (*roles.ROLES.values(), OWNER):
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def settings_in(home: Path, server: EmbeddedPostgres) -> Settings:
    url = f"postgresql://127.0.0.1:{server.port}/shop"
    return Settings(home=home, database_url=SecretStr(with_account(url, OWNER, PASSWORD)))


def role_in_force(settings: Settings) -> str:
    with psycopg.connect(settings.dsn) as connection:
        row = connection.execute("SELECT current_user").fetchone()
    assert row is not None
    return str(row[0])


def allow(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.bootstrap_url, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {OWNER} CREATEROLE".encode())


def test_an_owner_that_may_makes_them_and_the_home_keeps_their_passwords(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    allow(server)
    settings = settings_in(tmp_path / "home", server)
    assert "role of its own" in given_database.ensure_roles(settings)
    migrations.up(settings_of("owner", settings).dsn)
    for service, role in roles.ROLES.items():
        assert role_in_force(settings_of(service, settings)) == role
    assert role_in_force(settings_of("owner", settings)) == OWNER
    assert "role of its own" in given_database.ensure_roles(settings)


def test_roles_that_another_installation_made_are_left_alone(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    allow(server)
    first, second = settings_in(tmp_path / "a", server), settings_in(tmp_path / "b", server)
    given_database.ensure_roles(first)
    migrations.up(first.dsn)
    line = given_database.ensure_roles(second)
    assert line.startswith(f"every service works as {OWNER}:")
    assert settings_of("agents", second) == second
    assert role_in_force(settings_of("agents", first)) == roles.ROLES["agents"]


def test_an_owner_that_may_not_is_told_and_an_administrator_makes_them(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path / "home", server)
    with pytest.raises(Misconfigured, match="migrate roles --print"):
        given_database.ensure_roles(settings)
    with pytest.raises(Misconfigured, match="storepulse_gateway"):
        migrations.up(settings.dsn)
    printed = CliRunner().invoke(root, ["migrate", "roles", "--print"], env=environment(settings))
    assert printed.exit_code == 0, printed.output
    with pytest.raises(Misconfigured, match="may not create"):
        given_database.ensure_roles(settings)

    shop = server.bootstrap_url.rpartition("/")[0] + "/shop"
    with psycopg.connect(shop, autocommit=True) as administrator:
        administrator.execute(printed.stdout.encode())
    assert "role of its own" in given_database.ensure_roles(settings)
    migrations.up(settings.dsn)
    own = settings_of("delivery", settings)
    assert role_in_force(own) == roles.ROLES["delivery"]
    # What an administrator is shown holds no password.
    password = own.dsn.split(":")[2].split("@")[0]
    assert password not in printed.stdout


def test_other_passwords_than_those_that_are_kept_stop_the_start(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    allow(server)
    settings = settings_in(tmp_path / "home", server)
    given_database.ensure_roles(settings)
    migrations.up(settings.dsn)
    with psycopg.connect(server.bootstrap_url, autocommit=True) as connection:
        connection.execute("ALTER ROLE storepulse_operator PASSWORD 'another'")
    with pytest.raises(Misconfigured, match="other passwords"):
        given_database.ensure_roles(settings)


def test_a_role_that_is_named_on_purpose_stays(server: EmbeddedPostgres, tmp_path: Path) -> None:
    allow(server)
    settings = settings_in(tmp_path / "home", server)
    given_database.ensure_roles(settings)
    url = with_account(settings.dsn, "somebody", "else")
    named = settings.model_copy(update={"database_url": SecretStr(url)})
    assert settings_of("agents", named) == named
    # A service that is handed its own account keeps it, and the command line takes its own.
    agents = settings_of("agents", settings)
    assert settings_of("agents", agents) == agents
    assert role_of(settings_of("operator", agents).dsn) == roles.ROLES["operator"]
