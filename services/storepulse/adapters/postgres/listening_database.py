"""A thread that listens to PostgreSQL notifications on one connection, and also polls.

A notification is sent after the transaction that made the change has committed. Polling covers
setups in which notifications do not arrive, as behind some poolers.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.database_thread import DatabaseThread
from storepulse.adapters.postgres.sessions import Connection, SessionOptions, connect
from storepulse.adapters.postgres.statement import Statement

#: Between two polls without a notification.
EVERY_SECONDS = 0.5
#: After a connection was lost or could not be opened.
RETRY_SECONDS = 1.0


class ListeningDatabase(DatabaseThread):
    """Calls `ask` on every notification, and twice a second.

    `listen` subscribes the connection to a channel. `ask` gets the payloads since its last call,
    and None for a new connection: earlier notifications are lost, and it may lead to another
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
        # Listen first, so that changes after the first read are notified.
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
