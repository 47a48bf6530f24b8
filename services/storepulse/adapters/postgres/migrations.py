"""Applies `deploy/migrations`: numbered SQL files, `<nnnn>_<name>.up.sql` and `.down.sql`.

Each migration runs in one transaction of its own, under an advisory lock, and is recorded with a
checksum: a file that changed after it was applied stops the next run.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from storepulse.domain.errors import Misconfigured, Transient

FILES = Path(__file__).with_name("migrations_sql")
_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.up\.sql")
_LOCK = 0x53544F5245  # "STORE"


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
class Applied:
    """A migration together with when it was applied (None: not yet)."""

    migration: Migration
    applied_at: datetime | None


def migrations() -> list[Migration]:
    """All migrations in order. Raises Misconfigured on a gap or a missing down file."""
    found: list[Migration] = []
    for path in sorted(FILES.glob("*.up.sql")):
        match = _NAME.fullmatch(path.name)
        down = path.with_name(path.name.replace(".up.", ".down."))
        if match is None or not down.is_file():
            raise Misconfigured(path.name, "wants the name nnnn_name.up.sql and a .down.sql")
        found.append(Migration(int(match[1]), match[2], path.read_text(), down.read_text()))
    if [m.number for m in found] != list(range(1, len(found) + 1)):
        raise Misconfigured("deploy/migrations", "numbers must run from 0001 without a gap")
    return found


@contextmanager
def _locked(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that holds the migration lock; two runs at once wait for each other."""
    try:
        connection = psycopg.connect(dsn, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise Transient(f"PostgreSQL: {error}") from error
    with connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            " number int PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        yield connection


def _recorded(connection: psycopg.Connection[Any]) -> dict[int, tuple[str, datetime]]:
    rows = connection.execute("SELECT number, checksum, applied_at FROM schema_migrations")
    return {number: (checksum, applied_at) for number, checksum, applied_at in rows}


def up(dsn: str, to: int | None = None) -> list[int]:
    """Applies what is missing, up to and including `to`; returns the numbers applied."""
    done: list[int] = []
    with _locked(dsn) as connection:
        recorded = _recorded(connection)
        for migration in migrations():
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
                    "INSERT INTO schema_migrations (number, name, checksum) VALUES (%s, %s, %s)",
                    [migration.number, migration.name, migration.checksum],
                )
            done.append(migration.number)
        if done:
            connection.execute(sql.SQL("ANALYZE"))
    return done


def down(dsn: str, to: int) -> list[int]:
    """Takes back every migration above `to`, newest first; returns the numbers taken back."""
    done: list[int] = []
    with _locked(dsn) as connection:
        recorded = _recorded(connection)
        for migration in reversed(migrations()):
            if migration.number > to and migration.number in recorded:
                with connection.transaction():
                    connection.execute(migration.down.encode())
                    connection.execute(
                        "DELETE FROM schema_migrations WHERE number = %s", [migration.number]
                    )
                done.append(migration.number)
    return done


def status(dsn: str) -> list[Applied]:
    """Every migration with the time at which it was applied."""
    with _locked(dsn) as connection:
        recorded = _recorded(connection)
        return [Applied(m, recorded.get(m.number, ("", None))[1]) for m in migrations()]
