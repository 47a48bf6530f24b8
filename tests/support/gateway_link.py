"""What stands between a page and the real gateway: passes all on, and can be made to fail.

It keeps each request with the answer that the browser was given, which the browser itself shows
nobody for beacons.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

#: Belong to one connection; the server says its own.
_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "date"}
_CORS = {"access-control-allow-origin": "*", "access-control-expose-headers": "Retry-After"}


@dataclass(frozen=True)
class Exchange:
    """A request and its answer. `status` is 0 where the browser got none."""

    method: str
    path: str
    body: bytes
    status: int
    answer: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that the request brought."""
        found: list[dict[str, Any]] = json.loads(self.body)["events"]
        return found


@dataclass(frozen=True)
class Fault:
    """What happens to each POST instead of passing it on.

    `status` 0: the connection ends. `hangs`: nothing is said until the link is healed.
    """

    status: int = 0
    headers: Mapping[str, str] | None = None
    hangs: bool = False


class GatewayLink:
    """A server on a loopback port; the gateway's files pass even where events do not."""

    def __init__(self, gateway: str) -> None:
        self.exchanges: list[Exchange] = []
        self._fault: Fault | None = None
        self._healed = threading.Event()
        upstream = gateway.removeprefix("http://")
        link = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def carry(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                fault = link._fault if self.command == "POST" else None
                if fault is not None:
                    link._fail(self, body, fault)
                    return
                status, headers, answer = _ask(upstream, self, body)
                link._keep(self, body, status, answer)
                _say(self, status, headers, answer)

            do_GET = do_POST = do_OPTIONS = do_HEAD = carry  # noqa: N815 - the library's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def fail(self, fault: Fault) -> None:
        """From now on no event passes."""
        self._healed.clear()
        self._fault = fault

    def heal(self) -> None:
        """Passes all on again."""
        self._fault = None
        self._healed.set()

    @property
    def posts(self) -> list[Exchange]:
        """What brought events, in the order of the answers."""
        return [one for one in self.exchanges if one.method == "POST"]

    def _fail(self, request: BaseHTTPRequestHandler, body: bytes, fault: Fault) -> None:
        if fault.hangs:
            self._healed.wait(60)
        self._keep(request, body, fault.status, b"")
        if fault.status:
            _say(request, fault.status, _CORS | dict(fault.headers or {}), b"{}")
        else:
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)

    def _keep(self, request: BaseHTTPRequestHandler, body: bytes, status: int, said: bytes) -> None:
        self.exchanges.append(Exchange(request.command, request.path, body, status, said))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.heal()
        self._server.shutdown()
        self._server.server_close()


def _ask(
    upstream: str, request: BaseHTTPRequestHandler, body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """The gateway's answer: status, headers, body."""
    connection = http.client.HTTPConnection(upstream, timeout=60)
    try:
        connection.request(request.command, request.path, body, dict(request.headers))
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def _say(
    request: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], answer: bytes
) -> None:
    say: Callable[[str, str], None] = request.send_header
    try:
        request.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _OF_THE_CONNECTION:
                say(name, value)
        say("content-length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer)
    except OSError:
        request.close_connection = True  # the page has gone
