"""The query service's application: routes, errors, access, and the lifetime of its pools."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.responses import Response

from storepulse import __version__
from storepulse.access.rules.needs import ANY_KEY, LOCAL
from storepulse.access.rules.routes import DEMO_SHOP, QUERY, Routes, Table, unsafe_route_of
from storepulse.adapters import metrics
from storepulse.adapters.clock import system_clock
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.http.registry_errors import is_registry_path
from storepulse.adapters.http.responses import response_of
from storepulse.adapters.postgres.pool import Pool, ThreadPool
from storepulse.adapters.server_state import database_state, kafka_state
from storepulse.adapters.settings import Settings, variable_name
from storepulse.contracts.registry import Registry, RegistryError
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Misconfigured, Rejected
from storepulse.query import (
    activity,
    audience,
    bots,
    campaign_lists,
    campaigns,
    cart_events,
    carts,
    custom_events,
    customers,
    dead_letters,
    delivery,
    delivery_health,
    destinations,
    documentation,
    errors,
    events,
    experiment_plans,
    experiment_results,
    experiments,
    health,
    heatmap_pictures,
    heatmaps,
    keys,
    landing,
    landing_pages,
    orders,
    overlays,
    overview,
    page_configs,
    people,
    person,
    pipeline,
    pixels,
    plans,
    products,
    registry,
    revenue,
    searches,
    session_carts,
    store_secrets,
    stores,
    usage,
    visitors,
    web_vitals,
)
from storepulse.query.access import RouteGuard
from storepulse.query.app_state import SCOPES
from storepulse.query.closed_figures import ClosedFigures
from storepulse.query.compression import Compression
from storepulse.query.console import routes as console
from storepulse.query.console import sign_in
from storepulse.query.console.files import ConsoleFiles
from storepulse.query.console.policy import image_origins_of
from storepulse.query.delivery_stats import DeliveryStats, count_deliveries
from storepulse.query.gateway_watch import GatewayWatch, addresses_of
from storepulse.query.key_ring import KeyRing
from storepulse.query.live import routes as live
from storepulse.query.live.live_state import LiveState
from storepulse.query.pools import reading_pool, writing_pool
from storepulse.query.session_ring import SessionRing
from storepulse.query.stream_flow import StreamFlow
from storepulse.query.tracing import Tracing
from storepulse.query.visitor_counts import VisitorCounts

#: The modules with routes.
MODULES = (
    carts, cart_events, session_carts, activity, products, searches, custom_events, web_vitals,
    bots, visitors, overview, audience, heatmaps, heatmap_pictures, overlays, landing,
    landing_pages, campaigns, campaign_lists, orders, pixels, revenue, customers, people, person,
    usage, plans, dead_letters, delivery, delivery_health, destinations, experiments,
    experiment_plans, experiment_results, page_configs, stores, store_secrets, keys, registry,
    events, live, health, pipeline, sign_in, console,
)  # fmt: skip


class Unguarded(Exception):
    """A route that is not in the table of routes, or differs from it. The service does not
    start."""


def application(settings: Settings, table: Table = QUERY) -> FastAPI:
    """The ASGI application. Its pools open and close with its lifespan.

    Raises Unguarded if `table` does not match the routes, Misconfigured if an origin of images is
    not valid.
    """
    database = reading_pool(settings)
    writes = writing_pool(settings)
    if settings.demo_shop_enabled:
        table = {**table, **DEMO_SHOP}

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        metrics.describe_build("query")
        async with database, writes, app.state.live, AsyncExitStack() as more:
            if settings.demo_shop_enabled:
                from storepulse.query.demo_shop.shop_server import ShopServer

                app.state.demo_shop = await more.enter_async_context(ShopServer(settings, writes))
            yield

    app = FastAPI(
        title="Storepulse query",
        version=__version__,
        description=documentation.DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=documentation.operation_id_of,
    )
    _set_state(app, settings, database, writes)
    errors.install(app)
    app.add_exception_handler(RegistryError, _registry_fault)
    for module in MODULES:
        app.include_router(module.router)
    if settings.demo_shop_enabled:
        _include_demo_shop(app)
    documentation.install(app, table)
    check_routes(app, table)
    app.add_middleware(Compression)
    app.add_middleware(
        RouteGuard,
        settings=settings,
        routes=Routes(table),
        keys=KeyRing(database),
        sessions=app.state.sessions,
        refuse=_answer_refusal,
    )
    app.add_middleware(Tracing, correlation_header=settings.correlation_header)
    return app


def _set_state(app: FastAPI, settings: Settings, database: Pool, writes: ThreadPool) -> None:
    """Set the state that routes share between requests."""
    app.state.database = database
    app.state.database_state = database_state()
    app.state.kafka_state = kafka_state()
    app.state.writes = writes
    app.state.live = LiveState(settings, database, app.state.kafka_state)
    app.state.delivery_stats = DeliveryStats(partial(count_deliveries, database), system_clock)
    app.state.closed_figures = ClosedFigures()
    app.state.flow = StreamFlow()
    app.state.gateway_watch = GatewayWatch(addresses_of(settings), settings.query_gateways_key_file)
    app.state.visitor_counts = VisitorCounts()
    app.state.bot_user_counts = VisitorCounts()
    app.state.settings = settings
    app.state.sessions = SessionRing(database, writes)
    app.state.sign_in_limit = sign_in.SignInLimit(settings)
    app.state.console_files = ConsoleFiles()
    app.state.image_origins = _image_origins(settings)
    app.state.registry = Registry.of(load_catalog(settings.topic_prefix))


def _include_demo_shop(app: FastAPI) -> None:
    """Loaded only if the shop is enabled: it brings a client of its own."""
    from storepulse.query.demo_shop import routes

    app.include_router(routes.router)


def _image_origins(settings: Settings) -> list[str]:
    try:
        return image_origins_of(settings.console_image_origins)
    except Rejected as error:
        raise Misconfigured(variable_name("console_image_origins"), str(error)) from None


def check_routes(app: FastAPI, table: Table) -> None:
    """Raises Unguarded if a route is not in the table, or is written for another scope."""
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
            if need not in (ANY_KEY, LOCAL) and scopes - {need.scope}:
                raise Unguarded(f"{method} {path} requires {need.scope}, but serves {scopes}")


def _answer_refusal(path: str, refusal: RequestRefused) -> Response:
    """The answer to a refused request at a path; paths of the registry use its format."""
    if is_registry_path(path):
        return registry.answer_refusal(refusal)
    return response_of(refusal)


def openapi(settings: Settings) -> dict[str, Any]:
    """The OpenAPI document, for the command line and the reference pages."""
    return application(settings).openapi()


async def _registry_fault(_: Request, error: Exception) -> Response:
    assert isinstance(error, RegistryError)  # noqa: S101 - as it is registered
    return registry.answer_fault(error)
