"""The receiver that integrators try out: what it takes, refuses and remembers."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from storepulse.demo.receiver import Conduct, Message, Receiver
from storepulse.domain.signing import new_secret, signature_header

SECRET, OTHER = new_secret(bytes(32)), new_secret(bytes([1]) * 32)
TWO = [{"type": "cart.add", "data": {"event_id": event_id}} for event_id in "ab"]
BODY = json.dumps({"type": "events.batch", "data": {"events": TWO}}).encode()


@pytest.fixture
def heard() -> list[Message]:
    return []


@pytest.fixture
def receiver(heard: list[Message]) -> Iterator[Receiver]:
    with Receiver(0, Conduct([SECRET]), heard.append) as listening:
        yield listening


def post(receiver: Receiver, body: bytes = BODY, secret: str = SECRET) -> int:
    now = int(time.time())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": signature_header([secret], "msg_1", now, body),
    }
    return httpx.post(receiver.url, content=body, headers=headers, timeout=30).status_code


def test_events_are_taken_and_repeats_are_told(receiver: Receiver, heard: list[Message]) -> None:
    assert [post(receiver), post(receiver)] == [204, 204]
    assert [list(message.repeated) for message in heard] == [[False, False], [True, True]]
    assert all(message.signed for message in heard)
    assert heard[0].message_id == "msg_1"


def test_another_secret_is_refused(receiver: Receiver, heard: list[Message]) -> None:
    assert post(receiver, secret=OTHER) == 401
    assert heard[0].fault == "webhook-signature: does not match any of the secrets"
    receiver.conduct.secrets = [OTHER, SECRET]
    assert post(receiver) == 204


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"[" * 9, b'{"type":"cart.add","data":{}}', b'{"type":"cart.add","data":[]}',
     b'{"type":"events.batch","data":{"events":"a"}}',
     b'{"type":"events.batch","data":{"events":[{}]}}',
     b'{"type":"events.batch","data":{"events":[4]}}'],
)  # fmt: skip
def test_what_is_no_request_of_ours_is_refused(
    receiver: Receiver, heard: list[Message], body: bytes
) -> None:
    assert post(receiver, body) == 400
    assert heard[0].fault


def test_a_failure_that_was_asked_for_is_no_effect(
    receiver: Receiver, heard: list[Message]
) -> None:
    receiver.conduct.fail = 503
    assert post(receiver) == 503
    receiver.conduct.fail = 0
    assert post(receiver) == 204
    assert [list(message.repeated) for message in heard] == [[False, False], [False, False]]


def dial(receiver: Receiver) -> socket.socket:
    """A bare connection, for what no HTTP client sends or sees."""
    host, _, port = receiver.url.removeprefix("http://").rstrip("/").partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_a_body_without_a_length_is_refused(receiver: Receiver) -> None:
    with dial(receiver) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1e9\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 411")


def test_who_stops_when_told_of_a_request_has_answered_it() -> None:
    told = threading.Event()

    def tell(_: Message) -> None:
        told.set()
        time.sleep(0.5)  # longer than the server takes to stop

    with Receiver(0, Conduct(), tell) as receiver:
        connection = dial(receiver)
        request = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
        connection.sendall(request + BODY)
        assert told.wait(30)
    with connection:
        connection.setblocking(False)  # an answer that is still to come is too late
        assert connection.recv(100).startswith(b"HTTP/1.1 204")
