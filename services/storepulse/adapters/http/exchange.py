"""One request on its way to an answer.

The connection fills it in while the request comes. Whoever serves it answers once, in its turn: the
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
    """The connection, as a request sees it."""

    def write(self, data: bytes) -> None:
        """Sends bytes, unless the client has gone."""
        ...

    def common_lines(self) -> bytes:
        """The header lines of every answer."""
        ...

    def finish(self, exchange: Exchange) -> None:
        """The request is answered: the next one's turn has come."""
        ...

    def body_taken(self) -> None:
        """There is room for more of the body."""
        ...

    async def writable(self) -> None:
        """Returns when the client has made room, or has gone."""
        ...

    def abort(self) -> None:
        """Cuts the connection."""
        ...


class Exchange:
    """A request's parts and the place for its answer.

    `endpoint` is the service's own for a request that is served directly, None for one of the ASGI
    application. `turn`: the requests before it are answered. `complete`: its body is here, in
    `body`. `news` is set when something happened that the application may wait for.
    """

    __slots__ = (
        "answered",
        "body",
        "client",
        "complete",
        "endpoint",
        "expects_continue",
        "gone",
        "headers",
        "keep_alive",
        "method",
        "news",
        "path",
        "query",
        "received",
        "started",
        "target",
        "too_large",
        "turn",
        "version",
        "wire",
    )

    def __init__(  # noqa: PLR0913 - a request's parts, put together in one place
        self,
        wire: Wire,
        *,
        endpoint: Any,
        method: str,
        target: bytes,
        query: bytes,
        headers: list[Header],
        version: str,
        client: tuple[str, int] | None,
        keep_alive: bool,
    ) -> None:
        self.wire = wire
        self.endpoint = endpoint
        self.method = method
        self.target = target
        self.path = ""
        self.query = query
        self.headers = headers
        self.version = version
        self.client = client
        self.keep_alive = keep_alive
        self.body = bytearray()
        self.received = 0
        self.complete = False
        self.too_large = False
        self.turn = False
        self.gone = False
        self.answered = False
        self.expects_continue = False
        self.news: asyncio.Event | None = None
        self.started = perf_counter()

    def answer(self, status: int, lines: bytes, body: bytes) -> None:
        """Writes a whole answer. `lines` are its headers; the client may have left by now."""
        if self.answered:
            return
        if not self.complete:
            self.keep_alive = False  # what is left of the body must not be read as a request
        if not self.gone:
            head = STATUS_LINES[status] + self.wire.common_lines()
            if not self.keep_alive:
                lines += _CLOSE_LINE
            self.wire.write(b"".join((head, lines, b"\r\n", body)))
        self.finish()

    def finish(self) -> None:
        """Call when the answer is written. Lets go of the body."""
        self.answered = True
        self.body = bytearray()
        self.wire.finish(self)

    def lose(self) -> None:
        """The client has gone."""
        self.gone = True
        self.tell()

    def tell(self) -> None:
        """Wakes an application that waits."""
        if self.news is not None:
            self.news.set()
