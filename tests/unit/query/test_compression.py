"""Who gets compressed answers, and what they then look like."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest

from storepulse.query.compression import LEAST_BYTES, Compression, accepts_gzip

LONG = b'{"a": "' + b"b" * 5_000 + b'"}'
JSON = (b"content-type", b"application/json")
Messages = list[dict[str, Any]]


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("GZip", True),
        ("x-gzip", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("deflate,gzip;q=1", True),
        ("*", True),
        ("*;q=0.5", True),
        ("gzip ; q=0.001", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("identity", False),
        ("identity;q=1, gzip;q=0.5", False),
        ("identity;q=0.5, gzip;q=0.5", True),
        ("identity;q=0", False),
        ("deflate, br", False),
        ("gzip;q=x", False),
        ("gzip;q=2", False),
        ("gzip;q=-1", False),
        ("gzip;q=nan", False),
        ("gzip;level=9", False),
        ("xgzip", False),
        ("", False),
        (",;=,;q=,", False),
    ],
)
def test_who_accepts_gzip(header: str, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted


async def answered(
    parts: list[bytes],
    *headers: tuple[bytes, bytes],
    accept: bytes = b"gzip",
    method: str = "GET",
    status: int = 200,
) -> tuple[dict[str, str], list[bytes]]:
    """The headers and body parts of an answer that an application gives in parts."""
    sent: Messages = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        for number, part in enumerate(parts, 1):
            more = number < len(parts)
            await send({"type": "http.response.body", "body": part, "more_body": more})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise NotImplementedError

    scope = {"type": "http", "method": method, "headers": [(b"accept-encoding", accept)]}
    await Compression(app)(scope, receive, send)
    named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return named, [message["body"] for message in sent[1:]]


async def test_a_long_answer() -> None:
    length = (b"content-length", b"%d" % len(LONG))
    headers, parts = await answered([LONG], JSON, length, (b"vary", b"Origin"))
    (body,) = parts
    assert gzip.decompress(body) == LONG
    assert headers == {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "content-encoding": "gzip",
        "vary": "Origin, Accept-Encoding",
    }


async def test_who_does_not_accept_it_is_told_that_others_may() -> None:
    headers, parts = await answered([LONG], JSON, accept=b"br")
    assert parts == [LONG]
    assert headers == {"content-type": "application/json", "vary": "Accept-Encoding"}


async def test_a_stream_flows() -> None:
    headers, parts = await answered([b"first,", b"second,", b""], (b"content-type", b"text/csv"))
    assert (headers["content-encoding"], "content-length" in headers) == ("gzip", False)
    unpacking = zlib.decompressobj(31)
    assert [unpacking.decompress(part) for part in parts] == [b"first,", b"second,", b""]
    assert unpacking.eof


async def test_a_very_long_answer_is_whole() -> None:
    _, (body,) = await answered([LONG * 100], JSON)
    assert gzip.decompress(body) == LONG * 100


@pytest.mark.parametrize("etag", ['"a"', 'W/"a"'])
async def test_etags_are_weak(etag: str) -> None:
    headers, _ = await answered([LONG], JSON, (b"etag", etag.encode()))
    assert headers["etag"] == 'W/"a"'


@pytest.mark.parametrize(
    ("parts", "header", "more"),
    [
        ([b"a" * LEAST_BYTES], JSON, {}),
        ([b"a" * 4_000, b""], (b"content-type", b"text/event-stream; charset=utf-8"), {}),
        ([LONG], (b"content-type", b"image/png"), {}),
        ([LONG], (b"x-no", b"content type"), {}),
        ([LONG], JSON, {"status": 206}),
        ([LONG], JSON, {"status": 404}),
        ([LONG], JSON, {"method": "POST"}),
        ([LONG], JSON, {"method": "PATCH"}),
    ],
)
async def test_what_is_left_alone(
    parts: list[bytes], header: tuple[bytes, bytes], more: dict[str, Any]
) -> None:
    headers, sent = await answered(parts, header, **more)
    assert sent == parts
    assert list(headers) == [header[0].decode()]


@pytest.mark.parametrize(
    "header", [(b"content-encoding", b"br"), (b"cache-control", b"no-transform")]
)
async def test_what_may_not_be_compressed(header: tuple[bytes, bytes]) -> None:
    headers, sent = await answered([LONG], JSON, header)
    assert sent == [LONG]
    assert "vary" not in headers
