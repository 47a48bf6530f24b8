"""Passes reads and administration through to the query service, so that a client needs one host."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from storepulse.adapters.settings import Settings
from storepulse.domain.ratelimit import Window
from storepulse.gateway.answers import too_large, unavailable
from storepulse.gateway.calls import Call, Caller

#: Headers that belong to one hop, or that we set ourselves.
_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "x-forwarded-for",
        "x-real-ip",
        "x-request-id",
        "x-correlation-id",
        "forwarded",
        "expect",
    }
)
_SET_BY_US = frozenset({"connection", "keep-alive", "transfer-encoding", "server", "date"})
#: Behind these lie data: with keys required, nothing is passed on without one.
_GUARDED = ("/api/", "/customers")


class QueryService:
    """The query service as the gateway reaches it."""

    def __init__(self, settings: Settings, caller: Caller) -> None:
        self._caller = caller
        self._reads = (Window(settings.limit_reads_per_minute, 60.0),)
        self._sensitive = (Window(settings.limit_sensitive_per_minute, 60.0),)
        self._max_body = settings.gateway_max_body_bytes
        self._client = httpx.AsyncClient(
            base_url=f"http://{settings.query_host}:{settings.query_port}",
            timeout=httpx.Timeout(30.0, connect=2.0, read=120.0),
            trust_env=False,
        )

    async def pass_on(self, request: Request, call: Call) -> Response:
        """The query service's answer, streamed. Raises Refused."""
        read = request.method in ("GET", "HEAD")
        # The registry's POSTs (look up, check compatibility) change nothing.
        changes = not read and (request.method != "POST" or request.url.path.startswith("/api/"))
        if changes:
            self._caller.limit(call, "sensitive", self._sensitive)
        else:
            self._caller.limit(call, "reads", self._reads)
        if self._caller.key_required and request.url.path.startswith(_GUARDED):
            self._caller.authorise(call, None, scope_of(request.url.path, read=read))
        headers = [(k, v) for k, v in request.headers.items() if k not in _HOP]
        headers += [
            ("x-forwarded-for", call.ip),
            ("x-request-id", call.request_id),
            ("x-correlation-id", call.correlation),
        ]
        url = httpx.URL(path=request.url.path, query=request.scope["query_string"])
        sent = self._client.build_request(
            request.method,
            url,
            headers=headers,
            content=None if read else await self._body(request),
        )
        try:
            answer = await self._client.send(sent, stream=True)
        except httpx.TransportError:
            raise unavailable("The query service is out of reach", "QUERY_UNAVAILABLE") from None
        response = StreamingResponse(_chunks(answer), answer.status_code)
        own = call.answer_headers(0)[2:]
        taken = {name for name, _ in own}
        response.raw_headers = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.lower().decode() not in _SET_BY_US and name.lower() not in taken
        ] + own
        return response

    async def _body(self, request: Request) -> bytes:
        """The body within the gateway's own limit. Raises Refused 413."""
        parts, size = [], 0
        async for part in request.stream():
            parts.append(part)
            size += len(part)
            if size > self._max_body:
                raise too_large(f"The body is larger than {self._max_body} bytes")
        return b"".join(parts)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


def scope_of(path: str, *, read: bool) -> str:
    """The scope that the query service asks of a key for a path behind `_GUARDED`."""
    if path.startswith("/api/dead-letters"):
        return "ops"
    if path.startswith("/api/destinations"):
        return "admin"
    if path.startswith("/api/delivery/"):
        return "read" if read else "ops"
    return "read" if read else "admin"


async def _chunks(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()
