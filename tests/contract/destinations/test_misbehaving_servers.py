"""The HTTP client for destinations where servers and names misbehave."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
import zlib
from itertools import chain, repeat

import pytest
from tests.contract.destinations.requests_in_vain import PATIENCE, Names, failure
from tests.support.behaviours import sending
from tests.support.http_messages import Reply, Request
from tests.support.receiver import Receiver, refusing_url

from storepulse.destinations.http.client import ANSWER_LIMIT, SafeClient
from storepulse.destinations.http.failures import RequestFailed
from storepulse.destinations.http.names import SystemNames


@pytest.mark.parametrize("part", ["status", "headers", "body"])
async def test_a_server_that_drips_is_given_up(part: str) -> None:
    head = {
        "status": b"",
        "headers": b"HTTP/1.1 200 OK\r\n",
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
    }[part]
    text = b"HTTP/1.1 200 OK\r\n" if part == "status" else b"X: yyyyyyyyyyyyyyyyyyyyyyyy"
    drip = sending([head, *(bytes([byte]) for byte in text * 50)], pause=0.2)
    with Receiver(lambda _: drip) as server:
        async with SafeClient("private") as client:
            started = time.monotonic()
            failed = await failure(client, server.url, timeout=1.0)
            assert time.monotonic() - started < PATIENCE
    assert failed.kind == "timeout"
    assert failed.reason == "no complete answer within 1 s"


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"", "protocol"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 60_000, "protocol"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
            "protocol",
        ),
    ],
)
async def test_answers_that_are_none(sent: bytes, kind: str) -> None:
    with Receiver(lambda _: sending([sent])) as server:
        async with SafeClient("private") as client:
            assert (await failure(client, server.url)).kind == kind


@pytest.mark.parametrize(
    "size", [0, 1, ANSWER_LIMIT - 1, ANSWER_LIMIT, ANSWER_LIMIT + 1, 3_000_000]
)
@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
async def test_answers_are_read_up_to_a_limit(size: int, encoding: str) -> None:
    body = b"a" * size
    packed = {"": body, "gzip": gzip.compress(body), "deflate": zlib.compress(body)}[encoding]
    headers = {"content-encoding": encoding} if encoding else {}
    with Receiver(lambda _: Reply(200, packed, headers)) as server:
        async with SafeClient("private") as client:
            answer = await client.request("GET", server.url, timeout=PATIENCE)
            assert answer.body == body[:ANSWER_LIMIT]
            assert answer.truncated == (size > ANSWER_LIMIT)
            # What was left unread does not spoil the next request.
            again = await client.request("GET", server.url, timeout=PATIENCE, limit=10)
    assert again.body == body[:10]


async def test_an_endless_answer_ends_at_the_limit() -> None:
    endless = sending(chain([b"HTTP/1.1 200 OK\r\n\r\n"], repeat(b"x" * 65_536)))
    with Receiver(lambda _: endless) as server:
        async with SafeClient("private") as client:
            answer = await client.request("GET", server.url, timeout=PATIENCE)
    assert (len(answer.body), answer.truncated) == (ANSWER_LIMIT, True)


async def test_nobody_listens() -> None:
    with refusing_url() as url:
        async with SafeClient("private") as client:
            failed = await failure(client, url)
    assert failed.kind == "connect"
    assert f"127.0.0.1 port {url.rpartition(':')[2]}" in failed.reason


async def test_a_name_that_does_not_resolve() -> None:
    async def unknown(host: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async with SafeClient("public", resolve=unknown) as client:
        failed = await failure(client, "https://nowhere.example/")
        assert (failed.kind, "Name or service not known" in failed.reason) == ("dns", True)
    async with SafeClient("public", resolve=Names([])) as client:
        assert (await failure(client, "https://nowhere.example/")).kind == "dns"


async def test_a_name_that_hangs_delays_no_other() -> None:
    released = threading.Event()
    asked: list[str] = []

    def look_up(host: str) -> list[str]:
        asked.append(host)
        if host == "slow.example":
            released.wait(PATIENCE)
        if host == "unknown.example":
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return ["127.0.0.1"]

    names = SystemNames(look_up)
    try:
        waiting = [asyncio.ensure_future(names("slow.example")) for _ in range(100)]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(names("slow.example"), 0.05)
        assert await names("quick.example") == ["127.0.0.1"]
        with pytest.raises(socket.gaierror):
            await names("unknown.example")
        # One thread for all who ask for it; who gave up took nothing from the others.
        assert asked.count("slow.example") == 1
        released.set()
        assert await asyncio.gather(*waiting) == [["127.0.0.1"]] * 100
        assert await names("slow.example") == ["127.0.0.1"]
        assert asked.count("slow.example") == 2
    finally:
        released.set()
        names.close()


async def test_a_lookup_that_fails_after_everybody_left_is_no_surprise() -> None:
    released = threading.Event()

    def look_up(host: str) -> list[str]:
        released.wait(PATIENCE)
        raise socket.gaierror(socket.EAI_AGAIN, host)

    async with SafeClient("public", resolve=SystemNames(look_up)) as client:
        failed = await failure(client, "https://slow.example/", timeout=0.1)
    assert failed.kind == "timeout"
    released.set()


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nb", "a\x00b"])
async def test_a_header_that_would_be_two(value: str) -> None:
    with Receiver() as server:
        async with SafeClient("private") as client:
            with pytest.raises(RequestFailed) as failed:
                await client.request("POST", server.url, headers={"x-a": value}, timeout=PATIENCE)
    assert failed.value.kind == "protocol"
    assert server.requests == []


async def test_a_client_goes_on_after_failures() -> None:
    """A failed or abandoned request leaves nothing behind that the next one stumbles over."""

    def answer(request: Request) -> Reply:
        return Reply(200, b"ok", after=None if request.path == "/slow" else 0)

    with Receiver(answer) as server:
        async with SafeClient("private") as client:
            for _ in range(3):
                assert (await failure(client, f"{server.url}/slow", timeout=0.1)).kind == "timeout"
                answered = await client.request("GET", f"{server.url}/", timeout=PATIENCE)
                assert answered.body == b"ok"
