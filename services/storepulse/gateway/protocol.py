"""HTTP at the socket: uvicorn's httptools protocol, with the limits that it does not have.

Requests for the hot paths do not become ASGI tasks: their complete body goes straight to the
collector, which answers when the broker has the events. Everything else takes uvicorn's way.

Limits: 414 for a long URL, 431 for large headers, 413 while a hot body is still coming, 408 for
headers or a body that take too long, 400 in our own shape for what is no HTTP. A connection that
broke a rule is closed. `sweep` looks at all connections a few times a second: no timer a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from enum import Enum
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from storepulse.adapters.settings import Settings
from storepulse.gateway import answers
from storepulse.gateway.answers import Header, Refused
from storepulse.gateway.collector import Collector
from storepulse.gateway.endpoints import Endpoint
from storepulse.gateway.exchange import STATUS_LINES, Exchange

URL_BYTES = 8_192
HEADER_BYTES = 32_768
HEADER_COUNT = 100
HEAD_BYTES = URL_BYTES + HEADER_BYTES
#: A body in chunks of one byte takes six times its size. Trailers must fit in beside it.
WIRE_FACTOR = 8
KEEP_ALIVE_SECONDS = 75.0


class Phase(Enum):
    """What a connection waits for."""

    IDLE = "the next request"
    HEAD = "the rest of the headers"
    BODY = "the rest of the body"
    SERVED = "our answer"


class _BrokenRule(Exception):
    """Stops the parser; the protocol holds the refusal."""


class _CommonLines:
    """Header lines, made once a second: uvicorn then replaces the list."""

    def __init__(self) -> None:
        self._headers: list[Header] = []
        self._lines = b""

    def of(self, headers: list[Header]) -> bytes:
        """The lines of all headers in the list."""
        if headers is not self._headers:
            self._headers = headers
            self._lines = b"".join(b"%b: %b\r\n" % pair for pair in headers)
        return self._lines


class GatewayProtocol(HttpToolsProtocol):
    """One connection. The class attributes are set by `protocol_class`.

    `received` counts the pieces in which the present message came, whole, what stood before it in
    the first (`first`) too; `piece` is the last one.
    """

    hot: dict[bytes, Endpoint]
    collector: Collector
    max_body: int
    most_bytes: int
    common: _CommonLines
    received = first = piece = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.phase = Phase.IDLE
        self.since = self.loop.time()
        self.fresh = True
        self.refusal: Refused | None = None

    def data_received(self, data: bytes) -> None:
        self.piece = len(data)
        self.received += self.piece
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # no upgrades here: the request is served as it is
        except httptools.HttpParserError:
            self._break_off(
                self.refusal or Refused(400, "The request is not valid HTTP", "INVALID_HTTP")
            )
            return
        # What never ends is parsed in silence: only its bytes can be counted.
        if self.received > self.first + HEAD_BYTES:
            if self.phase is Phase.HEAD:
                self._break_off(_headers_too_large())
            elif self.phase is Phase.BODY and self.received > self.first + self.most_bytes:
                self._break_off(answers.too_large("The request takes too many bytes"))

    def on_message_begin(self) -> None:
        self.phase = Phase.HEAD
        self.since = self.loop.time()
        self.fresh = False
        self.received = self.first = self.piece
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > URL_BYTES:
            self.refusal = Refused(414, f"The URL is longer than {URL_BYTES} bytes", "URL_TOO_LONG")
            raise _BrokenRule

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.phase is not Phase.HEAD:
            return  # a trailer says nothing here
        name = name.lower()
        self.headers.append((name, value))
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True

    def on_headers_complete(self) -> None:
        # A head is no larger than the pieces in which it came; most are far from the limit.
        if len(self.headers) > HEADER_COUNT or (
            self.received > HEADER_BYTES
            and sum(len(name) + len(value) for name, value in self.headers) > HEADER_BYTES
        ):
            self.refusal = _headers_too_large()
            raise _BrokenRule
        path, _, query = self.url.partition(b"?")
        endpoint = self.hot.get(path)
        if endpoint is None or self.parser.get_method() != b"POST":
            self._as_asgi()
        else:
            self._as_exchange(endpoint, query)
        self.phase = Phase.BODY
        self.since = self.loop.time()

    def _as_exchange(self, endpoint: Endpoint, query: bytes) -> None:
        before = self.cycle
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        exchange = Exchange(self, endpoint, self.headers, query, keep_alive)
        self.cycle = exchange  # type: ignore[assignment]
        if before is None or before.response_complete:
            exchange.turn = True
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, self.app))  # type: ignore[arg-type]
        if self.expect_100_continue and exchange.turn:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _as_asgi(self) -> None:
        """Makes what uvicorn makes at the beginning of a message, then goes its way."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        try:
            super().on_headers_complete()
        except (httptools.HttpParserError, UnicodeDecodeError):
            self.refusal = Refused(400, "The URL is not valid", "INVALID_URL")
            raise _BrokenRule from None

    def on_body(self, body: bytes) -> None:
        cycle: Any = self.cycle
        if type(cycle) is not Exchange:
            super().on_body(body)
            return
        if cycle.response_complete:
            return
        cycle.body += body
        if len(cycle.body) > self.max_body:
            if cycle.turn:
                self.collector.refuse_size(cycle)
            else:
                self.flow.pause_reading()

    def on_message_complete(self) -> None:
        self.phase = Phase.SERVED
        cycle: Any = self.cycle
        if type(cycle) is not Exchange:
            super().on_message_complete()
        elif not cycle.response_complete:
            cycle.more_body = False
            if cycle.turn:
                self._begin(cycle)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """A pipelined request's turn has come."""
        if type(cycle) is not Exchange:
            super()._start_asgi_task(cycle, app)
            return
        cycle.turn = True
        if not cycle.more_body or len(cycle.body) > self.max_body:
            self._begin(cycle)

    def _begin(self, exchange: Exchange) -> None:
        if len(exchange.body) > self.max_body:
            self.collector.refuse_size(exchange)
        else:
            self.collector.begin(exchange)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.phase is Phase.SERVED:
            self.phase = Phase.IDLE
            self.since = self.loop.time()
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)

    def common_lines(self) -> bytes:
        """uvicorn's own headers (the date) as lines."""
        return self.common.of(self.server_state.default_headers)

    def check_time(self, now: float, read_timeout: float) -> None:
        """Closes a connection that has waited too long for its client."""
        waited = now - self.since
        if self.phase is Phase.SERVED or self.transport.is_closing():
            return
        if self.phase is Phase.IDLE:
            if waited > (read_timeout if self.fresh else KEEP_ALIVE_SECONDS):
                self.transport.close()
        elif waited > read_timeout and not self._others_wait():
            what = "headers" if self.phase is Phase.HEAD else "body"
            self._break_off(Refused(408, f"The {what} did not arrive in time", "TIMEOUT"))

    def _others_wait(self) -> bool:
        """Whether an earlier request of this connection has no answer yet."""
        earlier = self.phase is Phase.HEAD and self.cycle is not None
        return bool(self.pipeline) or (earlier and not self.cycle.response_complete)

    def _break_off(self, refused: Refused) -> None:
        """Answers and closes; where earlier requests still wait, closes after them."""
        if self.transport.is_closing():
            return
        if self._others_wait():
            self.flow.pause_reading()
            self.cycle.keep_alive = False
            return
        if self.phase is Phase.BODY and self.cycle.response_complete:
            self.transport.close()  # it was answered before its body had come
            return
        body = answers.error_body(refused)
        lines = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        cycle = self.cycle
        if self.phase is Phase.BODY:
            cycle.disconnected = cycle.response_complete = True
            cycle.message_event.set()
        self.transport.write(
            STATUS_LINES[refused.status] + self.common_lines() + lines % len(body) + body
        )
        self.transport.close()


def _headers_too_large() -> Refused:
    return Refused(431, f"The headers are larger than {HEADER_BYTES} bytes", "HEADERS_TOO_LARGE")


def protocol_class(
    settings: Settings, table: dict[str, Endpoint], collector: Collector
) -> type[GatewayProtocol]:
    """The protocol of one gateway, as uvicorn wants it: a class."""
    attributes = {
        "hot": {path.encode(): endpoint for path, endpoint in table.items()},
        "collector": collector,
        "max_body": settings.gateway_max_body_bytes,
        "most_bytes": HEAD_BYTES + WIRE_FACTOR * settings.gateway_max_body_bytes,
        "common": _CommonLines(),
    }
    return type("WiredGatewayProtocol", (GatewayProtocol,), attributes)


async def sweep(connections: Iterable[Any], read_timeout: float) -> None:
    """Checks the time of all connections until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(min(1.0, read_timeout / 4))
        now = loop.time()
        for connection in list(connections):
            connection.check_time(now, read_timeout)
