"""Whether PostgreSQL answers a process that writes to it, asked every two seconds in a thread.

Slices wait without a word while it is away.
"""

from __future__ import annotations

import threading
from time import monotonic

import psycopg

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.server_state import database_state

EVERY_SECONDS = 2.0
#: A round that takes longer has met a server that is frozen.
SILENT_SECONDS = 8.0

_SESSION = SessionOptions(name="storepulse-probe", connect_seconds=3, statement_seconds=3)
_SQL = named_sql("slices/watching/database_probe", ask="")


class DatabaseProbe:
    """Asks through one connection of its own."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._asked_at = monotonic()
        self._state = database_state()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="database-probe", daemon=True)

    def start(self) -> None:
        """Begins to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Asks no more."""
        self._stopping.set()

    @property
    def fault(self) -> str:
        """Why PostgreSQL does not answer; "" while it does, and before it was asked."""
        if self._thread.is_alive() and monotonic() - self._asked_at > SILENT_SECONDS:
            self._state.note("it does not answer")
        return self._state.fault

    def _run(self) -> None:
        connection: Connection | None = None
        while not self._stopping.is_set():
            self._asked_at = monotonic()
            try:
                if connection is None or connection.closed:
                    connection = connect(self._dsn, _SESSION)
                connection.execute(_SQL["ask"])
                self._state.note("")
            except psycopg.Error as error:
                if connection is not None:
                    connection.close()
                connection = None
                self._state.note(type(error).__name__)
            self._stopping.wait(EVERY_SECONDS)
        if connection is not None:
            connection.close()
