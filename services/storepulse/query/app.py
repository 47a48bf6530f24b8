"""The query service's application: routes, errors, keys, and the pool's life."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.responses import Response

from storepulse import __version__
from storepulse.access.rules.needs import ANY_KEY, Need
from storepulse.access.rules.routes import QUERY, Routes, Table, unsafe_route_of
from storepulse.adapters import metrics
from storepulse.adapters.clock import system_clock
from storepulse.adapters.http.errors import TITLES, RequestRefused
from storepulse.adapters.http.responses import response_of
from storepulse.adapters.server_state import database_state, kafka_state
from storepulse.adapters.settings import Settings
from storepulse.contracts.registry import Registry, RegistryError
from storepulse.contracts.topics import load_catalog
from storepulse.query import (
    activity,
    carts,
    dead_letters,
    delivery,
    destinations,
    errors,
    events,
    health,
    heatmaps,
    keys,
    landing,
    registry,
    stores,
)
from storepulse.query.access import RouteGuard
from storepulse.query.app_state import SCOPES
from storepulse.query.compression import Compression
from storepulse.query.delivery_stats import DeliveryStats, count_deliveries
from storepulse.query.key_ring import KeyRing
from storepulse.query.pools import reading_pool, writing_pool
from storepulse.query.tracing import Tracing

DESCRIPTION = """Reads of what Storepulse stored, and the schema registry of its topics.

Names are snake_case; the cart paths keep the camelCase of their published contract. Times are UTC,
money is a decimal string. Bots are left out unless `include_bots=true`. `from` is inside a period,
`to` is not. A parameter that a path does not know or that stands twice is refused with 400. Lists
are paged by opaque cursors, newest first."""


class Unguarded(Exception):
    """A route that the table of routes does not know, or knows otherwise: nothing is served."""


def application(settings: Settings, table: Table = QUERY) -> FastAPI:
    """The ASGI application; its pool opens and closes with its lifespan.

    Raises Unguarded where `table` does not say what each of its routes wants.
    """
    database = reading_pool(settings)
    writes = writing_pool(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        metrics.describe_build("query")
        async with database, writes:
            yield

    app = FastAPI(
        title="Storepulse query service",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.database = database
    app.state.database_state = database_state()
    app.state.kafka_state = kafka_state()
    app.state.writes = writes
    app.state.delivery_stats = DeliveryStats(partial(count_deliveries, database), system_clock)
    app.state.settings = settings
    app.state.registry = Registry.of(load_catalog(settings.topic_prefix))
    errors.install(app)
    app.add_exception_handler(RegistryError, _registry_fault)
    for module in (
        carts, activity, heatmaps, landing, dead_letters, delivery, destinations, stores,
        keys, registry, events, health,
    ):  # fmt: skip
        app.include_router(module.router)
    _document(app, table)
    check_routes(app, table)
    app.add_middleware(Compression)
    app.add_middleware(
        RouteGuard,
        settings=settings,
        routes=Routes(table),
        keys=KeyRing(database),
        not_found=_not_found,
    )
    app.add_middleware(Tracing, correlation_header=settings.correlation_header)
    return app


def check_routes(app: FastAPI, table: Table) -> None:
    """Raises Unguarded for a route that is not in the table, or is written for another scope."""
    if fault := unsafe_route_of(table):
        raise Unguarded(fault)
    for route in iter_route_contexts(app.routes):
        path, methods = route.path_format, route.methods
        if path is None or methods is None:
            raise Unguarded(f"{route.original_route!r} has no path and methods to look up")
        dependant = getattr(route.original_route, "dependant", None)
        calls = [one.call for one in dependant.dependencies] if dependant is not None else []
        scopes = {SCOPES[call] for call in calls if call in SCOPES}
        for method in sorted(methods - {"HEAD", "OPTIONS"}):
            need = table.get((method, path))
            if need is None:
                raise Unguarded(f"{method} {path} is not in the table of routes")
            if need != ANY_KEY and scopes - {need.scope}:
                raise Unguarded(f"{method} {path} wants {need.scope}, but serves {scopes}")


def _not_found(path: str) -> Response:
    """The answer at a path that is not in the table; the registry's clients get its own shape."""
    if path.startswith(_REGISTRY_PATHS):
        return registry.fault_of(RegistryError(404, "HTTP 404 Not Found"))
    return response_of(RequestRefused(404, "There is no such path", "NOT_FOUND"))


_REGISTRY_PATHS = tuple(
    f"/{name}/" for name in ("compatibility", "config", "contexts", "mode", "schemas", "subjects")
)
_KEYS: list[dict[str, list[str]]] = [{"bearer": []}, {"header": []}, {"basic": []}]
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A secret key: ssk_…"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "basic": {"type": "http", "scheme": "basic", "description": "The key is the password"},
}


def _security(need: Need) -> list[dict[str, list[str]]]:
    """What the document says about keys; {} is a call without one."""
    match need.opened:
        case "always":
            return []
        case "never":
            return _KEYS
    return [{}, *_KEYS]


def _document(app: FastAPI, table: Table) -> None:
    """FastAPI documents 422 for every path; here bad parameters get 400. What a path wants of a
    key stands in the table."""
    original = app.openapi

    def document() -> dict[str, Any]:
        described = original()
        described["components"]["securitySchemes"] = _SCHEMES
        for path, methods in described["paths"].items():
            for method, operation in methods.items():
                operation["security"] = _security(table[method.upper(), path])
                responses = operation["responses"]
                if "HTTPValidationError" in str(responses.get("422")):
                    del responses["422"]
                for status in (414, *((404,) if "{" in path else ())):
                    _document_server_error(responses, status)
        described["components"]["schemas"].pop("HTTPValidationError", None)
        described["components"]["schemas"].pop("ValidationError", None)
        return described

    app.openapi = document  # type: ignore[method-assign] # FastAPI's documented way to change it


def _document_server_error(responses: dict[str, Any], status: int) -> None:
    """Documents an error that is answered before a path is looked at: always in our own shape."""
    response = responses.setdefault(str(status), {"description": TITLES[status]})
    schema = {"$ref": "#/components/schemas/ErrorAnswer"}
    response.setdefault("content", {}).setdefault("application/json", {"schema": schema})


def openapi(settings: Settings) -> dict[str, Any]:
    """The OpenAPI document, for the command line and the reference pages."""
    return application(settings).openapi()


async def _registry_fault(_: Request, error: Exception) -> Response:
    assert isinstance(error, RegistryError)  # noqa: S101 - as it is registered
    return registry.fault_of(error)
