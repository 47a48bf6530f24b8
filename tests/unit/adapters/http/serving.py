"""A server in this process, on a socket of its own: what it was asked, and clients as bytes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from storepulse.adapters.http.endpoint_paths import EndpointPaths
from storepulse.adapters.http.exchange import Exchange
from storepulse.adapters.http.limits import ConnectionLimits
from storepulse.adapters.http.server import HttpServer

DIRECT = b"/direct"
SMALL = ConnectionLimits(
    body_bytes=100_000,
    read_seconds=1.0,
    keep_alive_seconds=2.0,
    write_seconds=1.5,
    linger_seconds=0.8,
    linger_bytes=200_000,
    ended_seconds=1.2,
)


class Direct:
    """Answers complete bodies with their size; later, while `held`."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.held = False
        self.waiting: list[Exchange] = []

    def serve(self, exchange: Exchange) -> None:
        self.bodies.append(bytes(exchange.body))
        if self.held:
            self.waiting.append(exchange)
        else:
            self.respond(exchange)

    def refuse_unread(self, exchange: Exchange) -> bool:
        if exchange.query != b"refused":
            return False
        exchange.answer(401, b"content-length: 0\r\n", b"")
        return True

    def refuse_size(self, exchange: Exchange) -> None:
        exchange.keep_alive = False
        exchange.answer(413, b"content-length: 0\r\n", b"")

    def respond(self, exchange: Exchange) -> None:
        body = b"direct %d" % len(exchange.body)
        exchange.answer(200, b"content-length: %d\r\n" % len(body), body)


class Application:
    """Says what it was asked; `/large` streams, `/stuck` waits for the client to leave."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.left: list[str] = []
        self.has_left = asyncio.Event()
        self.largest_part = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        self.paths.append(path)
        if path == "/stuck":
            while (await receive())["type"] != "http.disconnect":
                pass
            self._leave(path)
            return
        if path == "/broken":
            raise ValueError("a bug")
        if path == "/early":
            await _respond(send, 401, b"no")
            return
        if path == "/large":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            try:
                for _ in range(200):
                    await send({"type": "http.response.body", "body": b"x" * 65_536,
                                "more_body": True})  # fmt: skip
                await send({"type": "http.response.body"})
            except OSError:
                self._leave(path)
                raise
            return
        size = 0
        while True:
            message = await receive()
            self.largest_part = max(self.largest_part, len(message.get("body", b"")))
            size += len(message.get("body", b""))
            if not message.get("more_body"):
                break
            if path == "/slow":
                await asyncio.sleep(0.01)
        host = dict(scope["headers"]).get(b"host", b"")
        said = b"%b %b %d %b" % (scope["method"].encode(), path.encode(), size, host)
        await _respond(send, 200, said)

    def _leave(self, path: str) -> None:
        self.left.append(path)
        self.has_left.set()


async def _respond(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Served:
    """A running server with what serves its requests."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.direct = Direct()
        self.application = Application()
        self.server = HttpServer(
            "test",
            self.application,
            limits,
            EndpointPaths({DIRECT.decode(): "endpoint"}),
            self.direct,
        )
        self.stop = asyncio.Event()
        self.port = 0

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def talk(self, *parts: bytes, end: bool = True, pause: float = 0.02) -> bytes:
        """What comes back for these bytes until the server closes; `end`: we say that we end."""
        reader, writer = await self.connect()
        for place, part in enumerate(parts):
            if place:
                await asyncio.sleep(pause)
            writer.write(part)
        if end:
            writer.write_eof()
        async with asyncio.timeout(10):
            received = await reader.read()
        writer.close()
        return received


@asynccontextmanager
async def served(limits: ConnectionLimits = SMALL) -> AsyncIterator[Served]:
    """A server for the length of a block."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    running = Served(limits)
    running.port = sock.getsockname()[1]
    task = asyncio.create_task(running.server.serve(sock, running.stop, 1.0))
    await asyncio.sleep(0)
    try:
        yield running
    finally:
        running.stop.set()
        await task


def request(path: str = "/direct", body: bytes = b"", method: str = "POST", **fields: str) -> bytes:
    """A request with a Host and a Content-Length; `_` in names become `-`."""
    lines = [f"{method} {path} HTTP/1.1", "Host: shop.example", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


def statuses(received: bytes) -> list[int]:
    """The status of each answer in a stream of them."""
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]
