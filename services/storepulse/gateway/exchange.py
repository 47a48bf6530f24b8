"""One request on a hot path, and the place where its answer goes.

It stands where uvicorn keeps its own request/response cycle, with the few attributes that uvicorn
looks at, so that keep-alive, pipelining and shutdown stay uvicorn's.
"""

from __future__ import annotations

import http
from time import perf_counter
from typing import TYPE_CHECKING

from storepulse.gateway.answers import Header
from storepulse.gateway.endpoints import Endpoint

if TYPE_CHECKING:
    from storepulse.gateway.protocol import GatewayProtocol

STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
    for status in http.HTTPStatus
}


class _Nobody:
    """Nobody waits for an exchange: it is called, not awaited."""

    def set(self) -> None:
        """uvicorn says that something happened."""


class Exchange:
    """A request's parts and its answer. `turn`: the requests before it are answered."""

    __slots__ = (
        "body",
        "client",
        "disconnected",
        "endpoint",
        "headers",
        "keep_alive",
        "more_body",
        "protocol",
        "query",
        "response_complete",
        "response_started",
        "started",
        "turn",
    )
    message_event = _Nobody()

    def __init__(
        self,
        protocol: GatewayProtocol,
        endpoint: Endpoint,
        headers: list[Header],
        query: bytes,
        keep_alive: bool,
    ) -> None:
        self.protocol = protocol
        self.endpoint = endpoint
        self.headers = headers
        self.query = query
        self.client = protocol.client
        self.body = bytearray()
        self.more_body = True
        self.turn = False
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_started = False
        self.response_complete = False
        self.started = perf_counter()

    def answer(self, status: int, lines: bytes, body: bytes) -> None:
        """Writes the answer; the client may have left by now."""
        if self.response_complete:
            return
        self.response_started = self.response_complete = True
        protocol = self.protocol
        if self.disconnected:
            return
        if not self.keep_alive:
            lines += b"connection: close\r\n"
        head = STATUS_LINES[status] + protocol.common_lines()
        protocol.transport.write(b"".join((head, lines, b"\r\n", body)))
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()
