"""Pass reads and administrative calls on to the query service, so that clients need one host.

Only routes in the table are passed on, byte for byte as they were sent; the query service checks
the key. A body is read whole, within the gateway's limit, before a connection to the query service
is taken, so slow senders hold none. The answer is streamed at the client's speed; a client that
leaves or stalls (`passages`) gives its connection back.
"""

from __future__ import annotations

import asyncio
from asyncio import Task, create_task, timeout
from collections.abc import Awaitable, Callable
from typing import Any

import httpcore

from storepulse.access.rules.needs import TOKEN, Need
from storepulse.adapters.http.asgi import ClientGone
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.logging import logger
from storepulse.adapters.settings import Settings
from storepulse.domain.ratelimit import RateWindow
from storepulse.gateway.admission import Admission
from storepulse.gateway.call import Call
from storepulse.gateway.passing.forwarded_headers import (
    headers_to_pass,
    headers_to_pass_back,
    is_event_stream,
)
from storepulse.gateway.passing.passages import MOST_AT_ONCE, Passage, Passages, Send

CONNECT_SECONDS = 2.0
#: How long the query service may be silent; server-sent events have no such limit.
SILENT_SECONDS = 120.0
#: Shorter than the query service keeps idle connections open.
KEEP_ALIVE_SECONDS = 20.0
MOST_IDLE = 32

Receive = Callable[[], Awaitable[Any]]


class UpstreamLost(ConnectionError):
    """The query service broke off an answer; ours must not look complete."""


class QueryService:
    """The gateway's client of the query service."""

    def __init__(self, settings: Settings, admission: Admission) -> None:
        self._reader, self._limits, self._checks = admission
        self._reads = (RateWindow(settings.limit_reads_per_minute, 60.0),)
        self._sensitive = (RateWindow(settings.limit_sensitive_per_minute, 60.0),)
        self._max_body = settings.gateway_max_body_bytes
        self._correlation_header = settings.correlation_header.lower().encode()
        self._origin = (settings.query_host.encode(), settings.query_port)
        self._passages = Passages()
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=MOST_AT_ONCE,
            max_keepalive_connections=MOST_IDLE,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
        )

    async def pass_on(
        self, scope: Any, receive: Receive, send: Send, call: Call, need: Need
    ) -> int:
        """Send the query service's answer to the client; return its status.

        Raises RequestRefused before anything is sent, else ClientGone, ClientStalled or
        UpstreamLost.
        """
        method: str = scope["method"]
        # The registry's POSTs (look up, check compatibility) and the pages' POSTs with a token
        # change nothing.
        changes = method not in ("GET", "HEAD") and (
            method != "POST" or (scope["path"].startswith("/api/") and need != TOKEN)
        )
        if changes:
            self._limits.count_address(call, "sensitive", self._sensitive)
        else:
            self._limits.count_address(call, "reads", self._reads)
        self._checks.check_before_passing(call, need)
        body = await self._read_body(call, receive)
        passage = self._passages.open()
        watch: Task[None] = create_task(_wait_until_gone(receive))
        work: Task[int] = create_task(self._relay(scope, send, call, body, passage))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise ClientGone("the client left")
            return work.result()
        finally:
            self._passages.close(passage)
            watch.cancel()
            work.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def _read_body(self, call: Call, receive: Receive) -> bytes:
        """Read the body within the gateway's limit. Raises RequestRefused 413, ClientGone."""
        too_large = f"The body is larger than {self._max_body} bytes"
        announced = call.headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self._max_body:
            raise RequestRefused.too_large(too_large)
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone("the client left")
            body += message.get("body", b"")
            if len(body) > self._max_body:
                raise RequestRefused.too_large(too_large)
            if not message.get("more_body", False):
                return bytes(body)

    async def _relay(
        self, scope: Any, send: Send, call: Call, body: bytes, passage: Passage
    ) -> int:
        """Ask the query service and relay its answer; return the status."""
        response = await self._ask(self._request_of(scope, call, body))
        try:
            head = {
                "type": "http.response.start",
                "status": response.status,
                "headers": headers_to_pass_back(response.headers, call),
            }
            await passage.send(send, head)
            silent = None if is_event_stream(response.headers) else SILENT_SECONDS
            chunks = response.aiter_stream().__aiter__()
            while True:
                try:
                    async with timeout(silent):
                        chunk = await anext(chunks, None)
                except (httpcore.NetworkError, httpcore.ProtocolError, TimeoutError) as error:
                    logger().warning("passed_answer_lost", fault=type(error).__name__)
                    raise UpstreamLost("the query service broke off") from error
                if chunk is None:
                    break
                part = {"type": "http.response.body", "body": chunk, "more_body": True}
                await passage.send(send, part)
            await passage.send(send, {"type": "http.response.body", "body": b""})
        finally:
            await response.aclose()
        return response.status

    async def _ask(self, request: httpcore.Request) -> httpcore.Response:
        """The head of the query service's answer. Raises RequestRefused 400, 502, 503 or 504."""
        # The server may just have closed an idle connection: retry what only reads.
        attempts = 2 if request.method in (b"GET", b"HEAD") else 1
        for further_attempts in reversed(range(attempts)):
            try:
                async with timeout(SILENT_SECONDS):
                    return await self._pool.handle_async_request(request)
            except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout):
                message = "The query service is out of reach"
                raise RequestRefused.unavailable(message, "QUERY_UNAVAILABLE") from None
            except httpcore.LocalProtocolError:
                message = "The request cannot be passed on"
                raise RequestRefused(400, message, "INVALID_REQUEST") from None
            except TimeoutError:
                message = "The query service does not answer"
                raise RequestRefused(504, message, "QUERY_TIMEOUT") from None
            except (httpcore.NetworkError, httpcore.ProtocolError):
                if not further_attempts:
                    break
        raise RequestRefused(502, "The query service broke off its answer", "QUERY_FAILED")

    def _request_of(self, scope: Any, call: Call, body: bytes) -> httpcore.Request:
        method: str = scope["method"]
        target: bytes = scope["raw_path"]
        if scope["query_string"]:
            target += b"?" + scope["query_string"]
        host, port = self._origin
        headers = headers_to_pass(
            call,
            self._correlation_header,
            b"%b:%d" % (host, port),
            local=self._reader.is_local(call),
        )
        if body or method not in ("GET", "HEAD"):
            headers.append((b"content-length", b"%d" % len(body)))
        return httpcore.Request(
            method,
            httpcore.URL(scheme=b"http", host=host, port=port, target=target),
            headers=headers,
            content=body,
            extensions={"timeout": {"connect": CONNECT_SECONDS, "pool": CONNECT_SECONDS}},
        )


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
