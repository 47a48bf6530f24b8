"""A request served by an ASGI application (ASGI 3, HTTP only).

`receive` returns the body as it arrives, `send` waits while the client does not read. If the client
has gone, `receive` returns `http.disconnect` and `send` raises OSError, so that a streaming
application releases its source.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from storepulse.adapters.http.errors import Header, RequestRefused, error_body
from storepulse.adapters.http.exchange import STATUS_LINES, Exchange
from storepulse.adapters.logging import logger

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

#: The maximum written at once, for which a slow client must make room in time.
PART_BYTES = 65_536
_BODILESS = frozenset({204, 304})
#: Headers that the connection sets itself.
_OURS = frozenset({b"connection", b"transfer-encoding", b"date", b"keep-alive"})


class ClientGone(ConnectionResetError):
    """The client left before it had its answer."""


def is_client_gone(error: BaseException) -> bool:
    """Whether an application ended because its client left; this is no error, and needs no
    answer."""
    # Starlette raises an error of its own instead.
    return isinstance(error, ClientGone) or isinstance(error.__context__, ClientGone)


class AsgiCall:
    """One call of the application."""

    def __init__(self, exchange: Exchange, server_address: tuple[str, int]) -> None:
        self._exchange = exchange
        self._server_address = server_address
        self.has_begun = False
        self._is_body_read = False
        self._is_chunked = False
        self._unsent_bytes: int | None = None
        self._is_bodiless = False
        exchange.progress = asyncio.Event()

    @property
    def scope(self) -> MutableMapping[str, Any]:
        """The request as an ASGI scope."""
        exchange = self._exchange
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": exchange.version,
            "method": exchange.method,
            "scheme": "http",
            "path": exchange.path,
            "raw_path": exchange.target,
            "query_string": exchange.query,
            "root_path": "",
            "headers": exchange.headers,
            "client": exchange.client,
            "server": self._server_address,
            "state": {},
        }

    async def run(self, application: Application) -> None:
        """Call the application and make sure that the request is answered."""
        exchange = self._exchange
        try:
            await application(self.scope, self.receive, self.send)
        except Exception as error:  # noqa: BLE001 - the last line: a bug must answer, and be seen
            if not is_client_gone(error):
                logger().error("request_failed", exc_info=error, method=exchange.method)
        if exchange.is_answered or exchange.is_client_gone:
            if not exchange.is_answered:
                exchange.finish()
        elif not self.has_begun:
            body = error_body(RequestRefused.for_bug())
            lines = b"content-type: application/json\r\ncontent-length: %d\r\n" % len(body)
            exchange.answer(500, lines, body)
        else:
            exchange.wire.abort()  # half an answer must not look complete
            exchange.finish()

    async def receive(self) -> Message:
        """The next part of the body, or that the client has gone."""
        exchange, progress = self._exchange, self._exchange.progress
        assert progress is not None  # noqa: S101 - made with the call
        while True:
            if exchange.is_client_gone or exchange.is_answered:
                return {"type": "http.disconnect"}
            if exchange.expects_continue and not exchange.is_complete and not self.has_begun:
                exchange.expects_continue = False
                exchange.wire.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if exchange.body or (exchange.is_complete and not self._is_body_read):
                body, exchange.body = bytes(exchange.body), bytearray()
                self._is_body_read = exchange.is_complete
                if not self._is_body_read:
                    exchange.wire.read_on()
                return {"type": "http.request", "body": body, "more_body": not self._is_body_read}
            progress.clear()
            await progress.wait()

    async def send(self, message: Message) -> None:
        """Write a part of the answer. Raises ClientGone."""
        exchange = self._exchange
        if exchange.is_client_gone or exchange.is_answered:
            raise ClientGone("the client has gone")
        if message["type"] == "http.response.start":
            self._start(message["status"], list(message.get("headers", ())))
            return
        if not self.has_begun:
            raise RuntimeError("a body before http.response.start")
        body: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        if not self._is_bodiless:
            if self._unsent_bytes is not None:
                self._unsent_bytes -= len(body)
                if self._unsent_bytes < 0 or (not more and self._unsent_bytes):
                    raise RuntimeError("the body is not as long as its Content-Length")
            for at in range(0, len(body), PART_BYTES):
                await self._write(body[at : at + PART_BYTES])
            if not more and self._is_chunked:
                exchange.wire.write(b"0\r\n\r\n")
        if not more:
            exchange.finish()

    def _start(self, status: int, headers: list[Header]) -> None:
        if self.has_begun:
            raise RuntimeError("http.response.start twice")
        self.has_begun = True
        exchange = self._exchange
        if not exchange.is_complete:
            exchange.keep_alive = False  # the rest of the body is not read
        lines = [STATUS_LINES[status], exchange.wire.common_lines()]
        length: int | None = None
        for name, value in headers:
            if b"\n" in value or b"\r" in value or b"\0" in value:
                raise RuntimeError(f"a header with a line break: {name!r}")
            lower = name.lower()
            if lower in _OURS:
                continue
            if lower == b"content-length":
                length = int(value)
            lines.append(b"%b: %b\r\n" % (lower, value))
        self._is_bodiless = exchange.method == "HEAD" or status in _BODILESS
        if length is not None:
            self._unsent_bytes = length
        elif not self._is_bodiless:
            if exchange.version == "1.1":
                self._is_chunked = True
                lines.append(b"transfer-encoding: chunked\r\n")
            else:
                exchange.keep_alive = False
        if not exchange.keep_alive:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        exchange.wire.write(b"".join(lines))

    async def _write(self, part: bytes) -> None:
        exchange = self._exchange
        if self._is_chunked:
            part = b"%x\r\n%b\r\n" % (len(part), part)
        exchange.wire.write(part)
        await exchange.wire.wait_writable()
        if exchange.is_client_gone:
            raise ClientGone("the client has gone")
