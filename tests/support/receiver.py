"""A webhook receiver on loopback: records every request, and answers as the test says.

One thread and one event loop of its own, kept-alive connections, a parser in C: quick enough that
what a test measures is the sender.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import httptools


@dataclass(frozen=True)
class Received:
    """One request. `at`: seconds of the monotonic clock."""

    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]

    @cached_property
    def events(self) -> list[str]:
        """Ids of its events, in order."""
        return [event["event_id"] for event in json.loads(self.body)["events"]]


@dataclass(frozen=True)
class Reply:
    """An answer, `after` some seconds; None: never."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: float | None = 0.0


OK = Reply()
Answer = Callable[[Received], Reply]


class Receiver:
    """`with Receiver() as receiver:` listens at `receiver.url`. `answer` may change at any time."""

    def __init__(self, answer: Answer = lambda _request: OK) -> None:
        self.answer = answer
        self.requests: list[Received] = []
        #: What was answered with 2xx: by message, the ids that took effect.
        self.accepted: list[Received] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._listening = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        self._loop.run_forever()
        server.close()
        for connection in list(_Connection.open_):
            if connection.receiver is self:
                connection.transport.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def take(self, request: Received) -> Reply:
        self.requests.append(request)
        reply = self.answer(request)
        if 200 <= reply.status < 300 and reply.after is not None:
            self.accepted.append(request)
        return reply

    def effects(self) -> Counter[str]:
        """How often each event took effect at a receiver that deduplicates by webhook-id alone."""
        once = {request.message_id: request for request in list(self.accepted)}
        return Counter(event for request in once.values() for event in request.events)

    def events(self) -> set[str]:
        """Every event that was accepted."""
        return {event for request in list(self.accepted) for event in request.events}


class _Connection(asyncio.Protocol):
    open_: set[_Connection] = set()  # noqa: RUF012

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self._parser = httptools.HttpRequestParser(self)
        self._begin()

    def _begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.open_.add(self)

    def connection_lost(self, _error: object) -> None:
        self.open_.discard(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        request = Received(self._headers, bytes(self._body), time.monotonic())
        self._begin()
        reply = self.receiver.take(request)
        if reply.after is None:
            return
        if reply.after:
            asyncio.get_running_loop().call_later(reply.after, self._reply, reply)
        else:
            self._reply(reply)

    def _reply(self, reply: Reply) -> None:
        lines = [f"HTTP/1.1 {reply.status} Said"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        lines.append(f"content-length: {len(reply.body)}")
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + reply.body)
