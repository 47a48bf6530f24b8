"""A thread with its own connection to PostgreSQL."""

from __future__ import annotations

import threading

from storepulse.adapters.postgres.sessions import SessionOptions


class DatabaseThread:
    """Runs `_run` in the background until `stop`."""

    def __init__(self, dsn: str, session: SessionOptions) -> None:
        self._dsn, self._session = dsn, session
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=session.name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, wait_seconds: float = 0.0) -> None:
        """Ask the thread to stop; wait up to `wait_seconds` for its current work."""
        self._stopping.set()
        if wait_seconds:
            self._thread.join(wait_seconds)

    def _run(self) -> None:
        """The thread's work; it checks `_stopping`, and waits on it between rounds."""
        raise NotImplementedError
