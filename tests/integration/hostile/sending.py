"""Many requests on a few connections: every one gets an answer, or the test hears of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

CONNECTIONS = 8
#: No request may take longer, on a busy machine too.
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Sent:
    """One request: its name in a failure, and its bytes."""

    name: str
    request: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back, and after how long."""

    sent: Sent
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.sent.name}: {self.status} {self.body[:300]!r} after {self.seconds:.2f} s"


def request(
    method: str, target: str, body: bytes | None = None, headers: Iterable[tuple[str, bytes]] = ()
) -> bytes:
    """A request's bytes; headers as they are given, in front of Content-Length."""
    lines = [f"{method} {target} HTTP/1.1".encode(), b"Host: 127.0.0.1"]
    lines += [name.encode() + b": " + value for name, value in headers]
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def post(
    path: str,
    body: bytes,
    headers: Iterable[tuple[str, bytes]] = (),
    kind: bytes = b"application/json",
) -> bytes:
    """A POST of JSON."""
    return request("POST", path, body, [("Content-Type", kind), *headers])


def exchange(port: int, requests: Sequence[Sent]) -> list[Answered]:
    """The answers in the order of the requests. Raises where one stays away."""
    return asyncio.run(_exchange(port, requests))


async def _exchange(port: int, requests: Sequence[Sent]) -> list[Answered]:
    left = iter(enumerate(requests))
    answers: dict[int, Answered] = {}
    await asyncio.gather(*(_work(port, left, answers) for _ in range(CONNECTIONS)))
    return [answers[number] for number in range(len(requests))]


async def _work(port: int, left: Any, answers: dict[int, Answered]) -> None:
    connection = None
    for number, sent in left:
        fresh = connection is None
        if connection is None:
            connection = await asyncio.open_connection("127.0.0.1", port)
        try:
            answer = await asyncio.wait_for(_ask(connection, sent), PATIENCE_SECONDS)
        except (OSError, EOFError, TimeoutError) as error:
            raise AssertionError(f"{sent.name}: no answer: {error!r}, fresh: {fresh}") from error
        answers[number] = answer
        if answer.headers.get("connection") == "close":
            connection[1].close()
            connection = None
    if connection is not None:
        connection[1].close()


async def _ask(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], sent: Sent
) -> Answered:
    reader, writer = connection
    began = perf_counter()
    writer.write(sent.request)
    await writer.drain()
    top = await reader.readuntil(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").rstrip("\r\n").split("\r\n")
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
    if headers.get("content-type", "").startswith("text/event-stream"):
        body = b""  # it ends when we leave
        headers["connection"] = "close"
    elif headers.get("transfer-encoding") == "chunked":
        body = await _chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answered(sent, int(first.split(" ")[1]), headers, body, perf_counter() - began)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body
