"""Lookup of API keys by hash, for a process that may not read the table of keys.

A result is valid for two seconds, and for as long as PostgreSQL is away. Unknown keys are not
cached.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from time import monotonic

import psycopg
from psycopg.rows import class_row

from storepulse.access.keys import ApiKey, hash_of
from storepulse.access.refusals import keys_unavailable_refusal, refusal_of
from storepulse.access.rules.needs import Need, denial_of, denial_without_key
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect

FRESH_SECONDS = 2.0
#: The maximum of cached keys; the one that was read longest ago is evicted first.
MOST_KEYS = 100

_SQL = named_sql("slices/watching/key_lookup", find="key_hash")
_SESSION = SessionOptions(
    name="storepulse-key-lookup", connect_seconds=3, statement_seconds=3, lock_seconds=3
)


class KeyLookup:
    """Looks up keys. Safe to use from several threads."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._known: OrderedDict[bytes, tuple[ApiKey, float]] = OrderedDict()

    def check(self, need: Need, sent_key: str | None) -> None:
        """Check that a key may use a route. `sent_key`: None if the call has no key. May wait for
        PostgreSQL.

        Raises RequestRefused with 401 or 403, or with 503 while the key cannot be looked up.
        """
        if sent_key is None:
            raise refusal_of(denial_without_key(need))
        with self._lock:
            key = self._find(hash_of(sent_key))
        denied = denial_of(need, key)
        if denied is not None:
            raise refusal_of(denied)

    def read(self, key_hash: bytes) -> ApiKey | None:
        """Return the key as it is in PostgreSQL now, even if revoked. Raises psycopg.Error."""
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._dsn, _SESSION)
        with self._connection.cursor(row_factory=class_row(ApiKey)) as cursor:
            return cursor.execute(_SQL["find"], {"key_hash": key_hash}).fetchone()

    def close(self) -> None:
        """Close the connection, if there is one."""
        with self._lock:
            self._close_connection()

    def _close_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _find(self, key_hash: bytes) -> ApiKey | None:
        known, read_at = self._known.get(key_hash, (None, 0.0))
        if known is not None and monotonic() - read_at < FRESH_SECONDS:
            return known
        try:
            key = self.read(key_hash)
        except psycopg.Error:
            self._close_connection()
            if known is None:
                raise keys_unavailable_refusal() from None
            return known
        self._known.pop(key_hash, None)
        if key is not None:
            self._known[key_hash] = (key, monotonic())
            if len(self._known) > MOST_KEYS:
                self._known.popitem(last=False)
        return key
