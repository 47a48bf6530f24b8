"""The load generator counts only what was accepted, and its own waiting into the latency."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.load import Tally, complete, fire, quantile

ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\n\r\n%b"
ACCEPTED = b'{"status":"accepted","accepted":1,"ids":["x"]}'
REQUEST = b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n"


def answer(body: bytes, head: bytes = ANSWER) -> bytes:
    return head % (len(body), body)


@contextmanager
def server(reply: bytes, pause: float = 0.0) -> Iterator[int]:
    """Answers each request on each connection with the same bytes, in two pieces."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            while connection.recv(65_536):
                time.sleep(pause)
                connection.sendall(reply[:20])
                connection.sendall(reply[20:])

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def test_accepted_events_are_counted() -> None:
    with server(answer(ACCEPTED)) as port:
        tally, took = fire(port, [REQUEST], 1, 0.2, 2, 0.0)
    assert tally.accepted == tally.requests == len(tally.latencies) > 0
    assert not tally.refused
    assert 0.2 <= took < 5


def test_refusals_and_partly_accepted_batches_do_not_count() -> None:
    refused = answer(b"{}", b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: %d\r\n\r\n%b")
    with server(refused) as port:
        tally, _ = fire(port, [REQUEST], 1, 0.1, 1, 0.0)
    assert tally.accepted == 0
    assert tally.refused["429"] == tally.requests > 0
    tally = Tally()
    tally.take(answer(b'{"status":"accepted","accepted":49,"ids":[]}'), 50, 0.001)
    tally.take(answer(b'{"status":"accepted","accepted":500,"ids":[]}'), 50, 0.001)
    assert tally.accepted == 0


def test_a_slow_server_is_seen_at_a_fixed_rate() -> None:
    # 100 requests/s fall due, one connection can have 20: the last ones wait for most of the run.
    with server(answer(ACCEPTED), pause=0.05) as port:
        tally, _ = fire(port, [REQUEST], 1, 0.5, 1, 100.0)
    assert tally.accepted == tally.requests
    assert max(tally.latencies) > 0.2


def test_a_fixed_rate_is_kept() -> None:
    with server(answer(ACCEPTED)) as port:
        tally, _ = fire(port, [REQUEST], 1, 0.5, 4, 60.0)
    assert 25 <= tally.requests <= 31


def test_an_answer_is_complete_with_its_last_byte() -> None:
    whole = answer(ACCEPTED)
    assert complete(whole)
    assert complete(whole.replace(b"Content-Length", b"content-length"))
    assert not complete(whole[:-1])
    assert not complete(whole[:30])


def test_quantiles_of_sorted_values() -> None:
    values = [float(n) for n in range(100)]
    assert [quantile(values, share) for share in (0.5, 0.99, 1.0)] == [50.0, 99.0, 99.0]
    assert quantile([], 0.5) == 0.0
