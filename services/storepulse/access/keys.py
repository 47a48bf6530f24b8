"""API keys: `spk_…` may send events, `ssk_…` what its scopes say. Only a hash is stored."""

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

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Rejected

SCOPES = ("ingest", "read", "admin", "ops")
PREFIXES = {"publishable": "spk_", "secret": "ssk_"}

_SQL = named_sql(
    "access/keys",
    store_key="key_id kind key_hash hint store_id scopes origins",
    store_domain="store_id domain",
    all_keys="",
    revoke="key_id",
)


@dataclass(frozen=True)
class ApiKey:
    """A stored key; never the key itself."""

    key_id: UUID
    kind: str
    key_hash: bytes
    hint: str
    store_id: UUID | None
    scopes: list[str]
    origins: list[str]
    #: Or past its time.
    revoked: bool
    expires_at: datetime | None = None

    def allows(self, scope: str) -> bool:
        """Whether this key may do what `scope` names."""
        return not self.revoked and scope in self.scopes


def hash_of(key: str) -> bytes:
    """What is stored and compared: a hash of 256 random bits needs no salt and leaks no timing."""
    return hashlib.sha256(key.encode()).digest()


def new_key(kind: str) -> str:
    """A fresh random key."""
    return PREFIXES[kind] + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def store_key(
    connection: psycopg.Connection[Any],
    key: str,
    *,
    kind: str,
    scopes: list[str],
    store_id: UUID | None = None,
    origins: list[str] | None = None,
) -> UUID:
    """Stores a key's hash; a key that is there already stays as it is."""
    row = connection.execute(
        _SQL["store_key"],
        {
            "key_id": uuid4(),
            "kind": kind,
            "key_hash": hash_of(key),
            "hint": key[:8] + "…",
            "store_id": store_id,
            "scopes": scopes,
            "origins": origins or [],
        },
    ).fetchone()
    assert row is not None  # noqa: S101 - the upsert always returns its row
    key_id: UUID = row[0]
    return key_id


def store_domain(connection: psycopg.Connection[Any], store_id: UUID, domain: str) -> None:
    """Says which normalised domain a store has. Raises Rejected where it is another store's."""
    try:
        connection.execute(_SQL["store_domain"], {"store_id": store_id, "domain": domain})
    except psycopg.errors.UniqueViolation:
        raise Rejected("domain", "belongs to another store") from None


def all_keys(connection: psycopg.Connection[Any]) -> list[ApiKey]:
    """Every key, revoked ones too, oldest first."""
    with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(_SQL["all_keys"]).fetchall()


def revoke(connection: psycopg.Connection[Any], key_id: UUID) -> bool:
    """Revokes a key; False where there is no such active key."""
    cursor = connection.execute(_SQL["revoke"], {"key_id": key_id})
    return cursor.rowcount == 1


def ensure_admin_key(settings: Settings) -> str:
    """The secret key of this installation, made at the first start, kept in `<home>/admin.key`."""
    return ensure_key(settings, admin_key_file(settings.home), SCOPES)


def ensure_key(settings: Settings, path: Path, scopes: Sequence[str], mode: int = 0o600) -> str:
    """The secret key in a file, which is made with it where it is not there; stored for all
    stores."""
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
    """Where the secret key of an installation lies."""
    return home / "admin.key"


def home_key(home: Path) -> str:
    """The secret key of the installation in `home`; empty where there is none to read."""
    try:
        return admin_key_file(home).read_text().strip()
    except (FileNotFoundError, PermissionError):
        return ""
