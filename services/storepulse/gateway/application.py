"""Requests outside the hot path: health, metrics, OpenAPI, the tracker, preflights, passages."""

from __future__ import annotations

from time import perf_counter, time
from typing import Any, NamedTuple

from starlette.responses import Response

from storepulse.access.rules.routes import Route, Routes
from storepulse.adapters import metrics
from storepulse.adapters.http.asgi import ClientGone
from storepulse.adapters.http.errors import (
    RETRY_AFTER_SECONDS,
    Header,
    RequestRefused,
    error_body,
    refusal_of_error,
    retry_after,
)
from storepulse.adapters.http.registry_errors import CONTENT_TYPE as REGISTRY_CONTENT_TYPE
from storepulse.adapters.http.registry_errors import is_registry_path, registry_body_of
from storepulse.adapters.logging import logger
from storepulse.domain.errors import Rejected
from storepulse.gateway import answers, origins
from storepulse.gateway.admission import Admission
from storepulse.gateway.call import Call
from storepulse.gateway.endpoints import GATEWAY, PASSING_GATEWAY, SEGMENT_SETTINGS, Endpoint
from storepulse.gateway.experiments.answering import CACHE_CONTROL, ReadAnswers, has_already
from storepulse.gateway.experiments.answers import Ready
from storepulse.gateway.experiments.paths import PUBLIC_READS
from storepulse.gateway.metering import RouteMeter
from storepulse.gateway.openapi import document_of
from storepulse.gateway.passing.query_service import QueryService
from storepulse.gateway.publishing.publisher import Publisher
from storepulse.gateway.readiness import GatewayReadiness
from storepulse.gateway.segment.library_settings import KEPT_SECONDS, library_settings
from storepulse.gateway.spool.spool import Spool
from storepulse.gateway.tracker.files import TRACKER, TRACKER_FILE, TrackerFiles

_JSON = b"application/json"
#: Resources that pages load before they send, without a key in a header.
_READ_BY_PAGES = (SEGMENT_SETTINGS, TRACKER, TRACKER_FILE)


class Unlisted(Exception):
    """A path is missing from the table of routes; the gateway does not start."""


class ReadServices(NamedTuple):
    """The services that answer reads: tests, the tracker's files, the query service.

    `query` is None if nothing is passed on.
    """

    experiments: ReadAnswers
    tracker: TrackerFiles
    query: QueryService | None


class GatewayApplication:
    """The ASGI application for all paths but the collection paths. Raises Unlisted when it is
    created."""

    def __init__(
        self,
        admission: Admission,
        publisher: Publisher,
        table: dict[str, Endpoint],
        reads: ReadServices,
        spool: Spool | None,
        readiness: GatewayReadiness,
        max_batch: int,
    ) -> None:
        self._reader, self._limits, self._checks = admission
        self._limited = next(endpoint for endpoint in table.values() if endpoint.is_segment)
        self._publisher = publisher
        self._experiments, self._tracker = reads.experiments, reads.tracker
        self._query = reads.query
        self._spool = spool
        self._readiness = readiness
        self._public_reads = frozenset(path for _, path in PUBLIC_READS)
        self._document = answers.encode(document_of(table, max_batch))
        self._own = {
            "/healthz": self._healthz,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
            "/openapi.json": self._openapi,
        }
        own = [("GET", path) for path in (*self._own, *_READ_BY_PAGES)]
        for method, path in own + [("POST", path) for path in table]:
            if (method, path) not in GATEWAY:
                raise Unlisted(f"{method} {path} is not in the table of routes")
        self._routes = Routes(GATEWAY if reads.query is None else PASSING_GATEWAY)
        self._meters = {
            name: RouteMeter(name)
            for name in (
                *self._own,
                *_READ_BY_PAGES,
                *self._public_reads,
                *table,
                "passed",
                "other",
            )
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        started = perf_counter()
        call = self._reader.read(scope["headers"], scope["client"], scope["query_string"])
        label = "other"
        try:
            route = self._route_of(scope, call)
            own = self._own.get(route.path)
            if scope["method"] == "OPTIONS":
                response = self._options(call, route)
            elif own is not None:
                label = route.path
                # While no keys are loaded no key can be checked, so everyone may read why it is
                # unready.
                if own != self._readyz or not self._checks.unready_reason:
                    self._checks.check_own_path(call, route.need_of("GET"))
                response = own(call)
            elif route.path == SEGMENT_SETTINGS:
                label = route.path
                response = self._library_settings(call, scope["path"].split("/")[3])
            elif route.path in (TRACKER, TRACKER_FILE):
                label = route.path
                response = self._tracker_file(call, label, scope["path"])
            elif route.path in self._public_reads and scope["method"] in ("GET", "HEAD"):
                label = route.path
                ready = await self._experiments.answer(label, call, scope)
                response = _ready_response(call, ready)
            else:
                # Hot paths never come here, so the request is for the query service.
                assert self._query is not None  # noqa: S101 - else the path was not found
                need = route.need_of(scope["method"])
                status = await self._query.pass_on(scope, receive, send, call, need)
                self._meters["passed"].count_request(status, perf_counter() - started)
                return
        except ClientGone:
            return
        except ConnectionError as error:
            logger().info("passed_answer_cut", why=str(error), request_id=call.request_id)
            raise
        except (RequestRefused, Rejected) as error:
            refusal = refusal_of_error(error)
            response = self._refusal_response(call, scope["path"], refusal)
        except Exception as error:  # noqa: BLE001 - the last line: a bug must answer, and be seen
            logger().error("request_failed", exc_info=error, request_id=call.request_id)
            bug = RequestRefused(500, "The gateway failed", "INTERNAL")
            response = _error_response(call, bug)
        if scope["method"] == "HEAD":
            response.body = b""  # the headers still state the length
        await response(scope, receive, send)
        self._meters[label].count_request(response.status_code, perf_counter() - started)

    def _route_of(self, scope: Any, call: Call) -> Route:
        """The route of a request. Raises RequestRefused 404 or 405; 401 or 403 before 405."""
        path, method = scope["path"], scope["method"]
        route = self._routes.find(path, scope["raw_path"])
        if route is None:
            raise RequestRefused(404, "There is nothing at this path", "NOT_FOUND")
        if method == "OPTIONS" or route.serves(method):
            return route
        self._checks.check_before_passing(call, route.need_of(method))
        raise RequestRefused(
            405,
            f"{method} is not allowed at {route.path}",
            "METHOD_NOT_ALLOWED",
            headers=((b"allow", route.allow_header.encode()),),
        )

    def _options(self, call: Call, route: Route) -> Response:
        """The methods of a path, and on collection paths the answer to preflights."""
        is_preflight = b"access-control-request-method" in call.headers
        headers: tuple[Header, ...] = ((b"allow", route.allow_header.encode()),)
        of_pages = [method for method, need in route.needs.items() if need.of_pages]
        if is_preflight and of_pages:
            headers += self._checks.preflight_headers(call, of_pages[0])
        return _response(call, 204, b"", headers)

    def _refusal_response(self, call: Call, path: str, refusal: RequestRefused) -> Response:
        """The answer to a refusal, in the schema registry's format below its paths."""
        if self._query is None or not is_registry_path(path):
            return _error_response(call, refusal)
        response = _response(call, refusal.status, registry_body_of(refusal), refusal.headers)
        response.headers["content-type"] = REGISTRY_CONTENT_TYPE
        return response

    def _healthz(self, call: Call) -> Response:
        return _response(call, 200, b'{"status":"ok"}')

    def _readyz(self, call: Call) -> Response:
        health = self._readiness.health()
        document = health.as_dict()
        if self._readiness.is_spooling:
            document["durability"] = "spooled"
        again: tuple[Header, ...] = () if health.serves else (retry_after(RETRY_AFTER_SECONDS),)
        return _response(call, health.http_status, answers.encode(document), again)

    def _metrics(self, call: Call) -> Response:
        self._readiness.health()  # updates the gauges
        metrics.IN_FLIGHT.set(self._publisher.in_flight)
        if self._spool is not None:
            self._spool.report(time())
        response = _response(call, 200, metrics.exposition())
        response.headers["content-type"] = metrics.CONTENT_TYPE
        return response

    def _library_settings(self, call: Call, write_key: str) -> Response:
        """The settings that Segment's library for web pages requests with a publishable key.

        The request counts against its address's rate limit, so that keys cannot be guessed.
        """
        self._limits.count_address(call, self._limited.limit, self._limited.windows)
        key, origin = self._checks.publishable_key(write_key), call.header_text(b"origin")
        if origin:
            call.cors = origins.answer_lines(key, origin)
        if key is None:
            raise RequestRefused(404, "There is no such write key", "NOT_FOUND")
        body = answers.encode(library_settings(write_key, call.header_text(b"host")))
        kept = f"public, max-age={KEPT_SECONDS}".encode()
        return _response(call, 200, body, ((b"cache-control", kept),))

    def _tracker_file(self, call: Call, route: str, path: str) -> Response:
        """A script of the tracker, public because browsers send no key with it."""
        file = path.rpartition("/")[2]
        status, headers, body = self._tracker.answer(route, file, call.headers)
        response = _response(call, status, body, headers)
        if status == 304:
            del response.headers["content-length"]
        return response

    def _openapi(self, call: Call) -> Response:
        return _response(call, 200, self._document)


def _response(call: Call, status: int, body: bytes, extra: tuple[Header, ...] = ()) -> Response:
    response = Response(body, status)
    headers = {
        name: value for name, value in call.answer_headers(len(body)) if body or value != _JSON
    }
    headers.update(extra)
    response.raw_headers = list(headers.items())
    return response


def _ready_response(call: Call, ready: Ready) -> Response:
    """An answer with its entity tag; 304 if the client already has it."""
    headers: tuple[Header, ...] = (
        (b"etag", ready.etag),
        (b"cache-control", CACHE_CONTROL),
    )
    if has_already(call, ready):
        response = _response(call, 304, b"", headers)
        del response.headers["content-length"]  # it would describe the body that is not sent
        return response
    return _response(call, 200, ready.body, headers)


def _error_response(call: Call, refusal: RequestRefused) -> Response:
    return _response(call, refusal.status, error_body(refusal), refusal.headers)
