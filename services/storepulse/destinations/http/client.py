"""The HTTP client for untrusted addresses, which protects internal networks (SSRF).

- A host is resolved once. Every one of its addresses must pass `domain.addresses`, and the client
  connects to a judged address, so that DNS rebinding has no effect.
- Links in events may only lead to the public internet, also if destinations may be on this machine.
- HTTPS is required, verified against the host's name. Loopback and private addresses are allowed
  only if `reach` includes them, and plain HTTP only to loopback.
- No redirects, cookies, proxies or Unix sockets.
- `timeout` limits the whole request, so that a slow answer cannot extend it. Answers are read up to
  a limit, counted after decompression.
"""

from __future__ import annotations

import asyncio
import io
import ssl
import time
import zlib
from collections.abc import Coroutine, Mapping
from functools import cache
from typing import Any, Self

import aiohttp

from storepulse.adapters.plain_httpx import httpx
from storepulse.destinations.http.answers import Answer, header_values, read_body
from storepulse.destinations.http.connections import (
    MOST_IDLE,
    IdleConnections,
    Judge,
    JudgedConnector,
    Resolver,
)
from storepulse.destinations.http.failures import RequestFailed
from storepulse.destinations.http.library_errors import CONNECT_SECONDS, failure_of
from storepulse.destinations.http.names import SystemNames
from storepulse.destinations.http.urls import RequestTarget, target_of
from storepulse.domain.addresses import Reach, is_loopback, refusal

#: Maximum bytes of an answer's body.
ANSWER_LIMIT = 64 * 1024
#: Maximum bytes of one line of an answer's head, and maximum lines.
HEAD_LINE_LIMIT = 16 * 1024
HEAD_LINES = 100
#: Seconds an unused connection is kept; short, so that DNS changes take effect soon.
IDLE_SECONDS = 30.0
#: Bytes of a body that is written at once; longer bodies are streamed.
ONE_PIECE = 1024 * 1024


class SafeClient:
    """Connections to all destinations of a process; an async context manager."""

    def __init__(
        self,
        reach: Reach,
        *,
        resolve: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
        link_reach: Reach = "public",
    ) -> None:
        self._reach, self._link_reach = reach, link_reach
        self._names = SystemNames()
        self._resolve = resolve or self._names
        self._tls = tls or _public_authorities()

    async def __aenter__(self) -> Self:
        idle = IdleConnections(MOST_IDLE)
        self._sessions = {
            (reach, is_plain): self._session(_judge(reach, is_plain=is_plain), idle)
            for reach in {self._reach, self._link_reach}
            for is_plain in (False, True)
        }
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in self._sessions.values():
            await session.close()
        self._names.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        timeout: float,  # noqa: ASYNC109 - it is applied with asyncio.timeout
        limit: int = ANSWER_LIMIT,
    ) -> Answer:
        """Makes one request. `timeout` is for all of it, in seconds; `limit` in bytes of the body.

        Raises RequestFailed if no answer came.
        """
        target = target_of(url)
        sent = {
            **_headers_of(target),
            **{name.lower(): value for name, value in (headers or {}).items()},
        }
        if content or method != "GET":
            sent["content-length"] = str(len(content))
        session = self._sessions[self._reach, target.is_plain]
        return await _in_time(
            timeout, self._exchange(session, method, target, sent, content, limit)
        )

    async def fetch(self, url: str, *, timeout: float, limit: int) -> Answer:  # noqa: ASYNC109
        """Fetches a link of an event, which is untrusted input.

        Only public addresses are allowed, whatever destinations may reach. Raises RequestFailed.
        """
        target = target_of(url, self._link_reach)
        session = self._sessions[self._link_reach, target.is_plain]
        headers = _headers_of(target)
        return await _in_time(timeout, self._exchange(session, "GET", target, headers, b"", limit))

    async def _exchange(
        self,
        session: aiohttp.ClientSession,
        method: str,
        target: RequestTarget,
        headers: Mapping[str, str],
        content: bytes,
        limit: int,
    ) -> Answer:
        body = io.BytesIO(content) if len(content) > ONE_PIECE else content or None
        started = time.monotonic()
        try:
            async with session.request(
                method, target.url, headers=headers, data=body, allow_redirects=False
            ) as response:
                names = header_values(response)
                encoding = names.get("content-encoding", "")
                read, truncated = await read_body(response.content, encoding, limit)
        except zlib.error as error:
            raise RequestFailed("protocol", f"the answer does not unpack: {error}") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise failure_of(error) from error
        return Answer(response.status, names, read, time.monotonic() - started, truncated)

    def _session(self, judge: Judge, idle: IdleConnections) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=JudgedConnector(
                self._resolve, judge, idle, tls=self._tls, idle_seconds=IDLE_SECONDS
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=["accept", "content-type"],
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            max_line_size=HEAD_LINE_LIMIT,
            max_field_size=HEAD_LINE_LIMIT,
            max_headers=HEAD_LINES,
        )


def _judge(reach: Reach, *, is_plain: bool) -> Judge:
    def judge(address: str) -> str | None:
        if is_plain and not is_loopback(address):
            return f"plain HTTP to {address}, which is not loopback"
        return refusal(address, reach)

    return judge


def _headers_of(target: RequestTarget) -> dict[str, str]:
    return {"host": target.host, "user-agent": "storepulse", "accept-encoding": "identity"}


async def _in_time(seconds: float, exchange: Coroutine[Any, Any, Answer]) -> Answer:
    try:
        async with asyncio.timeout(seconds):
            return await exchange
    except TimeoutError:
        raise RequestFailed("timeout", f"no complete answer within {seconds:g} s") from None


@cache
def _public_authorities() -> ssl.SSLContext:
    # Cached, because reading all certificates takes a tenth of a second.
    return httpx.create_ssl_context(trust_env=False)
