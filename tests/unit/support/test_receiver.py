"""The receiver of the tests: what it keeps, and that no error of an answer is lost."""

from __future__ import annotations

import socket
from itertools import chain, repeat

import httpx
import pytest
from tests.support import behaviours
from tests.support.http_messages import Reply, Request
from tests.support.receiver import Answer, Behaviour, Connection, Receiver, refusing_url
from tests.support.waiting import wait_until


def test_requests_are_kept_and_answered() -> None:
    with Receiver(lambda r: Reply(201, {"got": r.json}, {"x-own": "1"})) as receiver:
        answer = httpx.post(f"{receiver.url}/a/b?c=d", json=[1], headers={"X-Own": b"\xe9"})
    assert (answer.status_code, answer.json(), answer.headers["x-own"]) == (201, {"got": [1]}, "1")
    (request,) = receiver.requests
    assert (request.method, request.path, request.query) == ("POST", "/a/b", {"c": "d"})
    assert (b"X-Own", b"\xe9") in request.fields
    assert (receiver.connections, receiver.open) == (1, set())


def ask_in_vain(answer: Answer) -> None:
    with Receiver(answer) as receiver, pytest.raises(httpx.TransportError):
        httpx.get(receiver.url)


def test_an_answer_that_fails_fails_the_test() -> None:
    def answer(_: Request) -> Reply:
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        ask_in_vain(answer)


def test_a_behaviour_that_fails_fails_the_test() -> None:
    async def behave(_: Connection) -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        ask_in_vain(lambda _: behave)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (behaviours.hang_up, httpx.RemoteProtocolError),
        (behaviours.sending([b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", b"a"]),
         httpx.RemoteProtocolError),
        (behaviours.hang, httpx.ReadTimeout),
        (Reply(after=None), httpx.ReadTimeout),
    ],
)  # fmt: skip
def test_connections_misbehave(answer: Reply | Behaviour, error: type[Exception]) -> None:
    with Receiver(lambda _: answer) as receiver, pytest.raises(error):
        httpx.get(receiver.url, timeout=0.2)


def test_what_is_no_http_is_answered_400() -> None:
    with Receiver() as receiver, socket.create_connection(("127.0.0.1", receiver.port)) as sock:
        sock.sendall(b"\x16\x03\x01\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 400 ")
    assert receiver.requests == []


def test_nobody_listens_at_a_refusing_url() -> None:
    with refusing_url() as url, pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_what_is_sent_without_end_ends_with_the_client() -> None:
    endless = behaviours.sending(chain([b"HTTP/1.1 200 OK\r\n\r\n"], repeat(b"x" * 65_536)))
    with Receiver(lambda _: endless) as receiver:
        with httpx.stream("GET", receiver.url) as answer:
            assert next(answer.iter_bytes(10)) == b"x" * 10
        wait_until(lambda: not receiver.open, "the client's end", seconds=10)
    assert receiver.connections == 1


def test_nothing_is_sent_on_a_connection_that_was_lost_in_this_turn_of_the_loop() -> None:
    async def lose(connection: Connection) -> None:
        connection.transport.abort()
        while True:
            await connection.send(b"x")

    ask_in_vain(lambda _: lose)
