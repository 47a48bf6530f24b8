"""For every request: ids in the answer and in the logs, metrics, and an answer to unhandled errors.

`X-Request-Id` and the correlation id are taken from the request if they are well-formed; the
gateway sends both. The correlation id defaults to the request id.
"""

from __future__ import annotations

import uuid
from time import perf_counter
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storepulse.adapters import metrics
from storepulse.adapters.http.asgi import is_client_gone
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.http.responses import response_of
from storepulse.adapters.logging import logger
from storepulse.adapters.plain_structlog import structlog
from storepulse.domain.identity import is_correlation

REQUEST_ID = "X-Request-Id"
SERVICE = "query"


class Tracing:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, correlation_header: str) -> None:
        self._app = app
        self._correlation_header = correlation_header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _correlation_of(headers.get(REQUEST_ID)) or str(uuid.uuid4())
        correlation = _correlation_of(headers.get(self._correlation_header)) or request_id
        started, status = perf_counter(), 0

        async def send_with_ids(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = MutableHeaders(scope=message)
                answered[REQUEST_ID] = request_id
                answered[self._correlation_header] = correlation
                answered["X-Content-Type-Options"] = "nosniff"
                if scope["path"].startswith("/api/"):
                    answered["Cache-Control"] = "no-store"
            await send(message)

        with structlog.contextvars.bound_contextvars(
            request_id=request_id, correlation_id=correlation
        ):
            try:
                await self._app(scope, receive, send_with_ids)
            except Exception as error:
                if is_client_gone(error):
                    raise
                logger().exception("request_failed", route=_route_of(scope))
                if status:
                    raise
                message = "The request failed; its id is in the log"
                bug = RequestRefused(500, message, "SERVER_ERROR")
                await response_of(bug)(scope, receive, send_with_ids)
        route = _route_of(scope)
        metrics.HTTP_REQUESTS.labels(SERVICE, route, str(status)).inc()
        metrics.HTTP_SECONDS.labels(SERVICE, route).observe(perf_counter() - started)


def _correlation_of(sent: str | None) -> str | None:
    return sent if sent is not None and is_correlation(sent) is not None else None


def _route_of(scope: Scope) -> str:
    """The path's template: a bounded label, unlike the path."""
    route: Any = scope.get("route")
    return str(getattr(route, "path", "unmatched"))
