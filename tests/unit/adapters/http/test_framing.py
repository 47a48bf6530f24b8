"""Where one request ends and the next begins, whatever a client offers or repeats."""

from __future__ import annotations

import pytest
from tests.unit.adapters.http.serving import request, served, statuses

UPGRADE = {"Connection": "Upgrade, HTTP2-Settings", "HTTP2-Settings": "AAMA", "Upgrade": "h2c"}
CHUNKED = (
    b"POST /direct HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n%b\r\n"
    b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
)
OFFERS = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"


@pytest.mark.parametrize("path", ["/direct", "/app"])
@pytest.mark.parametrize("split", [None, 60, -5, -2])
async def test_an_offer_to_upgrade_is_passed_over(path: str, split: int | None) -> None:
    upgrading = request(path, b"seven..", **UPGRADE)
    behind = request("/direct", b"four")
    parts = (
        [upgrading + behind] if split is None else [upgrading[:split], upgrading[split:] + behind]
    )
    async with served() as server:
        received = await server.talk(*parts)
    assert statuses(received) == [200, 200]
    assert b"7" in received.split(b"\r\n\r\n")[1]
    assert server.direct.bodies[-1] == b"four"


async def test_an_offer_to_upgrade_leaves_chunks_whole() -> None:
    async with served() as server:
        received = await server.talk(CHUNKED % OFFERS + CHUNKED % b"")
    assert statuses(received) == [200, 200]
    assert server.direct.bodies == [b"abcdefg", b"abcdefg"]


async def test_a_request_without_a_body_may_offer_too() -> None:
    async with served() as server:
        received = await server.talk(
            b"GET /app HTTP/1.1\r\nHost: a\r\n" + OFFERS + b"\r\n" + request("/app", method="GET")
        )
    assert statuses(received) == [200, 200]


@pytest.mark.parametrize(
    "head",
    [
        b"POST /direct HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 7\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n",
        b"POST /direct HTTP/1.0\r\nTransfer-Encoding: chunked\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a\r\n" + 2 * b"Transfer-Encoding: chunked\r\n",
        b"POST /direct HTTP/1.1\r\nContent-Length: 3\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a\r\nHost: a\r\nContent-Length: 3\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 3\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a/b\r\nContent-Length: 3\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a b\r\nContent-Length: 3\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Type: a/c\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a\r\n" + 2 * b"Authorization: Bearer a\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a\r\nX-Api-Key: a\r\nx-api-key: b\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a\r\n folded\r\n",
        b"POST /direct HTTP/1.1\r\nHost : a\r\n",
        b"POST /direct HTTP/1.1\nHost: a\n",
        b"POST /direct HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n",
        b"POST /direct HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n",
        b"POST /direct HTTP/2.0\r\nHost: a\r\n",
        b"POST /direct HTTP/3.1\r\nHost: a\r\n",
        b"GET /direct\r\n",
        b"PRI * HTTP/2.0\r\n",
        b"CONNECT shop.example:443 HTTP/1.1\r\nHost: a\r\n",
        b"BREW /direct HTTP/1.1\r\nHost: a\r\n",
        b"POST direct HTTP/1.1\r\nHost: a\r\n",
        b"POST ftp://a/direct HTTP/1.1\r\nHost: a\r\n",
        b"POST http:///direct HTTP/1.1\r\nHost: a\r\n",
        b"POST http://me@a/direct HTTP/1.1\r\nHost: a\r\n",
        b"POST /direct#part HTTP/1.1\r\nHost: a\r\n",
        b"POST /\xe3\x81\x82 HTTP/1.1\r\nHost: a\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_what_is_no_request_is_refused_once(head: bytes) -> None:
    async with served() as server:
        received = await server.talk(head + b"\r\nabc" + request("/app", method="GET"))
    assert statuses(received) == [400]
    assert b'"status":"error"' in received
    assert b"\r\nconnection: close\r\n" in received
    assert not server.direct.bodies
    assert not server.application.paths


async def test_absolute_form_is_served_under_its_own_host() -> None:
    async with served() as server:
        received = await server.talk(
            b"POST http://other.example:80/direct?a=b HTTP/1.1\r\nHost: a\r\n"
            b"Content-Length: 2\r\n\r\nhi"
            b"GET HTTPS://other.example HTTP/1.1\r\nHost: a\r\n\r\n"
            b"GET http://other.example?q=1 HTTP/1.1\r\nHost: a\r\n\r\n"
        )
    assert statuses(received) == [200, 200, 200]
    assert server.direct.bodies == [b"hi"]
    assert received.count(b"GET / 0 other.example") == 2


async def test_http_1_0_needs_no_host_and_is_closed() -> None:
    async with served() as server:
        received = await server.talk(b"GET /app HTTP/1.0\r\n\r\n", end=False)
    assert statuses(received) == [200]
    assert b"connection: close" in received


async def test_repeated_lists_add_up() -> None:
    seen: list[tuple[bytes, bytes]] = []
    async with served() as server:
        respond = server.direct.respond
        server.direct.respond = lambda exchange: (seen.extend(exchange.headers), respond(exchange))  # type: ignore[method-assign,assignment]
        await server.talk(
            b"POST /direct HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n"
            b"Content-Length: 1\r\nX-Other: 1\r\nContent-Encoding: br\r\nX-Other: 2\r\n\r\na"
        )
    assert seen == [
        (b"host", b"a"),
        (b"content-encoding", b"gzip, br"),
        (b"content-length", b"1"),
        (b"x-other", b"1"),
        (b"x-other", b"2"),
    ]


@pytest.mark.parametrize(
    "path",
    ["/./app", "/a/../app", "//app", "/app//", "/%2e/app", "/%2E%2e/app", "/a%2fb", "/a%5Cb",
     "/%61pp", "/%2561pp", "/a%00b", "/a%0ab", "/a%zz", "/a%", "/a%4", "/a%ed%a0%80", "/a%ff",
     "/a%c2%a0b", "/a|b", "/a\\b", "/a%e2%80%aeb", "/a/.", "/a/..", "/.", "/app/..;/x"],
)  # fmt: skip
async def test_a_path_has_one_spelling(path: str) -> None:
    async with served() as server:
        received = await server.talk(request(path, method="GET"))
    asked = [] if path != "/app/..;/x" else [path]
    assert server.application.paths == asked
    assert statuses(received) in ([[404], [400]] if not asked else [[200]])


@pytest.mark.parametrize(
    ("raw", "path"),
    [("/a-b_c.d~e", "/a-b_c.d~e"), ("/a%20b", "/a b"), ("/%E3%81%82", "/あ"), ("/a:b", "/a:b"),
     ("/a%3Ab", "/a:b"), ("/...", "/..."), ("/.well-known/x", "/.well-known/x"), ("/a/", "/a/"),
     ("/a%2Db", "/a-b"), ("/a%7Eb", "/a~b")],
)  # fmt: skip
async def test_what_a_path_may_hold(raw: str, path: str) -> None:
    async with served() as server:
        assert statuses(await server.talk(request(raw, method="GET"))) == [200]
    assert server.application.paths == [path]
