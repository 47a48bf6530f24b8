"""API keys in memory, refreshed from PostgreSQL every two seconds in a thread of its own.

With PostgreSQL away the last keys that were read stay in force. A key is looked up by its SHA-256,
so the time of a comparison tells nothing about the key.
"""

from __future__ import annotations

import threading
from time import monotonic

import psycopg

from storepulse.access.keys import ApiKey, all_keys, hash_of
from storepulse.access.refusals import keys_unavailable_refusal, refusal_of
from storepulse.access.rules.needs import Need, denial_of, denial_without_key
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.server_state import database_state

REFRESH_SECONDS = 2.0
#: A round that takes longer has met a server that is frozen.
SILENT_SECONDS = 8.0

_SESSION = SessionOptions(name="storepulse-key-table", connect_seconds=3)


class KeyTable:
    """Looks keys up; `is_loaded` is False until they have been read once."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._by_hash: dict[bytes, ApiKey] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._refresh, name="key-table", daemon=True)
        self._asked_at = monotonic()
        self._database = database_state()
        self.is_loaded = False

    @property
    def database_fault(self) -> str:
        """Why PostgreSQL does not answer, so that keys may be old; "" while it does."""
        if self._thread.is_alive() and monotonic() - self._asked_at > SILENT_SECONDS:
            self._database.note("it does not answer")
        return self._database.fault

    def start(self) -> None:
        """Begins to read keys in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stopping.set()
        self._thread.join(REFRESH_SECONDS)

    def find(self, key: str) -> ApiKey | None:
        """The key, revoked or not; None for one that was never made."""
        return self._by_hash.get(hash_of(key))

    def check(self, need: Need, sent_key: str | None) -> None:
        """Lets a call pass whose key may use a route. `sent_key`: None where it shows none.

        Raises RequestRefused 401 or 403, or 503 while keys have not been read.
        """
        if sent_key is None:
            raise refusal_of(denial_without_key(need))
        key = self.find(sent_key)
        if key is None and not self.is_loaded:
            raise keys_unavailable_refusal()
        denied = denial_of(need, key)
        if denied is not None:
            raise refusal_of(denied)

    def load(self, keys: list[ApiKey]) -> None:
        """Replaces the table at once."""
        self._by_hash = {bytes(key.key_hash): key for key in keys}
        self.is_loaded = True

    def _refresh(self) -> None:
        connection: Connection | None = None
        while not self._stopping.is_set():
            self._asked_at = monotonic()
            try:
                if connection is None or connection.closed:
                    connection = connect(self._dsn, _SESSION)
                self.load(all_keys(connection))
                self._database.note("")
            except psycopg.Error as error:
                connection = None
                self._database.note(type(error).__name__)
            self._stopping.wait(REFRESH_SECONDS)
        if connection is not None:
            connection.close()
