"""Connections that are kept between requests: for whom, how many, how long, and what ends one."""

from __future__ import annotations

import asyncio
import socket
import threading
from itertools import chain, repeat
from pathlib import Path

import pytest
from tests.support.behaviours import sending
from tests.support.certificates import Authority
from tests.support.http_messages import OK, Reply
from tests.support.receiver import Connection, Receiver
from tests.support.waiting import wait_until_async

from storepulse.destinations import http_client, kept_connections
from storepulse.destinations.http_client import RequestFailed, SafeClient
from storepulse.destinations.tcp_stream import MOST_GATHERED, MOST_RECEIVED, TcpStream

#: Long enough for a busy machine.
PATIENCE = 30.0


async def post(client: SafeClient, url: str, content: bytes = b"x", **options: int) -> bytes:
    answer = await client.request("POST", url, content=content, timeout=PATIENCE, **options)
    return answer.body


async def test_as_many_connections_as_requests_side_by_side_and_no_more() -> None:
    together = asyncio.Barrier(5)

    async def answer(connection: Connection) -> None:
        async with asyncio.timeout(PATIENCE), together:
            await connection.send(OK.bytes_for("POST"))

    with Receiver(lambda _: answer) as server:
        async with SafeClient("private") as client:
            for _ in range(3):
                await asyncio.gather(*(post(client, server.url) for _ in range(5)))
    assert len(server.requests) == 15
    assert server.connections == 5


async def test_origins_share_no_connection(tmp_path: Path) -> None:
    """Not even where host and port are the same and the scheme is another one."""

    async def resolve(_host: str) -> list[str]:
        return ["127.0.0.1"]

    authority = Authority(tmp_path)
    with Receiver() as plain, Receiver(tls=authority.server("a.test")) as encrypted:
        async with SafeClient("private", resolve=resolve, tls=authority.client) as client:
            for _ in range(2):
                await post(client, f"http://localhost:{plain.port}/")
                await post(client, f"http://127.0.0.1:{plain.port}/")
                await post(client, f"https://a.test:{encrypted.port}/")
                with pytest.raises(RequestFailed) as failed:
                    await post(client, f"https://b.test:{encrypted.port}/")
                assert failed.value.kind == "tls"
    assert (plain.connections, len(plain.requests)) == (2, 4)
    assert len(encrypted.requests) == 2


async def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    closed = threading.Event()

    async def once(connection: Connection) -> None:
        await connection.send(Reply(200, b"ok").bytes_for("POST"))
        await connection.close()
        closed.set()

    with Receiver(lambda _: once) as server:
        async with SafeClient("private") as client:
            for _ in range(5):
                assert await post(client, server.url) == b"ok"
                # Blocks the loop too, so that nobody tells the client that its connection ended.
                assert closed.wait(PATIENCE)
                closed.clear()


async def test_an_answer_that_nobody_asked_for_is_given_to_nobody() -> None:
    answered, said = threading.Event(), threading.Event()

    async def twice(connection: Connection) -> None:
        await connection.send(Reply(200, b"a").bytes_for("POST"))
        assert await asyncio.to_thread(answered.wait, PATIENCE)
        answered.clear()
        await connection.send(Reply(200, b"b").bytes_for("POST"))
        said.set()
        await connection.wait_lost()

    with Receiver(lambda _: twice) as server:
        async with SafeClient("private") as client:
            for _ in range(3):
                assert await post(client, server.url) == b"a"
                answered.set()
                assert said.wait(PATIENCE)
                said.clear()


async def test_an_idle_connection_is_closed_when_its_time_is_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_client, "IDLE_SECONDS", 0.05)
    with Receiver() as idle, Receiver() as other:
        async with SafeClient("private") as client:
            await post(client, idle.url)
            await asyncio.sleep(0.1)
            # A request to anybody closes what idles for too long.
            await post(client, other.url)
            await wait_until_async(lambda: not idle.open, "closed", seconds=PATIENCE)


async def test_few_idle_connections_are_kept_and_the_last_used_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept_connections, "MOST_IDLE", 2)
    with Receiver() as a, Receiver() as b, Receiver() as c:
        async with SafeClient("private") as client:
            for server in (a, b, c, c, b, a):
                await post(client, server.url)
    assert (a.connections, b.connections, c.connections) == (2, 1, 1)


async def test_large_requests_and_answers_arrive_whole() -> None:
    sent = bytes(range(256)) * (8 * MOST_GATHERED // 256)
    with Receiver(lambda request: Reply(200, request.body)) as server:
        async with SafeClient("private") as client:
            for _ in range(2):
                got = await post(client, server.url, sent, limit=len(sent))
                assert got == sent
    assert server.connections == 1


async def test_a_receiver_that_answers_before_it_has_read_all() -> None:
    """It may have enough of a body that it does not want."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 413 No\r\ncontent-length: 3\r\n\r\nbig")
                done.wait(PATIENCE)

        done = threading.Event()
        thread = threading.Thread(target=refuse)
        thread.start()
        try:
            async with SafeClient("private") as client:
                url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
                answer = await client.request(
                    "POST", url, content=b"x" * 50_000_000, timeout=PATIENCE
                )
        finally:
            done.set()
            thread.join()
    assert (answer.status, answer.body) == (413, b"big")


async def test_what_a_server_pours_in_is_left_with_the_system() -> None:
    """Nobody reads while the first bytes are looked at: memory does not take it all."""

    head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n"
    pour = sending(chain([head], repeat(b"x" * 65_536)))
    with Receiver(lambda _: pour) as server:
        stream = await TcpStream.connect("127.0.0.1", server.port)
        await stream.write(b"GET / HTTP/1.1\r\n\r\n")
        first = await stream.read(10)
        await asyncio.sleep(0.3)
        held = len(stream._received)
        assert first == b"HTTP/1.1 2"
        # One read of the loop may go beyond it.
        assert held <= MOST_RECEIVED + 256 * 1024
        rest = 0
        while rest < 3_000_000:
            rest += len(await stream.read(65536))
        await stream.aclose()
