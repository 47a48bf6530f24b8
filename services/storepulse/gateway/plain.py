"""What is not hot: health, metrics, OpenAPI, preflights, and what is passed through."""

from __future__ import annotations

from time import perf_counter, time
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from storepulse.adapters import metrics
from storepulse.adapters.logging import logger
from storepulse.gateway import answers
from storepulse.gateway.answers import JSON, Header, Refused
from storepulse.gateway.calls import Call, Caller
from storepulse.gateway.endpoints import Endpoint
from storepulse.gateway.metering import Meter
from storepulse.gateway.openapi import document
from storepulse.gateway.proxy import QueryService
from storepulse.gateway.publisher import Publisher
from storepulse.gateway.spool.spool import Spool

_PREFLIGHT: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"Authorization, Content-Encoding, Content-Type, X-Api-Key, X-Correlation-Id",
    ),
    (b"access-control-max-age", b"86400"),
    (b"vary", b"Access-Control-Request-Headers"),
)


class Plain:
    """The ASGI application behind the hot paths."""

    def __init__(
        self,
        caller: Caller,
        publisher: Publisher,
        table: dict[str, Endpoint],
        query: QueryService | None,
        spool: Spool | None,
        max_batch: int,
    ) -> None:
        self._caller = caller
        self._publisher = publisher
        self._table = table
        self._query = query
        self._spool = spool
        self._document = answers.encode(document(table, max_batch))
        self._routes = {
            "/healthz": self._healthz,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
            "/openapi.json": self._openapi,
        }
        self._meters = {name: Meter(name) for name in (*self._routes, *table, "passed", "other")}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        started = perf_counter()
        request = Request(scope, receive)
        call = self._caller.call(scope["headers"], scope["client"], scope["query_string"])
        try:
            route, response = await self._answer(request, call)
        except ClientDisconnect:
            return
        except Refused as refused:
            route = "other"
            response = refusal(call, refused)
        except Exception as error:  # noqa: BLE001 - the last line: a bug must answer, and be seen
            logger().error("request_failed", exc_info=error, request_id=call.request_id)
            route = "other"
            response = refusal(call, Refused(500, "The gateway failed", "INTERNAL"))
        await response(scope, receive, send)
        self._meters[route].request(response.status_code, perf_counter() - started)

    async def _answer(self, request: Request, call: Call) -> tuple[str, Response]:
        path, method = request.url.path, request.method
        if method == "OPTIONS" and "access-control-request-method" in request.headers:
            return "other", _response(call, 204, b"", _PREFLIGHT)
        if _climbs(path, request.scope["raw_path"]):
            raise Refused(404, "There is nothing at this path", "NOT_FOUND")
        own = self._routes.get(path)
        if own is not None:
            if method not in ("GET", "HEAD"):
                raise _not_allowed(method, path, b"GET, HEAD")
            return path, own(call)
        if path in self._table and not (path == "/api/customer-activity" and method == "GET"):
            raise _not_allowed(method, path, b"POST, OPTIONS")
        if self._query is None:
            raise Refused(404, "There is nothing at this path", "NOT_FOUND")
        return "passed", await self._query.pass_on(request, call)

    def _healthz(self, call: Call) -> Response:
        return _response(call, 200, b'{"status":"ok"}')

    def _readyz(self, call: Call) -> Response:
        if self._caller.why_not:
            return refusal(call, answers.unavailable(self._caller.why_not, "NOT_READY"))
        if self._publisher.writable:
            return _response(call, 200, b'{"status":"ready"}')
        why = f"Kafka cannot be written: {self._publisher.why_not}"
        if self._spool is not None and self._publisher.knows:
            if not self._spool.why_not:
                return _response(call, 200, b'{"status":"ready","durability":"spooled"}')
            why += f"; {self._spool.why_not}"
        refused = answers.unavailable(why, "NOT_READY")
        return refusal(call, refused)

    def _metrics(self, call: Call) -> Response:
        metrics.IN_FLIGHT.set(self._publisher.in_flight)
        if self._spool is not None:
            self._spool.report(time())
        response = _response(call, 200, metrics.exposition())
        response.headers["content-type"] = metrics.CONTENT_TYPE
        return response

    def _openapi(self, call: Call) -> Response:
        return _response(call, 200, self._document)


def _climbs(path: str, raw_path: bytes) -> bool:
    """Whether a path tries to be read as another: dots, encoded slashes, control characters."""
    encoded = raw_path.lower()
    return (
        ".." in path
        or b"%2f" in encoded
        or b"%5c" in encoded
        or not path.isprintable()
        or "\\" in path
    )


def _not_allowed(method: str, path: str, allowed: bytes) -> Refused:
    return Refused(
        405,
        f"{method} is not allowed at {path}",
        "METHOD_NOT_ALLOWED",
        headers=((b"allow", allowed),),
    )


def _response(call: Call, status: int, body: bytes, extra: tuple[Header, ...] = ()) -> Response:
    response = Response(body, status)
    headers = {
        name: value for name, value in call.answer_headers(len(body)) if body or value != JSON
    }
    headers.update(extra)
    response.raw_headers = list(headers.items())
    return response


def refusal(call: Call, refused: Refused) -> Response:
    """An error answer in the one shape that all errors have."""
    return _response(call, refused.status, answers.error_body(refused), refused.headers)
