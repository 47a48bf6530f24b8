"""Connections that are kept between requests: for whom, how many, how long, and what ends one."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from pathlib import Path

import aiohttp
import psutil
import pytest
from tests.support.certificates import Authority
from tests.support.http_messages import OK, Reply
from tests.support.receiver import Connection, Receiver
from tests.support.waiting import wait_until_async

from storepulse.destinations.http import client as client_module
from storepulse.destinations.http.client import ONE_PIECE, SafeClient
from storepulse.destinations.http.connections import IdleConnections, JudgedConnector
from storepulse.destinations.http.failures import RequestFailed

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
    monkeypatch.setattr(client_module, "IDLE_SECONDS", 0.05)
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
    monkeypatch.setattr(client_module, "MOST_IDLE", 2)
    with Receiver() as a, Receiver() as b, Receiver() as c:
        async with SafeClient("private") as client:
            for server in (a, b, c, c, b, a):
                await post(client, server.url)
    assert (a.connections, b.connections, c.connections) == (2, 1, 1)


async def test_large_requests_and_answers_arrive_whole() -> None:
    sent = bytes(range(256)) * (8 * ONE_PIECE // 256)
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
    """Nobody reads while the head is looked at: memory does not take it all."""
    poured = 0

    async def pour(connection: Connection) -> None:
        nonlocal poured
        own = connection.transport.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        await connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n")
        while True:
            await connection.send(b"x" * 65_536)
            poured += 65_536

    async def resolve(_host: str) -> list[str]:
        raise AssertionError("a literal needs no name server")

    connector = JudgedConnector(
        resolve,
        lambda _: None,
        IdleConnections(1),
        tls=ssl.create_default_context(),
        idle_seconds=PATIENCE,
    )
    with Receiver(lambda _: pour) as server:
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get(server.url) as response,
        ):
            before = -1
            while poured > before:
                before = poured
                await asyncio.sleep(0.3)
            # The system's own buffers, and a few reads of ours.
            assert before < 16_000_000
            read = 0
            while read < 3_000_000:
                read += len(await response.content.readany())


async def test_a_connection_is_closed_though_its_server_reads_nothing() -> None:
    """What waits to be sent goes with it; nothing is held until the server takes it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        async with SafeClient("private") as client:
            url = f"http://127.0.0.1:{port}/"
            with pytest.raises(RequestFailed, match="timeout"):
                await client.request("POST", url, content=b"x" * 20_000_000, timeout=0.5)
            await asyncio.sleep(0.1)
            held = [
                connection
                for connection in psutil.Process().net_connections("tcp")
                if connection.raddr and connection.raddr.port == port
            ]
    assert held == []


async def test_what_arrives_between_requests_ends_a_connection() -> None:
    """The loop reads it meanwhile, so that it waits in aiohttp's own buffers."""
    speak = threading.Event()

    async def twice(connection: Connection) -> None:
        await connection.send(Reply(200, b"a").bytes_for("POST"))
        assert await asyncio.to_thread(speak.wait, PATIENCE)
        speak.clear()
        await connection.send(Reply(200, b"b").bytes_for("POST"))
        await connection.wait_lost()

    with Receiver(lambda _: twice) as server:
        async with SafeClient("private") as client:
            for _ in range(3):
                assert await post(client, server.url) == b"a"
                speak.set()
                await asyncio.sleep(0.2)


async def test_cookies_of_a_server_are_not_sent_back() -> None:
    with Receiver(lambda _: Reply(headers={"set-cookie": "a=1; Path=/"})) as server:
        async with SafeClient("private") as client:
            for _ in range(2):
                await post(client, server.url)
    assert all("cookie" not in request.headers for request in server.requests)
