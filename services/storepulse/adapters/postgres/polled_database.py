"""A thread that polls PostgreSQL on one connection, and tracks whether it answers."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import psycopg

from storepulse.adapters.postgres.database_thread import DatabaseThread
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.server_state import database_state

EVERY_SECONDS = 2.0
#: A round that takes longer has met a frozen server.
SILENT_SECONDS = 8.0


def _nothing() -> None: ...


class PolledDatabase(DatabaseThread):
    """Calls `ask` every two seconds with the connection and whether it is new.

    A new connection may lead to another server. `end_round` is called after each round, also if the
    server did not answer.
    """

    def __init__(
        self,
        dsn: str,
        session: SessionOptions,
        ask: Callable[[Connection, bool], None],
        end_round: Callable[[], None] = _nothing,
    ) -> None:
        super().__init__(dsn, session)
        self._ask, self._end_round = ask, end_round
        self._asked_at = monotonic()
        self._state = database_state()

    @property
    def fault(self) -> str:
        """Why PostgreSQL does not answer; "" while it does, and before the first round."""
        if self._thread.is_alive() and monotonic() - self._asked_at > SILENT_SECONDS:
            self._state.note("it does not answer")
        return self._state.fault

    def _run(self) -> None:
        connection: Connection | None = None
        while not self._stopping.is_set():
            self._asked_at = monotonic()
            try:
                is_new = connection is None or connection.closed
                if connection is None or is_new:
                    connection = connect(self._dsn, self._session)
                self._ask(connection, is_new)
                self._state.note("")
            except psycopg.Error as error:
                if connection is not None:
                    connection.close()
                connection = None
                self._state.note(type(error).__name__)
            self._end_round()
            self._stopping.wait(EVERY_SECONDS)
        if connection is not None:
            connection.close()
