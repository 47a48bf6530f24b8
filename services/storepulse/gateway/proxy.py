"""Passes reads and administration through to the query service, so that a client needs one host.

Rules: only what stands in the table of routes is passed on, as it was sent, byte for byte; the
query service judges the key. A body is read whole, within the gateway's limit, before a connection
to the query service is taken: who sends slowly holds none. The answer is streamed at the speed of
the client; one that leaves, or reads nothing for `STALLED_SECONDS`, gives its connection back, and
sooner where others need it. No cookies are passed on, and none are kept. What outsiders say about
forwarding is judged here and never passed on: a call that is not of this machine is told as such.
"""

from __future__ import annotations

import asyncio
from asyncio import Task, create_task, timeout
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpcore

from storepulse.access.rules.loopback import is_forwarding
from storepulse.access.rules.needs import Need
from storepulse.adapters.http.errors import Header, RequestRefused
from storepulse.adapters.logging import logger
from storepulse.adapters.settings import Settings
from storepulse.domain.ratelimit import Window
from storepulse.gateway.calls import Call, Caller

CONNECT_SECONDS = 2.0
#: How long the query service may stay silent; server-sent events may be silent for longer.
SILENT_SECONDS = 120.0
#: How long a client may take none of what we send.
STALLED_SECONDS = 30.0
#: A client that has stalled for so long gives way where there are too many.
GIVES_WAY_SECONDS = 1.0
MOST_AT_ONCE = 256
#: Less than what the query service keeps idle connections for.
KEPT_SECONDS = 20.0
MOST_KEPT = 32

#: Headers that belong to one hop, or that we set ourselves.
_NOT_PASSED = frozenset(
    {
        b"connection", b"content-length", b"cookie", b"expect", b"http2-settings", b"keep-alive",
        b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te", b"trailer",
        b"transfer-encoding", b"upgrade", b"x-request-id",
    }
)  # fmt: skip
_NOT_PASSED_BACK = frozenset(
    {
        b"connection", b"date", b"keep-alive", b"proxy-authenticate", b"proxy-connection",
        b"server", b"trailer", b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class ClientGone(ConnectionError):
    """The client left: nobody waits for an answer."""


class ClientStalled(ConnectionError):
    """The client takes nothing of what we send: its connection ends here."""


class UpstreamLost(ConnectionError):
    """The query service broke off in the middle of an answer; ours must not look complete."""


@dataclass(eq=False, slots=True)
class _Passage:
    """One call on its way. `stalled_at`: since when its client takes none of what we send."""

    stalled_at: float | None = None
    limit: asyncio.Timeout | None = None

    async def send(self, send: Send, message: Any) -> None:
        """Sends a part of the answer. Raises ClientGone, ClientStalled."""
        try:
            async with timeout(STALLED_SECONDS) as self.limit:
                self.stalled_at = monotonic()
                await send(message)
        except TimeoutError:
            raise ClientStalled("the client does not read") from None
        except OSError as error:
            raise ClientGone("the client left") from error
        finally:
            self.stalled_at = self.limit = None

    def cut(self) -> None:
        """Ends the wait for the client."""
        if self.limit is not None:
            self.limit.reschedule(asyncio.get_running_loop().time())


class QueryService:
    """The query service as the gateway reaches it."""

    def __init__(self, settings: Settings, caller: Caller) -> None:
        self._caller = caller
        self._reads = (Window(settings.limit_reads_per_minute, 60.0),)
        self._sensitive = (Window(settings.limit_sensitive_per_minute, 60.0),)
        self._max_body = settings.gateway_max_body_bytes
        self._correlation_header = settings.correlation_header.lower().encode()
        self._origin = (settings.query_host.encode(), settings.query_port)
        self._passages: set[_Passage] = set()
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=MOST_AT_ONCE,
            max_keepalive_connections=MOST_KEPT,
            keepalive_expiry=KEPT_SECONDS,
        )

    async def pass_on(
        self, scope: Any, receive: Receive, send: Send, call: Call, need: Need
    ) -> int:
        """Answers with what the query service says; the status.

        Raises RequestRefused before anything is sent, else ClientGone, ClientStalled or
        UpstreamLost.
        """
        method: str = scope["method"]
        # The registry's POSTs (look up, check compatibility) change nothing.
        changes = method not in ("GET", "HEAD") and (
            method != "POST" or scope["path"].startswith("/api/")
        )
        if changes:
            self._caller.limit(call, "sensitive", self._sensitive)
        else:
            self._caller.limit(call, "reads", self._reads)
        self._caller.refuse_early(call, need)
        body = await self._body(call, receive)
        passage = self._place()
        watch: Task[None] = create_task(_until_gone(receive))
        work: Task[int] = create_task(self._relay(scope, send, call, body, passage))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise ClientGone("the client left")
            return work.result()
        finally:
            self._passages.discard(passage)
            watch.cancel()
            work.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)

    async def close(self) -> None:
        """Closes the connections."""
        await self._pool.aclose()

    def _place(self) -> _Passage:
        """Room for one more call. Raises RequestRefused 503 where there is none."""
        if len(self._passages) >= MOST_AT_ONCE:
            now = monotonic()
            stalled = [one for one in self._passages if one.stalled_at is not None]
            longest = min(stalled, key=lambda one: one.stalled_at or now, default=None)
            if longest is None or now - (longest.stalled_at or now) < GIVES_WAY_SECONDS:
                raise RequestRefused.unavailable(
                    "Too many reads at once, try again", "TOO_MANY_READS", 1
                )
            self._passages.discard(longest)
            longest.cut()
        passage = _Passage()
        self._passages.add(passage)
        return passage

    async def _body(self, call: Call, receive: Receive) -> bytes:
        """The body within the gateway's own limit. Raises RequestRefused 413, ClientGone."""
        announced = call.headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self._max_body:
            raise RequestRefused.too_large(f"The body is larger than {self._max_body} bytes")
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone("the client left")
            body += message.get("body", b"")
            if len(body) > self._max_body:
                raise RequestRefused.too_large(f"The body is larger than {self._max_body} bytes")
            if not message.get("more_body", False):
                return bytes(body)

    async def _relay(
        self, scope: Any, send: Send, call: Call, body: bytes, passage: _Passage
    ) -> int:
        response = await self._answer(self._request(scope, call, body))
        try:
            await passage.send(send, self._head(response, call))
            silent = None if _is_event_stream(response) else SILENT_SECONDS
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

    async def _answer(self, request: httpcore.Request) -> httpcore.Response:
        """The head of the query service's answer. Raises RequestRefused 400, 502, 503 or 504."""
        # A kept connection may have been closed at this moment: what only reads is asked again.
        attempts = 2 if request.method in (b"GET", b"HEAD") else 1
        for left in reversed(range(attempts)):
            try:
                async with timeout(SILENT_SECONDS):
                    return await self._pool.handle_async_request(request)
            except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout):
                raise RequestRefused.unavailable(
                    "The query service is out of reach", "QUERY_UNAVAILABLE"
                ) from None
            except httpcore.LocalProtocolError:
                raise RequestRefused(
                    400, "The request cannot be passed on", "INVALID_REQUEST"
                ) from None
            except TimeoutError:
                raise RequestRefused(
                    504, "The query service does not answer", "QUERY_TIMEOUT"
                ) from None
            except (httpcore.NetworkError, httpcore.ProtocolError):
                if not left:
                    break
        raise RequestRefused(502, "The query service broke off its answer", "QUERY_FAILED")

    def _request(self, scope: Any, call: Call, body: bytes) -> httpcore.Request:
        method: str = scope["method"]
        target: bytes = scope["raw_path"]
        if scope["query_string"]:
            target += b"?" + scope["query_string"]
        hop = _named_by_connection(call.pairs)
        headers = [
            (name, value.strip(b" \t"))
            for name, value in call.pairs
            if name not in _NOT_PASSED
            and name not in hop
            and name != self._correlation_header
            and not is_forwarding(name)
        ]
        host, port = self._origin
        if b"host" not in call.headers:  # as HTTP/1.0 may; then the call is not of this machine
            headers.append((b"host", b"%b:%d" % (host, port)))
        headers += [
            (b"x-request-id", call.request_id.encode()),
            (self._correlation_header, call.correlation.encode()),
        ]
        # Whoever is not of this machine must not look as if it were, because we are.
        if not self._caller.is_local(call):
            headers.append((b"x-forwarded-for", call.ip.encode("latin-1")))
        if body or method not in ("GET", "HEAD"):
            headers.append((b"content-length", b"%d" % len(body)))
        return httpcore.Request(
            method,
            httpcore.URL(scheme=b"http", host=host, port=port, target=target),
            headers=headers,
            content=body,
            extensions={"timeout": {"connect": CONNECT_SECONDS, "pool": CONNECT_SECONDS}},
        )

    def _head(self, response: httpcore.Response, call: Call) -> Any:
        own = call.answer_headers(0)[2:]
        taken = {name for name, _ in own}
        answered = [(name.lower(), value) for name, value in response.headers]
        hop = _named_by_connection(answered)
        return {
            "type": "http.response.start",
            "status": response.status,
            "headers": [
                (name, value)
                for name, value in answered
                if name not in _NOT_PASSED_BACK and name not in hop and name not in taken
            ]
            + own,
        }


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _named_by_connection(headers: list[Header]) -> frozenset[bytes]:
    """Headers that the sender says are for this hop alone."""
    return frozenset(
        part.strip().lower()
        for name, value in headers
        if name == b"connection"
        for part in value.split(b",")
    )


def _is_event_stream(response: httpcore.Response) -> bool:
    return any(
        name.lower() == b"content-type" and value.strip().lower().startswith(b"text/event-stream")
        for name, value in response.headers
    )
