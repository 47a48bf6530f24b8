"""Apply `deploy/migrations`: numbered SQL files, `<nnnn>_<name>.up.sql` and `.down.sql`.

Each migration runs in its own transaction, under an advisory lock, and is recorded with a checksum:
a file that changed after it was applied stops the next run. The database's owner runs migrations.
They grant rights to the services' roles, which must exist (see roles.py).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.roles import missing_roles, set_database_rights
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.domain.errors import Misconfigured, Transient

FILES = Path(__file__).with_name("migrations_sql")
_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.up\.sql")
_LOCK = 0x53544F5245  # "STORE"

_SQL = named_sql(
    "adapters/postgres/migrations",
    lock="lock",
    record="number name checksum",
    forget="number",
)


@dataclass(frozen=True)
class Migration:
    """One numbered step with both directions."""

    number: int
    name: str
    up: str
    down: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.up.encode()).hexdigest()


@dataclass(frozen=True)
class MigrationStatus:
    """A migration, and when it was applied (None: not yet)."""

    migration: Migration
    applied_at: datetime | None


def read_migrations() -> list[Migration]:
    """All migrations in order. Raises Misconfigured on a gap or a missing down file."""
    steps: list[Migration] = []
    for path in sorted(FILES.glob("*.up.sql")):
        match = _NAME.fullmatch(path.name)
        down = path.with_name(path.name.replace(".up.", ".down."))
        if match is None or not down.is_file():
            raise Misconfigured(path.name, "must be named nnnn_name.up.sql and have a .down.sql")
        steps.append(Migration(int(match[1]), match[2], path.read_text(), down.read_text()))
    if [m.number for m in steps] != list(range(1, len(steps) + 1)):
        raise Misconfigured("deploy/migrations", "numbers must run from 0001 without a gap")
    return steps


@contextmanager
def _hold_lock(dsn: str) -> Iterator[Connection]:
    """A connection that holds the migration lock; concurrent runs wait for each other."""
    try:
        connection = connect(dsn, SessionOptions(name="storepulse-migrations"))
    except psycopg.OperationalError as error:
        raise Transient(f"PostgreSQL: {error}") from error
    with connection:
        connection.execute(_SQL["lock"], {"lock": _LOCK})
        connection.execute(_SQL["create_table"])
        yield connection


def _read_recorded(connection: Connection) -> dict[int, tuple[str, datetime]]:
    rows = connection.execute(_SQL["recorded"])
    return {number: (checksum, applied_at) for number, checksum, applied_at in rows}


def up(dsn: str, to: int | None = None) -> list[int]:
    """Apply missing migrations, up to and including `to`; return the numbers applied.

    Raises Misconfigured if a service's role is missing, or a file changed after it was applied.
    """
    numbers: list[int] = []
    with _hold_lock(dsn) as connection:
        missing = missing_roles(connection)
        if missing:
            raise Misconfigured(
                "PostgreSQL",
                f"it has no roles {', '.join(missing)}: run `storepulse migrate roles` "
                "with a role that may create others, or have an administrator run what "
                "`storepulse migrate roles --print` prints",
            )
        set_database_rights(connection)
        recorded = _read_recorded(connection)
        for migration in read_migrations():
            if migration.number in recorded:
                if recorded[migration.number][0] != migration.checksum:
                    raise Misconfigured(
                        f"{migration.number:04}_{migration.name}",
                        "changed after it was applied; write a new migration instead",
                    )
                continue
            if to is not None and migration.number > to:
                break
            with connection.transaction():
                connection.execute(migration.up.encode())
                connection.execute(
                    _SQL["record"],
                    {
                        "number": migration.number,
                        "name": migration.name,
                        "checksum": migration.checksum,
                    },
                )
            numbers.append(migration.number)
        if numbers:
            connection.execute(_SQL["analyze"])
    return numbers


def down(dsn: str, to: int) -> list[int]:
    """Revert every migration above `to`, newest first; return the numbers reverted."""
    numbers: list[int] = []
    with _hold_lock(dsn) as connection:
        recorded = _read_recorded(connection)
        for migration in reversed(read_migrations()):
            if migration.number > to and migration.number in recorded:
                with connection.transaction():
                    connection.execute(migration.down.encode())
                    connection.execute(_SQL["forget"], {"number": migration.number})
                numbers.append(migration.number)
    return numbers


def read_status(dsn: str) -> list[MigrationStatus]:
    """Every migration with the time at which it was applied."""
    with _hold_lock(dsn) as connection:
        recorded = _read_recorded(connection)
        return [
            MigrationStatus(m, recorded.get(m.number, ("", None))[1]) for m in read_migrations()
        ]
