"""Requests as other people's clients and proxies send them, to both services."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from tests.integration.adapters.http.conftest import Pair
from tests.integration.gateway.wire import (
    CART,
    CARTS,
    CLICK,
    HEATMAP,
    connect,
    head,
    raw,
    read_answer,
)

#: As the JDK's HttpClient sends it by default.
H2C = {
    "Connection": "Upgrade, HTTP2-Settings",
    "HTTP2-Settings": "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    "Upgrade": "h2c",
    "User-Agent": "Java-http-client/17.0.15",
}


def question(pair: Pair, port: int, **fields: str) -> bytes:
    """A POST with a body that the service at `port` answers 200."""
    if port == pair.gateway.settings.gateway_port:
        body = json.dumps(CART).encode()
        return head(CARTS, len(body), **fields) + body
    body = json.dumps({"all": True, "dry_run": True}).encode()
    fields = {"Authorization": f"Bearer {pair.key}", **fields}
    return head("/api/dead-letters/replay", len(body), **fields) + body


@pytest.mark.parametrize("pause", [False, True])
def test_an_offer_to_upgrade_is_passed_over(pair: Pair, port: int, pause: bool) -> None:
    asked = question(pair, port, **H2C)
    behind = question(pair, port)
    with connect(port) as sock:
        if pause:
            top, _, body = asked.partition(b"\r\n\r\n")
            sock.sendall(top + b"\r\n\r\n")
            sock.settimeout(0.2)
            with pytest.raises(TimeoutError):
                sock.recv(1)
            sock.settimeout(15)
            sock.sendall(body)
        else:
            sock.sendall(asked)
        first, rest = read_answer(sock)
        sock.sendall(behind)
        second, _ = read_answer(sock, rest)
    assert (first.status, second.status) == (200, 200), first.body


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is another client, not a server")
def test_curl_offers_http_2(pair: Pair) -> None:
    url = f"http://127.0.0.1:{pair.ports[0]}{HEATMAP}"
    command = ["curl", "--http2", "-sS", "-w", " %{http_code}", "-H", "Content-Type: text/plain"]
    done = subprocess.run(
        [*command, "-d", json.dumps(CLICK), url], capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith(" 202"), done


def test_absolute_form_is_served(pair: Pair, port: int) -> None:
    asked = question(pair, port)
    method, path, version = asked.split(b"\r\n", 1)[0].split(b" ")
    absolute = b"%b http://127.0.0.1:%d%b %b" % (method, port, path, version)
    assert raw(port, asked.replace(method + b" " + path + b" " + version, absolute)).status == 200


@pytest.mark.parametrize("path", ["//api/cart-tracking/track", "//healthz", "/healthz//"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_doubled_slashes_are_another_path(port: int, path: str, method: str) -> None:
    answer = raw(port, head(path, 0 if method == "POST" else None, method))
    assert (answer.status, answer.json["code"]) == (404, "NOT_FOUND")
    assert answer.json["status"] == "error"


def test_a_client_that_closes_its_writing_side_is_answered(pair: Pair, port: int) -> None:
    with connect(port) as sock:
        sock.sendall(question(pair, port) * 2)
        sock.shutdown(1)
        first, rest = read_answer(sock)
        second, _ = read_answer(sock, rest)
        assert sock.recv(1) == b""
    assert (first.status, second.status) == (200, 200)


@pytest.mark.parametrize(
    "change",
    [
        (b"Host: 127.0.0.1\r\n", b""),
        (b"Host: 127.0.0.1\r\n", b"Host: 127.0.0.1\r\nHost: 127.0.0.1\r\n"),
        (b"Host: 127.0.0.1\r\n", b"Host: 127.0.0.1\r\nHost: evil.example\r\n"),
        (b"Content-Type", b"Content-Type: text/plain\r\nContent-Type"),
        (b"Content-Length", b"Transfer-Encoding: chunked\r\nContent-Length"),
    ],
)
def test_a_head_that_says_two_things_is_refused(
    pair: Pair, port: int, change: tuple[bytes, bytes]
) -> None:
    answer = raw(port, question(pair, port).replace(*change))
    assert (answer.status, answer.json["code"]) == (400, "INVALID_HTTP")


def test_encodings_in_two_lines_add_up(pair: Pair) -> None:
    asked = question(pair, pair.ports[0]).replace(
        b"Content-Length", b"Content-Encoding: gzip\r\nContent-Encoding: br\r\nContent-Length"
    )
    assert raw(pair.ports[0], asked).status == 415
