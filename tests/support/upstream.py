"""A stand-in for the query service: keeps what it is sent, and answers as the path says."""

from __future__ import annotations

import socket
import threading
from typing import Self

PIECE = b" " * 50_000
LARGE = 600 * len(PIECE)
SMALL = b'{"status":"success"}'


class Upstream:
    """Listens on loopback, a thread a connection. `heads` are the requests' heads, `bodies` what
    came after them; `open` counts connections.

    A target with `large` gets 30 MB, `never` no answer, `broken` half of one, `closed` none and
    the end of the connection, `cookie` a cookie, anything else a few bytes.
    """

    def __init__(self, port: int = 0) -> None:
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.open = 0
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self.open += 1
        try:
            with connection:
                self._answer_all(connection)
        except OSError:
            pass  # the other side closed it, as tests make it do
        finally:
            with self._lock:
                self.open -= 1

    def _answer_all(self, connection: socket.socket) -> None:
        received = b""
        while True:
            while b"\r\n\r\n" not in received:
                data = connection.recv(65_536)
                if not data:
                    return
                received += data
            head, _, received = received.partition(b"\r\n\r\n")
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            while len(received) < length:
                received += connection.recv(65_536)
            self.heads.append(head)
            self.bodies.append(received[:length])
            received = received[length:]
            method, target, _ = head.split(b"\r\n")[0].split(b" ")
            if b"closed" in target:
                return
            if b"never" in target:
                connection.recv(1)  # until the other side closes
                return
            size = LARGE if b"large" in target else len(SMALL)
            more = b"Set-Cookie: a=b\r\n" if b"cookie" in target else b""
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
                b"X-Hop: 1\r\nConnection: x-hop\r\n%b\r\n" % (size, more)
            )
            if b"broken" in target:
                connection.sendall(SMALL[:5])
                return
            if method != b"HEAD" and size == len(SMALL):
                connection.sendall(SMALL)
            elif method != b"HEAD":
                for _ in range(LARGE // len(PIECE)):
                    connection.sendall(PIECE)
