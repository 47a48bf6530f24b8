"""Requests that break HTTP's rules or ask for what is not there, numbered as in the specification.

Heads, types, encodings, slow and long requests, methods and paths; test_bad_input has the bodies.
"""

from __future__ import annotations

import gzip
import json
import time

import pytest
from tests.integration.gateway.wire import (
    CARTS,
    CLICK,
    HEATMAP,
    check_no_failure,
    connect,
    get,
    head,
    post,
    raw,
    read_answer,
)
from tests.support.services import Service

GOOD = gzip.compress(json.dumps(CLICK).encode())

HEADER_CASES = {
    "30 length and chunked": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "30 two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    "30 chunked is not last": b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "31 bare CR": b"X-A: a\rb\r\nContent-Length: 0\r\n\r\n",
    "31 bare LF": b"X-A: a\nb\r\nContent-Length: 0\r\n\r\n",
    "31 NUL": b"X-A: a\0b\r\nContent-Length: 0\r\n\r\n",
    "folded header": b"X-A: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "negative length": b"Content-Length: -1\r\n\r\n",
    "no header name": b": a\r\n\r\n",
}


@pytest.mark.parametrize("rest", HEADER_CASES.values(), ids=HEADER_CASES)
def test_30_31_broken_heads_are_refused_and_the_connection_closed(port: int, rest: bytes) -> None:
    with connect(port) as sock:
        sock.sendall(b"POST " + HEATMAP.encode() + b" HTTP/1.1\r\nHost: a\r\n" + rest)
        answer, _ = read_answer(sock)
        assert answer.status == 400
        assert answer.json["status"] == "error"
        assert sock.recv(10) == b""


@pytest.mark.parametrize(
    "content_type",
    ["application/xml", "multipart/form-data; boundary=a", "application/json; charset=utf-16", "x"],
)
def test_40_unknown_content_types_are_refused(port: int, content_type: str) -> None:
    assert post(port, HEATMAP, CLICK, Content_Type=content_type).status == 415


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/json; charset=utf-8",
        "Application/JSON",
    ],
)
def test_beacons_as_text_are_accepted(port: int, content_type: str) -> None:
    assert post(port, HEATMAP, CLICK, Content_Type=content_type).status == 202


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "deflate"])
def test_41_other_encodings_are_refused(port: int, encoding: str) -> None:
    assert post(port, HEATMAP, GOOD, Content_Encoding=encoding).status == 415


@pytest.mark.parametrize(
    ("start", "drip"),
    [
        (b"POST /api/heatmap/track HTTP/1.1\r\nHost: a\r\nX-A: ", b"a"),
        (head(HEATMAP, 1000), b" "),
    ],
    ids=["42 slow headers", "43 slow body"],
)
def test_42_43_slow_requests_end_with_408(port: int, start: bytes, drip: bytes) -> None:
    with connect(port) as sock:
        sock.sendall(start)
        sock.settimeout(0.3)
        began = time.monotonic()
        received = b""
        while time.monotonic() - began < 5:
            try:
                sock.sendall(drip)
                received = sock.recv(65_536)
                break
            except TimeoutError:
                continue
        assert received.startswith(b"HTTP/1.1 408 ")
        assert json.loads(received.partition(b"\r\n\r\n")[2])["error"] == "Request Timeout"


def test_42_a_connection_that_says_nothing_is_closed(port: int) -> None:
    with connect(port, 5) as sock:
        assert sock.recv(10) == b""


def test_44_a_long_url_is_refused(port: int) -> None:
    assert raw(port, head(HEATMAP + "?a=" + "b" * 9000, 0)).status == 414
    with connect(port) as sock:
        sock.sendall(b"GET /" + b"a" * 20_000)
        assert read_answer(sock)[0].status == 414


def test_45_huge_headers_are_refused(port: int) -> None:
    assert raw(port, head(HEATMAP, 0, X_Large="a" * 40_000)).status == 431
    assert raw(port, head(HEATMAP, 0, **{f"X-{n}": "a" for n in range(101)})).status == 431
    for headers in (80, 81):  # in pieces, each far below the limit
        piece, status = "a" * 400, 431 if headers > 80 else 400
        request = head(HEATMAP, 2, **{f"X-{n:02}": piece for n in range(headers)}) + b"{}"
        with connect(port) as sock:
            for at in range(0, len(request), 5_000):
                sock.sendall(request[at : at + 5_000])
                time.sleep(0.002)
            assert read_answer(sock)[0].status == status
    with connect(port) as sock:  # one header that never ends
        sock.sendall(b"POST /collect HTTP/1.1\r\nX-A: ")
        try:
            for _ in range(50):
                sock.sendall(b"a" * 10_000)
        except (BrokenPipeError, ConnectionResetError):
            return
        assert read_answer(sock)[0].status == 431


def test_51_wrong_methods_are_refused(port: int) -> None:
    for method, path in (
        ("GET", HEATMAP),
        ("DELETE", CARTS),
        ("PUT", "/collect"),
        ("POST", "/healthz"),
    ):
        answer = get(port, path, method)
        assert answer.status == 405
        assert answer.headers["allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api/heatmap/track/",
        "/api/%2e%2e/heatmap/track",
        "/..%2fapi/heatmap/track",
        "/api/../api/heatmap/track",
        "/%00",
        "/api/heatmap%2ftrack",
    ],
)
def test_52_other_paths_are_not_found(port: int, path: str) -> None:
    assert post(port, path, CLICK).status == 404
    assert get(port, path).status == 404


def test_nothing_was_answered_500(gateway: Service, port: int) -> None:
    """Runs last in this file: the counters of everything above."""
    check_no_failure(gateway, port)
