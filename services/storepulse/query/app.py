"""The query service's application: routes, errors, keys, and the pool's life."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from storepulse import __version__
from storepulse.adapters import metrics
from storepulse.adapters.clock import system_clock
from storepulse.adapters.database import Database
from storepulse.adapters.settings import Settings
from storepulse.adapters.writing_pool import WritingPool
from storepulse.contracts.registry import Registry, RegistryError
from storepulse.contracts.topics import load_catalog
from storepulse.query import (
    activity,
    carts,
    dead_letters,
    delivery,
    destinations,
    errors,
    health,
    heatmaps,
    landing,
    registry,
)
from storepulse.query.access import KeyRing, admin_key_required, key_required
from storepulse.query.delivery_stats import DeliveryStats, counted
from storepulse.query.tracing import Tracing

DESCRIPTION = """Reads of what Storepulse stored, and the schema registry of its topics.

Names are snake_case; the cart paths keep the camelCase of their published contract. Times are UTC,
money is a decimal string. Bots are left out unless `include_bots=true`. `from` is inside a period,
`to` is not. A parameter that a path does not know or that stands twice is refused with 400. Lists
are paged by opaque cursors, newest first."""


def application(settings: Settings) -> FastAPI:
    """The ASGI application; its pool opens and closes with its lifespan."""
    database = Database(settings, "query")
    writes = WritingPool(settings, "query-writes")

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
    app.state.writes = writes
    app.state.delivery_stats = DeliveryStats(partial(counted, database), system_clock)
    app.state.keys = KeyRing(database)
    app.state.settings = settings
    app.state.key_required = key_required(settings)
    app.state.admin_key_required = admin_key_required(settings)
    app.state.registry = Registry.of(load_catalog(settings.topic_prefix))
    errors.install(app)
    app.add_exception_handler(RegistryError, _registry_fault)
    for module in (
        carts, activity, heatmaps, landing, dead_letters, delivery, destinations, registry,
        health,
    ):  # fmt: skip
        app.include_router(module.router)
    _without_422(app)
    app.add_middleware(Tracing, correlation_header=settings.correlation_header)
    return app


def _without_422(app: FastAPI) -> None:
    """FastAPI documents 422 for every path; here bad parameters get 400."""
    original = app.openapi

    def document() -> dict[str, Any]:
        made = original()
        for methods in made["paths"].values():
            for operation in methods.values():
                responses = operation["responses"]
                if "HTTPValidationError" in str(responses.get("422")):
                    del responses["422"]
        made["components"]["schemas"].pop("HTTPValidationError", None)
        made["components"]["schemas"].pop("ValidationError", None)
        return made

    app.openapi = document  # type: ignore[method-assign] # FastAPI's documented way to change it


def openapi(settings: Settings) -> dict[str, Any]:
    """The OpenAPI document, for the command line and the reference pages."""
    return application(settings).openapi()


async def _registry_fault(_: Request, error: Exception) -> Response:
    assert isinstance(error, RegistryError)  # noqa: S101 - as it is registered
    return registry.fault(error)
