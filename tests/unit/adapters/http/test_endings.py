"""How a connection ends: clients that end first, send ahead, do not read, or take too long."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
import weakref

import pytest
from tests.unit.adapters.http.serving import SMALL, Served, request, served, statuses

from storepulse.adapters.http.connection import PIECE_BYTES


@pytest.mark.parametrize("path", ["/direct", "/app"])
async def test_a_client_that_ends_its_side_gets_its_answers(path: str) -> None:
    async with served() as server:
        server.direct.held = path == "/direct"
        talking = asyncio.create_task(server.talk(request(path, b"abc"), request(path, b"abc")))
        if server.direct.held:
            await asyncio.sleep(0.1)
            server.direct.held = False
            for exchange in server.direct.waiting:
                server.direct.respond(exchange)
        assert statuses(await talking) == [200, 200]


async def test_a_client_that_ended_its_side_is_not_answered_for_ever() -> None:
    async with served() as server:
        began = time.monotonic()
        assert await server.talk(request("/stuck", method="GET")) == b""
        assert time.monotonic() - began >= SMALL.ended_seconds
        await asyncio.wait_for(server.application.has_left.wait(), 10)


async def test_a_client_that_ends_within_a_request_is_let_go() -> None:
    async with served() as server:
        for part in (b"", b"POST", request(body=b"abc")[:-1], request("/app", b"abc")[:-1]):
            assert await server.talk(part) == b""


async def test_requests_sent_ahead_wait_as_bytes() -> None:
    async with served() as server:
        server.direct.held = True
        reader, writer = await server.connect()
        writer.write(request(body=b"first") * 20_000)
        await asyncio.sleep(0.3)
        (connection,) = server.server._connections
        assert len(server.direct.bodies) == 1
        assert len(connection._queue) <= PIECE_BYTES // len(request(body=b"first")) + 1
        assert len(connection._unparsed) < 600_000
        assert not connection._transport.is_reading()
        server.direct.held = False
        server.direct.respond(server.direct.waiting[0])
        received = b""
        async with asyncio.timeout(20):
            while received.count(b"direct 5") < 20_000:
                received += (piece := await reader.read(1 << 20))
                assert piece, "closed before everything was answered"
        writer.close()


async def test_answers_that_are_not_read_stop_the_reading_and_then_the_connection() -> None:
    async with served() as server:
        sock = socket.create_connection(("127.0.0.1", server.port))
        sock.setblocking(False)
        one, sent, began = request(body=b"a") * 100, 0, time.monotonic()
        with pytest.raises(OSError, match=r"reset|Broken pipe"):  # noqa: PT012 - until it is cut
            while time.monotonic() - began < 15:
                try:
                    sent += sock.send(one)
                except BlockingIOError:
                    await asyncio.sleep(0.05)
        sock.close()
        assert sent < 60_000_000
        assert time.monotonic() - began >= SMALL.write_seconds


async def test_a_stream_that_is_not_read_is_ended_for_its_application() -> None:
    async with served() as server:
        sock = socket.create_connection(("127.0.0.1", server.port))
        sock.sendall(request("/large", method="GET"))
        await asyncio.wait_for(server.application.has_left.wait(), 10)
        sock.close()
    assert server.application.left == ["/large"]


@pytest.mark.parametrize("path", ["/large", "/stuck"])
async def test_an_application_is_told_of_a_client_that_left(path: str) -> None:
    async with served() as server:
        sock = socket.create_connection(("127.0.0.1", server.port))
        sock.sendall(request(path, method="GET"))
        await asyncio.sleep(0.05)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()
        await asyncio.wait_for(server.application.has_left.wait(), 10)
    assert server.application.left == [path]


@pytest.mark.parametrize(
    ("part", "status"),
    [(b"GET /app HTT", 408), (request(body=b"abc")[:-1], 408), (request("/app", b"abc")[:-1], 408),
     (b"", None)],
)  # fmt: skip
async def test_a_client_that_takes_too_long_is_told(part: bytes, status: int | None) -> None:
    async with served() as server:
        received = await server.talk(part, end=False)
    assert statuses(received) == ([] if status is None else [status])
    assert b"TIMEOUT" in received or status is None


async def test_a_trickle_does_not_win_time() -> None:
    async with served() as server:
        reader, writer = await server.connect()
        reading = asyncio.create_task(reader.read())
        for byte in request("/app", method="GET"):
            writer.write(bytes((byte,)))
            await asyncio.sleep(0.05)
            if reading.done():
                break
        assert statuses(await reading) == [408]
        writer.close()


async def test_an_idle_connection_is_closed() -> None:
    async with served() as server:
        began = time.monotonic()
        received = await server.talk(request(body=b"abc"), end=False)
    assert statuses(received) == [200]
    assert time.monotonic() - began >= SMALL.keep_alive_seconds - 0.1


@pytest.mark.parametrize("path", ["/direct", "/app"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_refused_and_the_client_can_read_why(
    path: str, chunked: bool
) -> None:
    size = SMALL.body_bytes + 1
    whole = request(path, b"a" * size)
    if chunked:
        whole = (
            b"POST %b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"%x\r\n%b\r\n0\r\n\r\n"
        ) % (path.encode(), size, b"a" * size)
    async with served() as server:
        received = await server.talk(whole, end=False)
    assert statuses(received) == [413]
    assert not server.direct.bodies


async def test_a_body_that_never_ends_is_cut_off() -> None:
    async with served() as server:
        sock = socket.create_connection(("127.0.0.1", server.port))
        sock.sendall(b"POST /app HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent = 0
        with pytest.raises(OSError, match=r"reset|Broken pipe"):  # noqa: PT012 - until it is cut
            while sent < 100_000_000:
                await asyncio.to_thread(sock.sendall, b"10000\r\n" + b"a" * 65_536 + b"\r\n")
                sent += 65_536
        sock.close()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /" + b"a" * 8_200 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /" + b"a" * 200_000, 414),
        (b"GET /app HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 33_000 + b"\r\n\r\n", 431),
        (b"GET /app HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 1_000_000, 431),
        (b"GET /app HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 101 + b"\r\n", 431),
        (b"GET /app HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 100_000, 431),
    ],
)
async def test_a_head_over_its_limits_is_refused(head: bytes, status: int) -> None:
    async with served() as server:
        received = await server.talk(head, end=False)
    assert statuses(received) == [status]
    assert not server.application.paths


async def test_the_application_reads_a_body_no_faster_than_it_can() -> None:
    async with served() as server:
        received = await server.talk(request("/slow", b"a" * 100_000))
    assert b"POST /slow 100000" in received
    assert server.application.largest_part <= SMALL.buffered_bytes + 2 * PIECE_BYTES


async def test_an_answer_before_the_body_ends_the_connection() -> None:
    async with served() as server:
        received = await server.talk(request("/early", b"a" * 50_000)[:-10_000], end=False)
    assert statuses(received) == [401]
    assert b"connection: close" in received


@pytest.mark.parametrize("path", ["/direct", "/app", "/early", "/direct?refused"])
async def test_100_continue_is_said_where_the_body_is_wanted(path: str) -> None:
    async with served() as server:
        reader, writer = await server.connect()
        writer.write(request(path, b"abc", Expect="100-continue")[:-3])
        first = await reader.readuntil(b"\r\n\r\n")
        is_refused = path in ("/early", "/direct?refused")
        assert first.startswith(b"HTTP/1.1 401" if is_refused else b"HTTP/1.1 100")
        if not is_refused:
            writer.write(b"abc")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_100_continue_is_not_said_to_a_body_over_the_limit() -> None:
    head = request("/direct", b"", Expect="100-continue").replace(
        b"Content-Length: 0", b"Content-Length: 1000000"
    )
    for path in (b"/direct", b"/app"):
        async with served() as server:
            assert statuses(await server.talk(head.replace(b"/direct", path))) == [413]


@pytest.mark.parametrize("path", ["/direct", "/app"])
@pytest.mark.parametrize("expected", ["200-ok", "100-continue, 200-ok", "x"])
async def test_other_expectations_are_refused_before_the_body(path: str, expected: str) -> None:
    async with served() as server:
        reader, writer = await server.connect()
        writer.write(request(path, b"abc", Expect=expected)[:-3])
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 417")
        writer.close()


async def test_a_bug_is_answered_and_logged(capfd: pytest.CaptureFixture[str]) -> None:
    async with served() as server:
        received = await server.talk(request("/broken", method="GET") + request(body=b"a"))
    assert statuses(received) == [500, 200]
    assert "a bug" in "".join(capfd.readouterr())


async def test_head_has_no_body() -> None:
    async with served() as server:
        received = await server.talk(request("/app", method="HEAD") + request(body=b"a"))
    assert statuses(received) == [200, 200]
    assert b"HEAD /app" not in received


async def test_a_stream_is_chunked_and_a_client_of_1_0_gets_it_bare() -> None:
    async with served() as server:
        chunked = await server.talk(request("/large", method="GET"))
        bare = await server.talk(b"GET /large HTTP/1.0\r\n\r\n", end=False)
    assert chunked.endswith(b"\r\n0\r\n\r\n")
    assert chunked.count(b"10000\r\n") == 200
    assert bare.partition(b"\r\n\r\n")[2] == b"x" * 65_536 * 200


async def _bodies_kept(server: Served) -> int:
    return sum(
        len(connection._unparsed) + len(connection._parser._url) + len(connection._parser._headers)
        for connection in server.server._connections
    )


async def test_nothing_of_a_request_is_kept_behind_its_answer() -> None:
    async with served() as server:
        clients = [await server.connect() for _ in range(20)]
        for reader, writer in clients:
            writer.write(request("/direct", b"a" * 90_000, X_Long="b" * 20_000))
            await reader.readuntil(b"direct 90000")
        assert await _bodies_kept(server) == 0
        for connection in server.server._connections:
            assert connection._current is connection._intake.exchange is None
        for _, writer in clients:
            writer.close()


async def test_a_server_that_stops_finishes_what_it_began() -> None:
    async with served() as server:
        server.direct.held = True
        talking = asyncio.create_task(server.talk(request(body=b"abc"), end=False))
        idle = asyncio.create_task(server.talk(b"", end=False))
        await asyncio.sleep(0.1)
        server.stop.set()
        assert await idle == b""
        await asyncio.sleep(0.1)
        server.direct.respond(server.direct.waiting[0])
        received = await talking
    assert statuses(received) == [200]
    assert b"connection: close" in received


async def test_connections_above_the_limit_are_not_taken() -> None:
    from dataclasses import replace

    async with served(replace(SMALL, connections=2)) as server:
        first, second = [await server.connect() for _ in range(2)]
        await asyncio.sleep(0.05)
        reader, writer = await server.connect()
        with pytest.raises(ConnectionError):  # noqa: PT012 - reset, or closed
            if await reader.read() == b"":
                raise ConnectionResetError
        for _, open_one in (first, second):
            open_one.write(request(body=b"abc"))
        assert b"200" in await first[0].readuntil(b"\r\n")
        for one in (writer, first[1], second[1]):
            one.close()


@pytest.mark.parametrize("left", [90_000, 1], ids=["head", "body"])
async def test_nothing_is_kept_of_a_client_that_left(left: int) -> None:
    part = request("/direct", b"a" * 90_000)[:-left]
    gc.collect()
    gc.disable()
    try:
        async with served() as server:
            _, writer = await server.connect()
            writer.write(part)
            await asyncio.sleep(0.1)
            (connection,) = map(weakref.ref, server.server._connections)
            writer.transport.abort()
            await asyncio.sleep(0.1)
            assert connection() is None
    finally:
        gc.enable()
