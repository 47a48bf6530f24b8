"""API keys: `spk_…` may send events, `ssk_…` has scopes. Only a hash is stored."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import class_row

from storepulse.access.audit import write_entry
from storepulse.access.rules.administration import CLI, SCOPES, START
from storepulse.access.rules.origins import normal_origins
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.settings import Settings

PREFIXES = {"publishable": "spk_", "secret": "ssk_"}

STATEMENTS = named_sql(
    "access/keys",
    insert="key_id line_id kind key_hash hint name store_id scopes origins created_by expires_at",
    id_of_hash="key_hash",
    all_keys="",
    page="store_id with_ended before before_id count",
    key="key_id",
    locked="key_id",
    count_active="line_id",
    update="key_id name origins",
    end_at="key_id expires_at",
    revoke="key_id who",
)


@dataclass(frozen=True)
class ApiKey:
    """A stored key, without its value."""

    key_id: UUID
    kind: str
    key_hash: bytes
    hint: str
    store_id: UUID | None
    scopes: list[str]
    origins: list[str]
    #: Or expired.
    revoked: bool
    expires_at: datetime | None = None

    def allows(self, scope: str) -> bool:
        """Whether this key is active and has `scope`."""
        return not self.revoked and scope in self.scopes


def hash_of(key: str) -> bytes:
    """The stored hash of a key. A hash of 256 random bits needs no salt and has no timing leak."""
    return hashlib.sha256(key.encode()).digest()


def new_key(kind: str) -> str:
    """A new random key."""
    return PREFIXES[kind] + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class KeyDeclaration:
    """A new key: its kind, rights, store, origins, name and expiry."""

    kind: str
    scopes: Sequence[str]
    store_id: UUID | None = None
    origins: Sequence[str] = ()
    name: str | None = None
    expires_at: datetime | None = None


def insert_key(
    connection: psycopg.Connection[Any],
    key: str,
    declared: KeyDeclaration,
    by: str,
    line_id: UUID | None = None,
) -> UUID:
    """Store a key's hash with an entry in the audit trail, unless it is stored already.

    `line_id`: of the key that it replaces. Returns the id of the stored key.
    """
    key_id, end = uuid4(), declared.expires_at
    shown = {
        "kind": declared.kind,
        "hint": key[:8] + "…",
        "name": declared.name,
        "scopes": list(declared.scopes),
        "origins": list(declared.origins),
    }
    row = shown | {
        "key_id": key_id,
        "line_id": line_id or key_id,
        "key_hash": hash_of(key),
        "store_id": declared.store_id,
        "created_by": by,
        "expires_at": end,
    }
    with connection.transaction():
        if connection.execute(STATEMENTS["insert"], row).rowcount == 0:
            found = connection.execute(
                STATEMENTS["id_of_hash"], {"key_hash": row["key_hash"]}
            ).fetchone()
            assert found is not None  # noqa: S101 - it is why nothing was inserted
            stored: UUID = found[0]
            return stored
        after = shown | ({} if end is None else {"expires_at": end.isoformat()})
        write_entry(connection, by, "key.created", key_id, store_id=declared.store_id, after=after)
    return key_id


def store_key(
    connection: psycopg.Connection[Any],
    key: str,
    *,
    kind: str,
    scopes: list[str],
    store_id: UUID | None = None,
    origins: list[str] | None = None,
) -> UUID:
    """Store a key of the installation itself. Raises Rejected if an origin is not valid."""
    declared = KeyDeclaration(kind, scopes, store_id, normal_origins("origins", origins or ()))
    return insert_key(connection, key, declared, START.name)


def all_keys(connection: psycopg.Connection[Any]) -> list[ApiKey]:
    """All keys, including revoked ones, oldest first."""
    with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(STATEMENTS["all_keys"]).fetchall()


def revoke(connection: psycopg.Connection[Any], key_id: UUID, by: str = CLI.name) -> bool:
    """Revoke a key, with an entry in the audit trail. Returns False if there is none to revoke."""
    with connection.transaction():
        row = connection.execute(STATEMENTS["revoke"], {"key_id": key_id, "who": by}).fetchone()
        if row is not None:
            shown = {"hint": row[1]}
            write_entry(connection, by, "key.revoked", key_id, store_id=row[0], before=shown)
    return row is not None


def ensure_admin_key(settings: Settings) -> str:
    """The secret key of this installation, created at the first start, in `<home>/admin.key`."""
    return ensure_key(settings, admin_key_file(settings.home), SCOPES)


def ensure_key(settings: Settings, path: Path, scopes: Sequence[str], mode: int = 0o600) -> str:
    """The secret key in a file, which is created if it does not exist. The key is stored in the
    database for all stores."""
    if path.is_file():
        key = path.read_text().strip()
    else:
        key = new_key("secret")
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
            file.write(key + "\n")
    with connect(settings.dsn, SessionOptions(name="storepulse-keys")) as connection:
        store_key(connection, key, kind="secret", scopes=list(scopes))
    return key


def admin_key_file(home: Path) -> Path:
    """The path of an installation's secret key."""
    return home / "admin.key"


def home_key(home: Path) -> str:
    """The secret key of the installation in `home`; empty if it cannot be read."""
    try:
        return admin_key_file(home).read_text().strip()
    except (FileNotFoundError, PermissionError):
        return ""


def home_key_id(connection: psycopg.Connection[Any], home: Path) -> UUID | None:
    """The id of the key of the installation in `home`; None if there is none."""
    key_hash = hash_of(home_key(home))
    row = connection.execute(STATEMENTS["id_of_hash"], {"key_hash": key_hash}).fetchone()
    return None if row is None else UUID(str(row[0]))


def is_home_key(connection: psycopg.Connection[Any], home: Path, key_id: UUID) -> bool:
    """Whether a key is the one of the installation in `home`."""
    return home_key_id(connection, home) == key_id
