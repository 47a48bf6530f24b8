"""PostgreSQL listened to by a thread with one connection, and asked now and then all the same.

A notice says that something changed, and the transaction that wrote it has ended. Who asks
regularly besides misses nothing where notices do not come through, as behind some poolers.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.database_thread import DatabaseThread
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.postgres.statement import Statement

#: Between two questions without a notice.
EVERY_SECONDS = 0.5
#: After a connection was lost, or could not be made.
RETRY_SECONDS = 1.0


class ListeningDatabase(DatabaseThread):
    """Calls `ask` whenever a notice comes, and twice a second.

    `listen` makes the connection hear a channel. `ask` is told what was notified since it was asked
    last, None for a new connection: what was notified before it is lost, and it may lead to another
    server.
    """

    def __init__(
        self,
        dsn: str,
        session: SessionOptions,
        listen: Statement,
        ask: Callable[[Connection, list[str] | None], None],
    ) -> None:
        super().__init__(dsn, session)
        self._listen, self._ask = listen, ask
        self._is_away = False

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with connect(self._dsn, self._session) as connection:
                    self._follow(connection)
            except psycopg.Error as error:
                self._note_away(error)
                self._stopping.wait(RETRY_SECONDS)

    def _follow(self, connection: Connection) -> None:
        # Listening comes first: what changes after the first reading is notified.
        connection.execute(self._listen)
        self._ask(connection, None)
        if self._is_away:
            self._is_away = False
            logger().warning("listening_again", session=self._session.name)
        while not self._stopping.is_set():
            notices = connection.notifies(timeout=EVERY_SECONDS, stop_after=1)
            self._ask(connection, [notice.payload for notice in notices])

    def _note_away(self, error: psycopg.Error) -> None:
        if not self._is_away:
            self._is_away = True
            fault = type(error).__name__
            logger().warning("listening_ended", session=self._session.name, reason=fault)
