"""What is not hot: health, metrics, OpenAPI, preflights, and what is passed through."""

from __future__ import annotations

from time import perf_counter, time
from typing import Any

from starlette.responses import Response

from storepulse.access.rules.needs import COLLECT
from storepulse.access.rules.routes import GATEWAY, PASSING_GATEWAY, Route, Routes
from storepulse.adapters import metrics
from storepulse.adapters.http.errors import Header, RequestRefused, error_body
from storepulse.adapters.logging import logger
from storepulse.gateway import answers
from storepulse.gateway.answers import JSON
from storepulse.gateway.calls import Call, Caller
from storepulse.gateway.endpoints import Endpoint
from storepulse.gateway.metering import Meter
from storepulse.gateway.openapi import document
from storepulse.gateway.proxy import ClientGone, QueryService
from storepulse.gateway.publisher import Publisher
from storepulse.gateway.spool.spool import Spool


class Unlisted(Exception):
    """A path that the table of routes does not know: nothing is served."""


class Plain:
    """The ASGI application behind the hot paths. Raises Unlisted."""

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
        self._query = query
        self._spool = spool
        self._document = answers.encode(document(table, max_batch))
        self._own = {
            "/healthz": self._healthz,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
            "/openapi.json": self._openapi,
        }
        for method, path in [("GET", path) for path in self._own] + [("POST", p) for p in table]:
            if (method, path) not in GATEWAY:
                raise Unlisted(f"{method} {path} is not in the table of routes")
        self._routes = Routes(GATEWAY if query is None else PASSING_GATEWAY)
        self._meters = {name: Meter(name) for name in (*self._own, *table, "passed", "other")}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        started = perf_counter()
        call = self._caller.call(scope["headers"], scope["client"], scope["query_string"])
        route = "other"
        try:
            found = self._served(scope, call)
            own = self._own.get(found.path)
            if scope["method"] == "OPTIONS":
                response = self._options(call, found)
            elif own is not None:
                route = found.path
                # Without any key known, nobody's could be judged: that much may be said to all.
                if own != self._readyz or not self._caller.why_not:
                    self._caller.admit(call, found.need_of("GET"))
                response = own(call)
            else:
                # Sends of hot paths never come here, so that it is another service's.
                assert self._query is not None  # noqa: S101 - else the path was not found
                need = found.need_of(scope["method"])
                status = await self._query.pass_on(scope, receive, send, call, need)
                self._meters["passed"].request(status, perf_counter() - started)
                return
        except ClientGone:
            return
        except ConnectionError as error:
            logger().info("passed_answer_cut", why=str(error), request_id=call.request_id)
            raise
        except RequestRefused as refused:
            response = refusal(call, refused)
        except Exception as error:  # noqa: BLE001 - the last line: a bug must answer, and be seen
            logger().error("request_failed", exc_info=error, request_id=call.request_id)
            response = refusal(call, RequestRefused(500, "The gateway failed", "INTERNAL"))
        if scope["method"] == "HEAD":
            response.body = b""  # the head still says how long it would be
        await response(scope, receive, send)
        self._meters[route].request(response.status_code, perf_counter() - started)

    def _served(self, scope: Any, call: Call) -> Route:
        """The entry of a request. Raises RequestRefused 404 or 405; 401 or 403 before 405."""
        path, method = scope["path"], scope["method"]
        found = self._routes.find(path, scope["raw_path"])
        if found is None:
            raise RequestRefused(404, "There is nothing at this path", "NOT_FOUND")
        if method == "OPTIONS" or found.serves(method):
            return found
        self._caller.refuse_early(call, found.need_of(method))
        raise RequestRefused(
            405,
            f"{method} is not allowed at {found.path}",
            "METHOD_NOT_ALLOWED",
            headers=((b"allow", found.allow_header.encode()),),
        )

    def _options(self, call: Call, found: Route) -> Response:
        """What a path takes; on collection paths pages of other origins may ask for more."""
        asked = call.headers.get(b"access-control-request-method")
        headers: tuple[Header, ...] = ((b"allow", found.allow_header.encode()),)
        if asked is not None and found.needs.get("POST") == COLLECT:
            headers += self._caller.preflight(call)
        return _response(call, 204, b"", headers)

    def _healthz(self, call: Call) -> Response:
        return _response(call, 200, b'{"status":"ok"}')

    def _readyz(self, call: Call) -> Response:
        if self._caller.why_not:
            return refusal(call, RequestRefused.unavailable(self._caller.why_not, "NOT_READY"))
        if self._publisher.writable:
            return _response(call, 200, b'{"status":"ready"}')
        why = f"Kafka cannot be written: {self._publisher.why_not}"
        if self._spool is not None and self._publisher.knows:
            if not self._spool.why_not:
                return _response(call, 200, b'{"status":"ready","durability":"spooled"}')
            why += f"; {self._spool.why_not}"
        refused = RequestRefused.unavailable(why, "NOT_READY")
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


def _response(call: Call, status: int, body: bytes, extra: tuple[Header, ...] = ()) -> Response:
    response = Response(body, status)
    headers = {
        name: value for name, value in call.answer_headers(len(body)) if body or value != JSON
    }
    headers.update(extra)
    response.raw_headers = list(headers.items())
    return response


def refusal(call: Call, refused: RequestRefused) -> Response:
    """An error answer in the one shape that all errors have."""
    return _response(call, refused.status, error_body(refused), refused.headers)
