"""Every statement of every .sql file, as PostgreSQL reads it against the migrated schema.

It is prepared, not run: a table, column, function or type that does not exist fails here, and so do
parameters whose type PostgreSQL cannot tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.pq import ExecStatus
from tests.integration.migrations.empty_database import empty_database

from storepulse.adapters.postgres import migrations
from storepulse.adapters.postgres.named_sql import PACKAGE, read_statements
from storepulse.adapters.postgres.sql_tokens import TokenKind, tokens_of
from storepulse.adapters.postgres.statement import PARAMETER, Statement

ROOT = PACKAGE.parents[1]
FILES = sorted(
    path
    for folder in (PACKAGE, ROOT / "bench", ROOT / "tests")
    for path in folder.rglob("*.sql")
    if "migrations_sql" not in path.parts
)
#: What stands for tables and columns that are filled in.
NAMES: Mapping[str, Mapping[str, Any]] = {
    "copying.sql": {"table": "stores", "columns": ("store_id", "domain")},
    "deliveries.sql": {"leaf": "deliveries_default"},
    "events.sql": {"rows": "customer_activity"},
    "partitions.sql": {"leaf": "deliveries_default", "parent": "deliveries"},
    "postgres.sql": {"database": "another", "owner": "storepulse_owner"},
    "people.sql": {"sort": "last_seen"},
    "recount.sql": {"rows": "customer_activity"},
    "rows.sql": {"rows": "customer_activity"},
    "store_queries.sql": {"sort": "revenue"},
    "stores.sql": {"rows": "customer_activity"},
    "users.sql": {"sort": "events"},
    "world.sql": {
        "database": "another",
        "owner": "storepulse_owner",
        "template": "template0",
    },
}
ATTEMPTS = {"count_attempts", "delete_attempts"}
#: Staged tables are made by the first; `plain` by its own file.
MAKES_TABLES = ("stage", "create_table")


@pytest.fixture(scope="module")
def session(shared_servers: tuple[str, str]) -> Iterator[psycopg.Connection[Any]]:
    """A session in which every file's temporary tables are."""
    with empty_database(shared_servers[1]) as dsn:
        migrations.up(dsn)
        with psycopg.connect(dsn, autocommit=True) as connection:
            for path in FILES:
                for name, statement in read_statements(path).items():
                    if name in MAKES_TABLES:
                        connection.execute(statement)
            yield connection


def prepared(statement: Statement) -> Iterator[bytes]:
    """Its single statements, with the numbered parameters that psycopg makes of named ones."""
    numbers: dict[str, str] = {}
    text = PARAMETER.sub(
        lambda match: numbers.setdefault(match[1], f"${len(numbers) + 1}"), statement.text
    ).replace("%%", "%")
    single = ""
    for token in tokens_of(text):
        if token.kind is TokenKind.END:
            yield single.encode()
            single = ""
        else:
            single += token.text
    yield single.encode()


def faults(session: psycopg.Connection[Any], path: Path) -> Iterator[str]:
    """What PostgreSQL refuses of a file."""
    for name, statement in read_statements(path).items():
        names = dict(NAMES.get(path.name, {}))
        if name in ATTEMPTS:
            names["leaf"] = "delivery_attempts_default"
        names = {key: names[key] for key in statement.identifiers}
        for single in prepared(statement.with_names(**names)):
            result = session.pgconn.prepare(b"", single)
            if result.status != ExecStatus.COMMAND_OK:
                message = re.sub(r"\s+", " ", result.error_message.decode())
                yield f"{path.name}: {name}: {message}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_postgresql_understands_every_statement(
    session: psycopg.Connection[Any], path: Path
) -> None:
    assert list(faults(session, path)) == []


def test_a_column_that_is_not_there_is_found(
    session: psycopg.Connection[Any], tmp_path: Path
) -> None:
    path = tmp_path / "some.sql"
    path.write_text("-- name: a\nSELECT store_id, colour FROM stores;\n")
    (fault,) = faults(session, path)
    assert fault.startswith('some.sql: a: ERROR: column "colour" does not exist')
