"""One TCP connection as httpcore wants it, on asyncio's own transports.

httpcore's ready-made ones go through anyio, which for every read arms and disarms the event loop
and waits a round of it: half of what a request costs. Here reading is always on, up to a limit, and
what is written goes out when an answer is waited for, head and body of a request together.
"""

# httpcore fixes the methods' signatures, timeouts included; whole requests have one of their own.
# ruff: noqa: ASYNC109
from __future__ import annotations

import asyncio
import select
import ssl
from typing import Any, cast

import httpcore

#: Bytes that are received before anybody reads them.
MOST_RECEIVED = 256 * 1024
#: Bytes that are written at once rather than with the next ones.
MOST_GATHERED = 64 * 1024


class TcpStream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """A connection of one reader and one writer. `connect` makes it."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0
        self._ended = False
        self._error: Exception | None = None
        self._reading: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self._full = False
        self._halted = False

    @classmethod
    async def connect(cls, address: str, port: int) -> TcpStream:
        """A connection to an address, not to a name. Raises OSError."""
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_connection(cls, address, port)
        return stream

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > MOST_RECEIVED and not self._full:
            self._full = True
            self._transport.pause_reading()
        _wake(self._reading)
        _wake(self._writing)

    def eof_received(self) -> bool:
        self._ended = True
        _wake(self._reading)
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._ended = True
        self._error = self._error or error
        self._halted = False
        _wake(self._reading)
        _wake(self._writing)

    def pause_writing(self) -> None:
        self._halted = True

    def resume_writing(self) -> None:
        self._halted = False
        _wake(self._writing)

    # What httpcore calls

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        await self._flush()
        while not self._received and not self._ended:
            self._reading = asyncio.get_running_loop().create_future()
            try:
                await self._reading
            finally:
                self._reading = None
        if not self._received and self._error is not None:
            raise httpcore.ReadError(str(self._error)) from self._error
        data = bytes(self._received[:max_bytes])
        del self._received[:max_bytes]
        if self._full and len(self._received) <= MOST_RECEIVED:
            self._full = False
            self._transport.resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        if self._ended:
            raise httpcore.WriteError("the connection is closed")
        self._gathered.append(buffer)
        self._gathered_bytes += len(buffer)
        if self._gathered_bytes > MOST_GATHERED:
            await self._flush()

    async def _flush(self) -> None:
        if not self._gathered:
            return
        if not self._ended:
            self._transport.write(b"".join(self._gathered))
        self._gathered.clear()
        self._gathered_bytes = 0
        # A receiver that answers does not have to read on.
        while self._halted and not self._received and not self._ended:
            self._writing = asyncio.get_running_loop().create_future()
            try:
                await self._writing
            finally:
                self._writing = None

    async def aclose(self) -> None:
        self._transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> TcpStream:
        """The same stream, encrypted from here on. Raises httpcore.ConnectError."""
        del timeout
        try:
            transport = await asyncio.get_running_loop().start_tls(
                self._transport, self, ssl_context, server_hostname=server_hostname
            )
        except OSError as error:
            raise httpcore.ConnectError(str(error) or type(error).__name__) from error
        if transport is None or self._ended:
            raise httpcore.ConnectError("the connection was closed during the handshake")
        self._transport = transport
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            # Of a connection that idles: it ended, somebody speaks out of turn, or what was said is
            # not sent, since the receiver answered before it had read all.
            return self._ended or self._halted or bool(self._received) or bool(self._poll.poll(0))
        return self._transport.get_extra_info(info)


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
