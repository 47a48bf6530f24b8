"""Sessions of the console in PostgreSQL: how they start, are extended and end; sign-in links.

Cookies and links contain 256 random bits, of which only a hash is stored. The rights of a session
are read from its key each time, so a revoked or expired key needs no further action here.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from psycopg.rows import class_row

from storepulse.access.keys import ApiKey, hash_of
from storepulse.access.rules import signing_in as rules
from storepulse.access.rules.needs import Denied
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection

STATEMENTS = named_sql(
    "access/console_sessions",
    key="key_hash",
    use_link="link_hash now",
    make_link="link_hash key_id ends_at",
    begin="session_hash key_id now ends_at",
    end_surplus="key_id most",
    session="session_hash",
    extend="session_hash now ends_at",
    end="session_hash",
)
_OF_KEY = tuple(field.name for field in fields(ApiKey))


class SignInDenied(Exception):
    """The sign-in was denied; `denied` is the answer."""

    def __init__(self, denied: Denied) -> None:
        super().__init__(denied.message)
        self.denied = denied


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    """A session that has not been ended, with the current state of its key, which may be
    revoked."""

    session_hash: bytes
    began_at: datetime
    seen_at: datetime
    ends_at: datetime
    key: ApiKey

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The session of a row of the statement `session`."""
        key = ApiKey(**{name: row[name] for name in _OF_KEY})
        own = {name: row[name] for name in ("began_at", "seen_at", "ends_at")}
        return cls(bytes(row["session_hash"]), **own, key=key)


@dataclass(frozen=True, slots=True)
class BegunSession:
    """A new session. `token`: the value of its cookie, which cannot be read again."""

    token: str
    key: ApiKey
    ends_at: datetime


def sign_in_by_key(connection: Connection, key: str, now: datetime) -> BegunSession:
    """Start a session with a key. Raises SignInDenied."""
    with connection.transaction():
        found = _read_key(connection, "key", {"key_hash": hash_of(key)})
        return _begin(connection, found, now)


def sign_in_by_link(connection: Connection, token: str, now: datetime) -> BegunSession:
    """Start a session with a link, which works once and in time. Raises SignInDenied."""
    with connection.transaction():
        found = _read_key(connection, "use_link", {"link_hash": hash_of(token), "now": now})
        return _begin(connection, found, now)


def extend_session(connection: Connection, session: ConsoleSession, now: datetime) -> None:
    """Extend a session, unless it has ended."""
    ends_at = rules.end_of_session(session.began_at, now)
    parameters = {"session_hash": session.session_hash, "now": now, "ends_at": ends_at}
    connection.execute(STATEMENTS["extend"], parameters)


def end_session(connection: Connection, token: str) -> None:
    """End a session if it exists."""
    connection.execute(STATEMENTS["end"], {"session_hash": hash_of(token)})


def make_sign_in_link(connection: Connection, key_id: UUID, now: datetime) -> str:
    """The token of a link that signs in with a key: once, and within ten minutes."""
    token = secrets.token_urlsafe(32)
    parameters = {"link_hash": hash_of(token), "key_id": key_id, "ends_at": now + rules.LINK_LASTS}
    connection.execute(STATEMENTS["make_link"], parameters)
    return token


def _begin(connection: Connection, key: ApiKey | None, now: datetime) -> BegunSession:
    denied = rules.denial_of_sign_in(key)
    if denied is not None:
        raise SignInDenied(denied)
    assert key is not None  # noqa: S101 - else it was denied
    token, ends_at = secrets.token_urlsafe(32), rules.end_of_session(now, now)
    row = {"session_hash": hash_of(token), "key_id": key.key_id, "now": now, "ends_at": ends_at}
    connection.execute(STATEMENTS["begin"], row)
    surplus = {"key_id": key.key_id, "most": rules.MOST_OF_KEY}
    connection.execute(STATEMENTS["end_surplus"], surplus)
    return BegunSession(token, key, ends_at)


def _read_key(
    connection: Connection, statement: str, parameters: Mapping[str, Any]
) -> ApiKey | None:
    with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(STATEMENTS[statement], parameters).fetchone()
