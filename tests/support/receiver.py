"""An HTTP server on loopback that keeps every request and answers as the test says.

A receiver has a thread and an event loop of its own, keeps connections and parses in C: it is quick
enough that what a test measures is the sender. Its `answer` is a function of the request and runs
in that loop, so it must not block. It gives a Reply, or a Behaviour where the connection itself
misbehaves; tests.support.behaviours has some. What an answer raises is raised again at the end of
the receiver's block.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Self

import httptools
from tests.support.http_messages import OK, Reply, Request

LOOPBACK = "127.0.0.1"
START_SECONDS = 20
STOP_SECONDS = 20
STOP_TURNS = 100
#: Tests open over a hundred connections at once.
BACKLOG = 512


#: Has a connection for itself, until it ends or the client leaves.
Behaviour = Callable[["Connection"], Awaitable[None]]
Answer = Callable[[Request], Reply | Behaviour]


class Receiver:
    """`with Receiver() as receiver:` listens at `receiver.url`. `answer` may change at any time."""

    def __init__(
        self,
        answer: Answer = lambda _request: OK,
        *,
        address: str = LOOPBACK,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answer = answer
        self.address, self.port, self._tls = address, port, tls
        self.requests: list[Request] = []
        #: What was answered with 2xx: by message, the ids that took effect.
        self.accepted: list[Request] = []
        #: How many connections there were, and those that are open.
        self.connections = 0
        self.open: set[Connection] = set()
        self.errors: list[BaseException] = []
        self._listening: Future[int] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.address}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = self._listening.result(START_SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(STOP_SECONDS)
        assert not self._thread.is_alive(), "an answer or a behaviour blocks"
        if self.errors and kind is None:
            raise self.errors[0]

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await self._loop.create_server(
                lambda: Connection(self), self.address, self.port, ssl=self._tls, backlog=BACKLOG
            )
        except BaseException as error:
            self._listening.set_exception(error)
            raise
        self._listening.set_result(server.sockets[0].getsockname()[1])
        await self._stop.wait()
        # Accepts what is under way first: asyncio leaks a socket whose server closes meanwhile.
        for turn in range(STOP_TURNS):
            for connection in list(self.open):
                connection.transport.abort()
            await asyncio.sleep(0.001)
            if turn and not self.open and len(asyncio.all_tasks()) == 1:
                break
        server.close()

    def take(self, request: Request) -> Reply | Behaviour:
        """Keeps a request and says what it is answered."""
        self.requests.append(request)
        reply = self.answer(request)
        if isinstance(reply, Reply) and reply.is_success:
            self.accepted.append(request)
        return reply

    def effects(self) -> Counter[str]:
        """How often each event took effect at a receiver that deduplicates by webhook-id alone."""
        once = {request.message_id: request for request in list(self.accepted)}
        return Counter(event for request in once.values() for event in request.events)

    def events(self) -> set[str]:
        """Every event that was accepted."""
        return {event for request in list(self.accepted) for event in request.events}


class Connection(asyncio.Protocol):
    """A client's connection, as a Behaviour has it."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._parser = httptools.HttpRequestParser(self)
        self._is_writable, self._lost = asyncio.Event(), asyncio.Event()
        self._is_writable.set()
        self._task: asyncio.Task[None] | None = None
        self.on_message_begin()

    async def send(self, data: bytes) -> None:
        """Sends bytes as they are; waits while the client takes none.

        Raises ConnectionError once the client left.
        """
        # Lets the loop run: it may have to say that the client left.
        await asyncio.sleep(0)
        await self._is_writable.wait()
        if self.transport.is_closing():
            raise ConnectionResetError("the client left")
        self.transport.write(data)

    async def wait_lost(self) -> None:
        """Waits until the client leaves."""
        await self._lost.wait()

    async def close(self) -> None:
        """Closes the connection once everything is sent."""
        self.transport.close()
        await self._lost.wait()

    # What asyncio and the parser call.

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._receiver.connections += 1
        self._receiver.open.add(self)

    def connection_lost(self, _error: object) -> None:
        self._receiver.open.discard(self)
        self._lost.set()
        self._is_writable.set()

    def pause_writing(self) -> None:
        self._is_writable.clear()

    def resume_writing(self) -> None:
        self._is_writable.set()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.write(Reply(400, headers={"connection": "close"}).bytes_for("GET"))
            self.transport.close()

    def on_message_begin(self) -> None:
        self._target, self._body = bytearray(), bytearray()
        self._fields: list[tuple[bytes, bytes]] = []

    def on_url(self, piece: bytes) -> None:
        self._target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields.append((name, value))

    def on_body(self, piece: bytes) -> None:
        self._body += piece

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        request = Request(
            method, self._target.decode("latin-1"), self._fields, bytes(self._body),
            time.monotonic(),
        )  # fmt: skip
        try:
            reply = self._receiver.take(request)
        except Exception as error:  # noqa: BLE001 - raised again where the test sees it
            self._receiver.errors.append(error)
            self.transport.abort()
            return
        if not isinstance(reply, Reply):
            self._task = asyncio.create_task(self._behave(reply))
        elif reply.after:
            loop = asyncio.get_running_loop()
            loop.call_later(reply.after, self._reply, reply, method)
        elif reply.after is not None:
            self._reply(reply, method)

    def _reply(self, reply: Reply, method: str) -> None:
        self.transport.write(reply.bytes_for(method))
        if reply.headers.get("connection") == "close":
            self.transport.close()

    async def _behave(self, behaviour: Behaviour) -> None:
        try:
            await behaviour(self)
        except ConnectionError:
            pass  # The client had enough.
        except Exception as error:  # noqa: BLE001 - raised again where the test sees it
            self._receiver.errors.append(error)
            self.transport.abort()


@contextmanager
def refusing_url() -> Iterator[str]:
    """A URL at which connections are refused; the port stays taken, so that nobody else answers."""
    with socket.socket() as bound:
        bound.bind((LOOPBACK, 0))
        yield f"http://{LOOPBACK}:{bound.getsockname()[1]}"
