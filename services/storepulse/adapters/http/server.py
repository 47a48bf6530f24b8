"""Serve HTTP on a socket: connections, their clock, requests, and a clean shutdown.

A service passes in an ASGI application. The gateway also passes in `endpoints` and a
`DirectHandler`: complete bodies posted to those paths go straight to the handler, without a task
for each, and so do GETs that `find_read` finds.
"""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from itertools import count
from time import time
from typing import Any

from storepulse.adapters import metrics
from storepulse.adapters.http.asgi import Application, AsgiCall
from storepulse.adapters.http.connection import Connection
from storepulse.adapters.http.endpoint_paths import EndpointPaths
from storepulse.adapters.http.errors import RequestRefused, error_body
from storepulse.adapters.http.exchange import STATUS_LINES, Exchange
from storepulse.adapters.http.hosting import DirectHandler, HostedConnection
from storepulse.adapters.http.limits import ConnectionLimits
from storepulse.adapters.logging import logger

BACKLOG = 2048
#: The label of requests that were refused before they had a path.
UNREAD = "unread"


class _NoDirectHandler:
    """The handler of a server without endpoints."""

    def serve(self, exchange: Exchange) -> None:
        raise NotImplementedError

    def refuse_unread(self, exchange: Exchange) -> bool:
        raise NotImplementedError

    refuse_size = serve


def _find_none(_path: bytes) -> None:
    """The default for servers that serve no GET directly."""


class HttpServer:
    """One service's server. `service` is its name in metrics."""

    def __init__(
        self,
        service: str,
        application: Application,
        limits: ConnectionLimits,
        endpoints: EndpointPaths | None = None,
        direct: DirectHandler | None = None,
        find_read: Callable[[bytes], Any] = _find_none,
    ) -> None:
        self.limits = limits
        self.endpoints = EndpointPaths() if endpoints is None else endpoints
        self.direct: DirectHandler = direct or _NoDirectHandler()
        self.find_read = find_read
        self.common_lines = b""
        #: The loop's time of the next tick: precise enough for time limits, and as cheap as
        #: possible.
        self.clock = 0.0
        self._service = service
        self._application = application
        self._connections: set[HostedConnection] = set()
        self._calls: dict[Exchange, tuple[AsgiCall, asyncio.Task[None]]] = {}
        self._all_gone = asyncio.Event()
        self._address = ("127.0.0.1", 0)
        self._prefix = os.urandom(4).hex()
        self._numbers = count(1)

    async def serve(self, sock: socket.socket, stop: asyncio.Event, grace_seconds: float) -> None:
        """Serve until `stop`, then let started requests finish within `grace_seconds`."""
        loop = asyncio.get_running_loop()
        self._every = min(1.0, self.limits.read_seconds / 4)
        self._address = sock.getsockname()[:2]
        _raise_file_limit()
        self._set_clock(loop.time())
        server = await loop.create_server(lambda: Connection(self), sock=sock, backlog=BACKLOG)
        ticking = asyncio.create_task(self._tick())
        try:
            await stop.wait()
        finally:
            server.close()
            await self._finish(grace_seconds)
            ticking.cancel()

    # ---- what connections call --------------------------------------------------------------

    def register(self, connection: HostedConnection) -> bool:
        """Count a new connection; False if there is no room for it."""
        self._connections.add(connection)
        return len(self._connections) <= self.limits.connections

    def unregister(self, connection: HostedConnection) -> None:
        """Remove a closed connection."""
        self._connections.discard(connection)
        if not self._connections:
            self._all_gone.set()

    def call_application(self, exchange: Exchange) -> None:
        """Call the ASGI application for a request."""
        call = AsgiCall(exchange, self._address)
        task = asyncio.create_task(call.run(self._application))
        self._calls[exchange] = (call, task)
        task.add_done_callback(lambda _: self._calls.pop(exchange, None))

    def interrupt(self, exchange: Exchange) -> bool:
        """Cancel the application's work on a request; whether it has started to answer."""
        call, task = self._calls.get(exchange, (None, None))
        if call is None or task is None:
            return False
        task.cancel()
        return call.has_begun

    def answer_of(self, refusal: RequestRefused) -> bytes:
        """The last answer of a connection that broke a rule."""
        metrics.HTTP_REQUESTS.labels(self._service, UNREAD, str(refusal.status)).inc()
        body = error_body(refusal)
        number = b"%b-%x" % (self._prefix.encode(), next(self._numbers))
        lines = (
            b"content-type: application/json\r\ncontent-length: %d\r\n"
            b"x-request-id: %b\r\nx-correlation-id: %b\r\nconnection: close\r\n\r\n"
        ) % (len(body), number, number)
        return STATUS_LINES[refusal.status] + self.common_lines + lines + body

    def report_bug(self, error: Exception) -> None:
        """Log a bug of ours."""
        logger().error("request_failed", exc_info=error)

    # ---- clock and end ----------------------------------------------------------------------

    def _set_clock(self, now: float) -> None:
        self.clock = now + self._every
        self.common_lines = b"date: %b\r\n" % formatdate(time(), usegmt=True).encode()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._every)
            now = loop.time()
            self._set_clock(now)
            self._check_time(now)

    def _check_time(self, now: float) -> None:
        for connection in list(self._connections):
            connection.check_time(now)

    async def _finish(self, grace_seconds: float) -> None:
        for connection in list(self._connections):
            connection.stop()
        if self._connections:
            self._all_gone.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_gone.wait(), grace_seconds)
        for connection in list(self._connections):
            connection.abort()
        tasks = [task for _, task in self._calls.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _raise_file_limit() -> None:
    """Raise the limit of open files to the system's maximum, because each connection needs one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
