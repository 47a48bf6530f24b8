"""Build the request that a connection is reading, from the parser's calls.

A request enters the connection's queue when its head is complete; its body is added as it arrives,
within the limit. The direct handler gets complete bodies only.
"""

from __future__ import annotations

from typing import Protocol

from storepulse.adapters.http import rules
from storepulse.adapters.http.errors import Header
from storepulse.adapters.http.exchange import Exchange, Wire
from storepulse.adapters.http.hosting import ConnectionHost
from storepulse.adapters.http.states import State

#: Headers that announce a body.
_BODY = frozenset({b"content-length", b"transfer-encoding"})


class ConnectionEnded(Exception):
    """The connection has ended; raised to stop the parser."""


class IntakeConnection(Wire, Protocol):
    """The connection, as its intake uses it. `client`: host and port."""

    state: State
    client: tuple[str, int] | None
    is_stopping: bool

    def wait_for(self, state: State) -> None:
        """Set the state and restart its time limit."""
        ...

    def enqueue(self, exchange: Exchange) -> None:
        """Start to serve a request if it is its turn, else queue it."""
        ...


class RequestIntake:
    """Reads one request after the other. `exchange` is the one being read.

    `is_fresh`: no request has come yet.
    """

    def __init__(self, connection: IntakeConnection, host: ConnectionHost) -> None:
        self._connection = connection
        self._host = host
        #: The size limit of the body being read.
        self._most_bytes = host.limits.body_bytes
        self.exchange: Exchange | None = None
        self.is_fresh = True
        #: Of the body being read: its Content-Length, and how much of it has arrived.
        self._length = self._received = 0

    @property
    def wanted_bytes(self) -> int:
        """The missing bytes of a body for the direct handler: no other request starts before
        them."""
        if self.exchange is None or self.exchange.endpoint is None:
            return 0
        return max(0, self._length - self._received)

    def drop(self) -> Exchange | None:
        """Give up the request being read, and return it."""
        exchange, self.exchange = self.exchange, None
        return exchange

    def close(self) -> None:
        """Release the connection."""
        self.exchange = None
        del self._connection

    # ---- what the parser calls --------------------------------------------------------------

    def on_begin(self) -> None:
        """Handle the first byte of a request."""
        connection = self._connection
        if connection.state is State.CLOSING:
            raise ConnectionEnded
        connection.wait_for(State.HEAD)
        self.is_fresh = False

    def on_head(
        self,
        method: bytes,
        path: bytes,
        query: bytes,
        version: str,
        fields: dict[bytes, bytes],
        headers: list[Header],
        keep_alive: bool,
    ) -> None:
        """Create the request and pass it to the connection. Raises RequestRefused."""
        connection = self._connection
        if method == b"POST":
            endpoint = self._host.endpoints[path]
        elif method == b"GET" and not _BODY.intersection(fields):
            endpoint = self._host.find_read(path)
        else:
            endpoint = None
        exchange = Exchange(connection, endpoint, path, query, headers, version, connection.client)
        exchange.keep_alive = keep_alive and not connection.is_stopping
        length = int(fields.get(b"content-length", b"0"))
        self._most_bytes = getattr(endpoint, "body_bytes", self._host.limits.body_bytes)
        exchange.is_too_large = length > self._most_bytes
        if b"expect" in fields and version == "1.1":
            if fields[b"expect"].lower() != b"100-continue":
                raise rules.expectation_refusal()
            exchange.expects_continue = True
        if endpoint is None:
            exchange.method = method.decode()
            exchange.path = rules.decode_path(path, method)
            if exchange.is_too_large:
                raise rules.body_size_refusal(self._most_bytes)
        self._length, self._received = length, 0
        self.exchange = exchange
        connection.wait_for(State.BODY)
        connection.enqueue(exchange)

    def on_body(self, body: bytes) -> None:
        """Add a part of the body, within its limit. Raises RequestRefused."""
        exchange = self.exchange
        if exchange is None or exchange.is_answered or exchange.is_too_large:
            return
        self._received += len(body)
        if self._received <= self._most_bytes:
            exchange.body += body
            exchange.notify()
            return
        exchange.is_too_large = True
        if exchange.endpoint is None:
            raise rules.body_size_refusal(self._most_bytes)
        if exchange.has_turn:
            self._host.direct.refuse_size(exchange)

    def on_complete(self) -> None:
        """Serve a request whose body is now complete."""
        exchange, self.exchange = self.exchange, None
        connection = self._connection
        if exchange is None or connection.state is State.CLOSING:
            return
        exchange.is_complete = True
        if exchange.is_answered:
            return
        connection.wait_for(State.SERVED)
        if exchange.endpoint is None:
            exchange.notify()
        elif exchange.has_turn:
            self._host.direct.serve(exchange)
