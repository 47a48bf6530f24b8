"""One keep-alive HTTP/1.1 connection, with little overhead for many beacons.

If the connection ends during a request, `NoAnswer` is raised: it is unknown whether the server took
the request. The connection is made at the first request, and again after it was lost.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import httptools

from storepulse.domain.errors import Misconfigured


class NoAnswer(Exception):
    """The server did not answer: it may or may not have taken the request."""


@dataclass(frozen=True, slots=True)
class BeaconAnswer:
    """Status, body, and the seconds of Retry-After (None: no such header)."""

    status: int
    body: bytes
    retry_after: float | None


@dataclass(frozen=True)
class Server:
    """The address of the gateway."""

    host: str
    port: int
    is_tls: bool
    prefix: str

    @classmethod
    def of(cls, url: str) -> Server:
        """From a URL. Raises Misconfigured if it is invalid."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise Misconfigured("--url", str(error)) from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Misconfigured("--url", f"{url!r} is not an http or https URL")
        is_tls = parts.scheme == "https"
        return cls(parts.hostname, port or (443 if is_tls else 80), is_tls, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class BeaconConnection(asyncio.Protocol):
    """Sends one request at a time and waits for its answer."""

    def __init__(self, server: Server, timeout: float) -> None:
        self._server = server
        self._timeout = timeout
        self._transport: asyncio.Transport | None = None
        self._awaited: asyncio.Future[BeaconAnswer] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._retry_after: float | None = None

    async def request(self, path: str, headers: str, body: bytes) -> BeaconAnswer:
        """POSTs the body. `headers` are whole lines, each ending with CR LF. Raises NoAnswer."""
        server = self._server
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                if self._transport is None:
                    context = ssl.create_default_context() if server.is_tls else None
                    await loop.create_connection(
                        lambda: self, server.host, server.port, ssl=context
                    )
                transport = self._transport
                if transport is None:
                    raise NoAnswer("the connection was closed at once")
                self._awaited = loop.create_future()
                head = (
                    f"POST {server.prefix}{path} HTTP/1.1\r\nHost: {server.authority}\r\n{headers}"
                    f"Content-Length: {len(body)}\r\n\r\n"
                )
                transport.write(head.encode() + body)
                return await self._awaited
        except (OSError, TimeoutError) as error:
            self.close()
            raise NoAnswer(str(error) or type(error).__name__) from error
        except BaseException:
            self.close()
            raise
        finally:
            self._awaited = None

    def close(self) -> None:
        """Ends the connection; the next request makes another one."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    # ---- asyncio ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not instances of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"not HTTP: {error}")
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail(str(exc) if exc else "the server closed the connection")

    def _fail(self, reason: str) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(NoAnswer(reason))

    # ---- httptools --------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._body = []
        self._retry_after = None

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after" and value.isdigit():
            self._retry_after = float(value)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(BeaconAnswer(status, b"".join(self._body), self._retry_after))
        if not self._parser.should_keep_alive():
            self.close()
