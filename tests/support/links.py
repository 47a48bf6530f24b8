"""A TCP link to a server of this machine that can turn mute: what the server says is lost.

Requests still arrive and are carried out, which a frozen or killed server does not do for sure.
"""

from __future__ import annotations

import select
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from storepulse.local import ports


class Link:
    """Listens on `port` and passes everything on to `upstream`; a thread for each connection."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._mute = False
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server((ports.LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]

    def mute(self) -> None:
        """From now on nothing comes back."""
        self._mute = True

    def heal(self) -> None:
        """Passes everything on again, on new connections only: the old ones lost bytes."""
        self._mute = False
        with self._lock:
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._begin(threading.Thread(target=self._accept))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        self.heal()
        for thread in self._threads:
            thread.join()

    def _begin(self, thread: threading.Thread) -> None:
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(client)
            self._begin(threading.Thread(target=self._carry, args=(client,)))

    def _carry(self, client: socket.socket) -> None:
        """One connection, until either side ends it."""
        try:
            with client, socket.create_connection((ports.LOOPBACK, self._upstream)) as server:
                other = {client: server, server: client}
                while True:
                    for source in select.select([client, server], [], [])[0]:
                        data = source.recv(65_536)
                        if not data:
                            return
                        if source is client or not self._mute:
                            other[source].sendall(data)
        except OSError:
            return
        finally:
            with self._lock:
                self._open.discard(client)
