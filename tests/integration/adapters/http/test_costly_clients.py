"""Clients that send ahead, do not read, or never finish: what they cost stays small, and goes."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import time
from collections.abc import Iterator

import pytest
from tests.integration.adapters.http.conftest import Pair
from tests.integration.gateway.wire import (
    CARTS,
    CLICK,
    HEATMAP,
    HEATMAP_BATCH,
    connect,
    get,
    head,
    post,
    raw,
    read_answer,
)
from tests.support.waiting import wait_until

CLICKED = json.dumps(CLICK).encode()
#: What memory may grow to, once the first requests of every kind have been served.
GROWTH = 1.5


@contextlib.contextmanager
def bounded_memory(pair: Pair) -> Iterator[None]:
    """Neither service keeps more than it may of what the block did."""
    before = pair.memory
    yield
    wait_until(
        lambda: all(now <= before[name] * GROWTH for name, now in pair.memory.items()),
        lambda: f"memory of {before}, not {pair.memory}",
        seconds=15,
    )


@pytest.fixture(autouse=True, scope="module")
def warm(pair: Pair) -> None:
    batch = json.dumps({"events": [CLICK] * 500}).encode()
    for _ in range(30):
        assert post(pair.ports[0], HEATMAP_BATCH, batch).status == 202
        for port in pair.ports:
            assert get(port, "/metrics").status == 200


@pytest.mark.parametrize("path", [HEATMAP, CARTS])
def test_a_client_that_sends_and_never_reads_is_not_read_on(pair: Pair, path: str) -> None:
    port = pair.ports[0]
    body = CLICKED if path == HEATMAP else b'{"storeName":"a"}'
    ahead = (head(path, len(body)) + body) * 2_000
    with bounded_memory(pair), connect(port) as sock:
        sock.settimeout(1)
        with pytest.raises(TimeoutError):
            sock.sendall(ahead * 60)
        assert max(pair.memory.values()) < 400_000_000


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/openapi.json", "/nowhere"])
def test_so_it_is_with_every_other_path(pair: Pair, port: int, path: str) -> None:
    with bounded_memory(pair), connect(port) as sock:
        sock.settimeout(1)
        # Where it takes longer than the service waits for its reader, the connection is ended.
        with pytest.raises((TimeoutError, ConnectionError)):
            sock.sendall(head(path, None, "GET") * 240_000)


def test_bodies_are_let_go_with_their_answers(pair: Pair) -> None:
    padded = json.dumps({**CLICK, "selector": "a" * 500}).encode()
    body = json.dumps({"events": [json.loads(padded)] * 320}).encode()
    assert 200_000 < len(body) < 262_144
    before = pair.memory["gateway"]
    with contextlib.ExitStack() as open_ones:
        for _ in range(600):
            sock = open_ones.enter_context(connect(pair.ports[0]))
            sock.sendall(head(HEATMAP_BATCH, len(body)) + body)
            assert read_answer(sock)[0].status == 202
        assert pair.memory["gateway"] < before * GROWTH


def test_reads_passed_on_are_given_back_whatever_the_client_does(pair: Pair) -> None:
    port, prefix = pair.ports[0], pair.gateway.settings.topic_prefix
    subject = f"/subjects/{prefix}events.activity.v1-value/versions"
    large, small = head(f"{subject}/1", None, "GET"), head(subject, None, "GET")
    assert raw(port, large).status == raw(port, small).status == 200
    with bounded_memory(pair), contextlib.ExitStack() as open_ones:
        for _ in range(110):
            with connect(port) as sock:
                sock.sendall(large + small)
        for _ in range(110):
            sock = open_ones.enter_context(connect(port))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            sock.sendall(large * 40)
        for _ in range(5):
            assert raw(port, small).status == 200


def test_no_text_of_a_client_takes_time_or_stays(pair: Pair) -> None:
    for number in range(40):
        agent = f"{number} " + "electron/" * 28_000
        body = gzip.compress(json.dumps({**CLICK, "user_agent": agent}).encode())
        assert len(body) < 2_000
        with bounded_memory(pair):
            began = time.monotonic()
            answer = post(pair.ports[0], HEATMAP, body, Content_Encoding="gzip")
            assert time.monotonic() - began < 1
        assert answer.status == 202
        in_header = {"User_Agent": agent[:30_000]}
        assert post(pair.ports[0], HEATMAP, CLICKED, **in_header).status == 202


def test_half_a_head_is_waited_for_only_so_long(pair: Pair, port: int) -> None:
    with bounded_memory(pair):
        connections = [connect(port, 10) for _ in range(300)]
        for sock in connections:
            sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        for sock in connections:
            assert read_answer(sock)[0].status == 408
            sock.close()


@pytest.mark.parametrize("size", [1_000_000, 150_000_000])
def test_large_headers_are_refused(pair: Pair, port: int, size: int) -> None:
    with bounded_memory(pair), connect(port) as sock:
        sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Large: ")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < size:
                sock.sendall(b"a" * 100_000)
                sent += 100_000
        assert sent < size or size == 1_000_000
        if size == 1_000_000:
            assert read_answer(sock)[0].status == 431


@pytest.mark.parametrize("path", ["/api/dead-letters/discard", "/api/destinations", "/nowhere"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_refused_before_it_is_read(
    pair: Pair, port: int, path: str, chunked: bool
) -> None:
    length = {"Transfer_Encoding": "chunked"} if chunked else {"Content_Length": "300000000"}
    part = b"100000\r\n" + b"a" * 0x100000 + b"\r\n" if chunked else b"a" * 0x100000
    sent = 0
    with bounded_memory(pair), connect(port) as sock:
        sock.sendall(head(path, None, **length))
        with contextlib.suppress(ConnectionError):
            while sent < 300:
                sock.sendall(part)
                sent += 1
        assert sent < 30
        with contextlib.suppress(ConnectionError):
            assert read_answer(sock)[0].status in (401, 404, 405, 413)


@pytest.mark.parametrize("path", ["/api/dead-letters/discard", "/api/destinations"])
def test_a_client_without_a_key_is_told_before_its_body(pair: Pair, port: int, path: str) -> None:
    answer = raw(port, head(path, 200_000))
    assert (answer.status, answer.json["status"]) == (401, "error")


def test_nothing_of_it_was_a_bug(pair: Pair) -> None:
    for service in (pair.gateway, pair.query):
        assert "Traceback" not in service.log.read_text()
    with socket.create_connection(("127.0.0.1", pair.ports[0])) as sock:
        sock.sendall(head(HEATMAP, len(CLICKED)) + CLICKED)
        assert read_answer(sock)[0].status == 202
