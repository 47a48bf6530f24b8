"""What the gateway passes on, as bytes, and what it holds while clients come, stall and go."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from tests.integration.access.conftest import Door, setting_up
from tests.support.query_stand_in import SMALL
from tests.support.query_stand_in import answer as stand_in
from tests.support.receiver import Receiver
from tests.support.services import running
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import new_key

KEY = new_key("secret")
SMALL_READ, LARGE_READ = "/api/delivery/stats", "/api/delivery/stats?large"


@pytest.fixture(scope="module")
def upstream() -> Iterator[Receiver]:
    with Receiver(stand_in) as opened:
        yield opened


@pytest.fixture(scope="module")
def door(upstream: Receiver, module_world: World) -> Iterator[Door]:
    settings = setting_up(module_world, "passing", query_port=upstream.port)
    with running("gateway", settings):
        opened = Door(settings.gateway_port)
        yield opened
        opened.close()


def request(target: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    head = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", f"X-Api-Key: {KEY}", *lines]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def exchange(port: int, sent: bytes) -> bytes:
    """What comes back until the server has nothing more to say."""
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.sendall(sent)
        received = b""
        while SMALL not in received and b"\r\n\r\n" not in received:
            data = sock.recv(65_536)
            if not data:
                break
            received += data
        return received


def passed(upstream: Receiver, port: int, sent: bytes) -> list[bytes]:
    """The lines of the head that arrives at the query service."""
    answer = exchange(port, sent)
    assert answer.startswith(b"HTTP/1.1 200"), answer
    arrived = upstream.requests[-1]
    fields = [name + b": " + value for name, value in arrived.fields]
    return [f"{arrived.method} {arrived.target} HTTP/1.1".encode("latin-1"), *fields]


def names(lines: list[bytes]) -> set[bytes]:
    return {line.partition(b":")[0].lower() for line in lines[1:]}


def test_the_target_arrives_byte_for_byte(upstream: Receiver, door: Door) -> None:
    target = "/api/landing-pages/b%C3%bccher%2C;a=b/stats?from=%zz&to=+%20%2f&&x=?/../a"
    lines = passed(upstream, door.port, request(target))
    assert lines[0] == f"GET {target} HTTP/1.1".encode()


def test_headers_arrive_but_for_those_of_one_hop(upstream: Receiver, door: Door) -> None:
    lines = passed(
        upstream,
        door.port,
        request(
            SMALL_READ, "X-Name: J\xf6rg", "Cookie: visitor=1", "Connection: keep-alive, X-Private",
            "X-Private: 1", "Keep-Alive: 5", "TE: trailers", "Proxy-Authorization: Basic eA==",
            "Accept-Language: de", "Upgrade: h2c", "Expect: 100-continue",
        ),
    )  # fmt: skip
    assert b"X-Name: J\xf6rg".lower() in [line.lower() for line in lines]
    assert {b"accept-language", b"x-api-key", b"host", b"x-request-id"} <= names(lines)
    assert not names(lines) & {
        b"cookie", b"x-private", b"keep-alive", b"te", b"proxy-authorization", b"upgrade",
        b"expect", b"x-forwarded-for", b"forwarded", b"via",
    }  # fmt: skip


def test_what_outsiders_say_about_forwarding_is_not_passed_on(
    upstream: Receiver, door: Door
) -> None:
    forged = (
        "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: localhost", "Forwarded: for=127.0.0.1",
        "X-Real-IP: 127.0.0.1", "Via: 1.1 x", "X-Forwarded-Proto: https",
    )  # fmt: skip
    for line in forged:
        lines = passed(upstream, door.port, request(SMALL_READ, line))
        found = [
            one for one in lines if one.lower().startswith((b"x-forw", b"forw", b"x-re", b"via"))
        ]
        said = [one for one in found if not one.lower().startswith(b"x-request-id")]
        assert len(said) == 1, lines
        assert said[0].lower().startswith(b"x-forwarded-for: 127.0.0.1")
    evil = request(SMALL_READ).replace(b"Host: 127.0.0.1", b"Host: evil.example")
    lines = passed(upstream, door.port, evil)
    assert b"x-forwarded-for" in names(lines)
    assert b"host: evil.example" in [line.lower() for line in lines]


def test_a_page_of_another_origin_does_not_look_local_behind_us(
    upstream: Receiver, door: Door
) -> None:
    lines = passed(upstream, door.port, request("/subjects", "Origin: https://evil.example"))
    assert b"x-forwarded-for" in names(lines)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_read_may_have_a_length_or_a_body(upstream: Receiver, door: Door, method: str) -> None:
    for lines, body in ((["Content-Length: 0"], b""), (["Content-Length: 2"], b"{}")):
        passed(upstream, door.port, request(SMALL_READ, *lines, method=method, body=body))
        assert upstream.requests[-1].body == body


def test_a_body_arrives_whole(upstream: Receiver, door: Door) -> None:
    chunked = request(
        "/api/dead-letters/discard", "Transfer-Encoding: chunked", "Content-Type: text/plain",
        method="POST", body=b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
    )  # fmt: skip
    lines = passed(upstream, door.port, chunked)
    assert upstream.requests[-1].body == b"abcdefg"
    assert b"transfer-encoding" not in names(lines)


def test_an_answer_keeps_no_hop_and_no_cookie_comes_back(upstream: Receiver, door: Door) -> None:
    answer = exchange(door.port, request(SMALL_READ + "?cookie")).lower()
    assert b"x-hop" not in answer
    lines = passed(upstream, door.port, request(SMALL_READ))
    assert b"cookie" not in names(lines)


def test_what_is_not_in_the_table_is_not_passed_on(upstream: Receiver, door: Door) -> None:
    before = len(upstream.requests)
    for method, path, status in (
        ("GET", "/api/nothing", 404), ("GET", "/", 404), ("GET", "/api/delivery/stats/", 404),
        ("GET", "/%61pi/delivery/stats", 404), ("GET", "/subjects/a%2Fversions", 404),
        ("PUT", "/api/delivery/stats", 405), ("DELETE", "/subjects", 405),
        ("TRACE", "/api/delivery/stats", 405),
    ):  # fmt: skip
        answer = exchange(door.port, request(path, method=method))
        assert answer.startswith(f"HTTP/1.1 {status}".encode()), (method, path, answer)
    assert len(upstream.requests) == before


def test_a_broken_answer_is_not_made_to_look_whole(upstream: Receiver, door: Door) -> None:
    with socket.create_connection(("127.0.0.1", door.port), 10) as sock:
        sock.sendall(request(SMALL_READ + "?broken"))
        received = b""
        while data := sock.recv(65_536):
            received += data
    assert received.startswith(b"HTTP/1.1 200")
    assert not received.endswith(SMALL)
    status, _, answer = door.ask("GET", SMALL_READ + "?closed", {"X-Api-Key": KEY})
    assert status == 502
    assert b'"code":"QUERY_FAILED"' in answer


def reads_work(port: int) -> None:
    for _ in range(5):
        began = time.monotonic()
        answer = exchange(port, request(SMALL_READ))
        assert answer.startswith(b"HTTP/1.1 200"), answer
        assert time.monotonic() - began < 5


def stalled(port: int, sent: bytes) -> socket.socket:
    """A client that sends, and never reads."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", port))
    sock.sendall(sent)
    return sock


def test_clients_that_do_not_read_leave_reads_working(upstream: Receiver, door: Door) -> None:
    clients = [stalled(door.port, request(LARGE_READ)) for _ in range(110)]
    try:
        wait_until(lambda: len(upstream.open) >= 110, "the large reads", seconds=20)
        reads_work(door.port)
    finally:
        for client in clients:
            client.close()
    wait_until(lambda: len(upstream.open) <= 33, "connections given back", seconds=20)
    reads_work(door.port)


def test_pipelined_reads_whose_clients_go_give_their_connections_back(
    upstream: Receiver, door: Door
) -> None:
    for _ in range(110):
        stalled(door.port, request(LARGE_READ) + request(SMALL_READ)).close()
    wait_until(lambda: len(upstream.open) <= 33, "connections given back", seconds=20)
    reads_work(door.port)


def test_a_client_that_goes_before_the_answer_gives_its_connection_back(
    upstream: Receiver, door: Door
) -> None:
    wait_until(lambda: len(upstream.open) <= 33, "calm", seconds=20)
    clients = [stalled(door.port, request(SMALL_READ + "?never")) for _ in range(60)]
    wait_until(lambda: len(upstream.open) >= 60, "the reads", seconds=20)
    for client in clients:
        client.close()
    wait_until(lambda: len(upstream.open) <= 33, "connections given back", seconds=20)
    reads_work(door.port)
