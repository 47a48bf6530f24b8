"""A thread with a connection of its own to PostgreSQL."""

from __future__ import annotations

import threading

from storepulse.adapters.postgres.sessions import SessionOptions


class DatabaseThread:
    """Runs `_run` in the background until it is to stop."""

    def __init__(self, dsn: str, session: SessionOptions) -> None:
        self._dsn, self._session = dsn, session
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=session.name, daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self, wait_seconds: float = 0.0) -> None:
        """Goes on no more. Waits that long for what is under way."""
        self._stopping.set()
        if wait_seconds:
            self._thread.join(wait_seconds)

    def _run(self) -> None:
        """What the thread does; it looks at `_stopping` and waits for it between rounds."""
        raise NotImplementedError
