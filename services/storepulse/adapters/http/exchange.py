"""One request on its way to an answer.

The connection fills it in while the request arrives. Its handler answers once, in its turn: the
answers of a connection leave in the order of its requests.
"""

from __future__ import annotations

import asyncio
import http
from time import perf_counter
from typing import Any, Protocol

from storepulse.adapters.http.errors import Header

STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
    for status in http.HTTPStatus
}
_CLOSE_LINE = b"connection: close\r\n"


class Wire(Protocol):
    """The connection, as a request uses it."""

    def write(self, data: bytes) -> None:
        """Send bytes, unless the client has gone."""
        ...

    def common_lines(self) -> bytes:
        """The header lines of every answer."""
        ...

    def finish(self, exchange: Exchange) -> None:
        """Go on to the next request after this one is answered."""
        ...

    def read_on(self) -> None:
        """Resume parsing: there is room for more of the body."""
        ...

    async def wait_writable(self) -> None:
        """Wait until the client has made room or has gone."""
        ...

    def abort(self) -> None:
        """Cut the connection."""
        ...


class Exchange:
    """A request's parts and the place for its answer.

    `endpoint` is the service's own for a direct request, None for one of the ASGI application; only
    the latter has `method` and the decoded `path`. `has_turn`: all earlier requests are answered.
    `is_complete`: the whole body is in `body`. `progress` is set on events that the application may
    wait for.
    """

    method = "POST"
    path = ""
    keep_alive = expects_continue = has_turn = False
    is_complete = is_too_large = is_answered = is_client_gone = False
    progress: asyncio.Event | None = None

    def __init__(
        self,
        wire: Wire,
        endpoint: Any,
        target: bytes,
        query: bytes,
        headers: list[Header],
        version: str,
        client: tuple[str, int] | None,
    ) -> None:
        self.wire = wire
        self.endpoint = endpoint
        self.target = target
        self.query = query
        self.headers = headers
        self.version = version
        self.client = client
        self.body = bytearray()
        self.started_at = perf_counter()

    def answer(self, status: int, lines: bytes, body: bytes) -> None:
        """Write a complete answer with the header lines `lines`, unless the client has left."""
        if self.is_answered:
            return
        if not self.is_complete:
            self.keep_alive = False  # the rest of the body must not be read as a request
        if not self.is_client_gone:
            head = STATUS_LINES[status] + self.wire.common_lines()
            if not self.keep_alive:
                lines += _CLOSE_LINE
            self.wire.write(b"".join((head, lines, b"\r\n", body)))
        self.finish()

    def finish(self) -> None:
        """Mark the request as answered once its answer is written; release the body."""
        self.is_answered = True
        self.body = bytearray()
        self.wire.finish(self)

    def lose_client(self) -> None:
        """Record that the client has gone."""
        self.is_client_gone = True
        self.notify()

    def notify(self) -> None:
        """Wake a waiting application."""
        if self.progress is not None:
            self.progress.set()
