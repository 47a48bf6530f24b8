"""Every route of our services, with what it requires. Routes that are not listed are not served;
the paths that take events are listed by the streams (`gateway/endpoints.py`).

In a template, `{name}` matches one segment that is neither empty nor a dot segment. `{rest}` at the
end matches one or more, of which the last may be empty. A path is matched both as sent and decoded.
If the two match different templates, there is no route.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from storepulse.access.rules.needs import (
    ADMIN,
    ADMIN_OF_ALL,
    ANY_KEY,
    COLLECT,
    LOCAL,
    METRICS,
    OPEN,
    OPS,
    READ,
    READ_OR_ADMIN,
    SECRET,
    SIGN_IN,
    TOKEN,
    Need,
)

Table = Mapping[tuple[str, str], Need]
NO_ROUTES: Table = {}
_REST = "{rest}"

#: Routes of every service about itself.
OF_EACH: Table = {
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): ANY_KEY,
    ("GET", "/metrics"): METRICS,
    ("GET", "/openapi.json"): ANY_KEY,
}

_READS: Table = {
    ("GET", path): READ
    for path in (
        "/api/ab-testing/{store_id}/plan",
        "/api/ab-testing/{store_id}/test/{test_id}/results",
        "/api/ab-testing/{store_id}/test/{test_id}/results/days",
        "/api/analytics/countries",
        "/api/analytics/funnel",
        "/api/analytics/live",
        "/api/analytics/live/{live_id}",
        "/api/analytics/overview",
        "/api/analytics/pages",
        "/api/analytics/pixels",
        "/api/analytics/products",
        "/api/analytics/revenue",
        "/api/analytics/searches",
        "/api/analytics/sessions",
        "/api/analytics/sources",
        "/api/analytics/stats",
        "/api/analytics/users",
        "/api/analytics/users/{client_id}/events",
        "/api/analytics/visitors",
        "/api/campaigns",
        "/api/campaigns/stats",
        "/api/campaigns/{campaign_id}/stats",
        "/api/cart-tracking/analytics",
        "/api/cart-tracking/events",
        "/api/cart-tracking/export",
        "/api/carts/sessions",
        "/api/custom-events",
        "/api/custom-events/days",
        "/api/custom-events/properties",
        "/api/customer-activity",
        "/api/delivery/destinations",
        "/api/delivery/destinations/{destination}",
        "/api/delivery/events",
        "/api/delivery/events/{event_id}",
        "/api/delivery/stats",
        "/api/health/pipeline",
        "/api/heatmap/{store_id}",
        "/api/heatmap/{store_id}/pages",
        "/api/heatmap/{store_id}/pictures",
        "/api/heatmap/{store_id}/pictures/{picture_id}",
        "/api/landing-pages",
        "/api/landing-pages/stats",
        "/api/landing-pages/{landing_page_id}/stats",
        "/api/orders",
        "/api/meters",
        "/api/orders/reconciliation",
        "/api/people",
        "/api/people/{person}",
        "/api/people/{person}/events",
        "/api/streams",
        "/api/streams/{stream}/events",
        "/api/usage/{store_id}",
        "/api/usage/{store_id}/days",
        "/api/usage/{store_id}/limits",
        "/api/usage/{store_id}/statements",
        "/api/usage/{store_id}/statements/{period}",
        "/api/web-vitals",
        "/api/web-vitals/pages",
        "/customers",
        "/customers/meta",
        "/customers/{customer}",
    )
}

#: Experiments as authors wrote them.
_DEFINITIONS: Table = {
    ("GET", "/api/ab-testing/{store_id}"): READ_OR_ADMIN,
    ("GET", "/api/ab-testing/{store_id}/test/{test_id}"): READ_OR_ADMIN,
}

#: Links that open a page with its heatmap, and the requests of such a page.
_OVERLAYS: Table = {("POST", "/api/heatmap/{store_id}/overlay"): READ}
BY_TOKEN: Table = {("POST", "/api/heatmap-overlay"): TOKEN}

#: POST, so that names of people are in the body.
_PEOPLE: Table = {
    ("POST", "/api/people/search"): READ,
    ("POST", "/api/people/export"): READ,
}

_OPERATIONS: Table = {
    ("POST", "/api/delivery/events/{event_id}/resend"): OPS,
    ("GET", "/api/dead-letters"): OPS,
    ("GET", "/api/dead-letters/groups"): OPS,
    ("GET", "/api/dead-letters/runs/{run}"): OPS,
    ("GET", "/api/dead-letters/{dead_letter_id}"): OPS,
    ("POST", "/api/dead-letters/discard"): OPS,
    ("POST", "/api/dead-letters/reopen"): OPS,
    ("POST", "/api/dead-letters/replay"): OPS,
}

_ADMINISTRATION: Table = {
    (method, path): ADMIN
    for path, methods in {
        "/api/ab-testing/{store_id}": ("POST",),
        "/api/ab-testing/{store_id}/test/{test_id}": ("PUT", "DELETE"),
        "/api/ab-testing/{store_id}/test/{test_id}/archive": ("POST",),
        "/api/ab-testing/{store_id}/test/{test_id}/complete": ("POST",),
        "/api/ab-testing/{store_id}/test/{test_id}/pause": ("POST",),
        "/api/ab-testing/{store_id}/test/{test_id}/preview": ("POST",),
        "/api/ab-testing/{store_id}/test/{test_id}/resume": ("POST",),
        "/api/ab-testing/{store_id}/test/{test_id}/start": ("POST",),
        "/api/audit": ("GET",),
        "/api/heatmap/{store_id}/pictures": ("PUT",),
        "/api/heatmap/{store_id}/pictures/{picture_id}": ("DELETE",),
        "/api/keys": ("GET", "POST"),
        "/api/keys/{key_id}": ("GET", "PATCH", "DELETE"),
        "/api/keys/{key_id}/rotate": ("POST",),
        "/api/page-config/{page_type}/{slug}": ("PUT",),
        "/api/page-configs": ("GET",),
        "/api/stores": ("GET", "POST"),
        "/api/stores/{store_id}": ("GET", "PATCH"),
        "/api/stores/{store_id}/plan": ("GET",),
        "/api/stores/{store_id}/secrets": ("GET",),
        "/api/stores/{store_id}/secrets/{kind}": ("PUT", "DELETE"),
        "/api/destinations": ("GET", "POST"),
        "/api/destinations/{destination}": ("GET", "PATCH", "DELETE"),
        "/api/destinations/{destination}/secrets": ("POST", "DELETE"),
        "/api/destinations/{destination}/test": ("POST",),
    }.items()
    for method in methods
}

#: Decisions of the platform about stores: keys that are tied to a store are refused.
_OF_PLATFORM: Table = {
    (method, path): ADMIN_OF_ALL
    for path, methods in {
        "/api/plans": ("GET",),
        "/api/plans/{plan}": ("GET", "PUT", "DELETE"),
        "/api/stores/{store_id}/plan": ("PUT",),
        "/api/meters/{meter}": ("PUT",),
    }.items()
    for method in methods
}

#: What every secret key may ask about itself.
_OF_KEYS: Table = {("GET", "/api/me"): SECRET}

_REGISTRY: Table = {
    (method, path): ANY_KEY
    for path, methods in {
        "/compatibility/subjects/{subject}/versions": ("POST",),
        "/compatibility/subjects/{subject}/versions/{version}": ("POST",),
        "/config": ("GET", "PUT", "DELETE"),
        "/config/{subject}": ("GET", "PUT", "DELETE"),
        "/contexts": ("GET",),
        "/mode": ("GET", "PUT", "DELETE"),
        "/mode/{subject}": ("GET", "PUT", "DELETE"),
        "/schemas": ("GET",),
        "/schemas/guids/{guid}": ("GET",),
        "/schemas/ids/{schema_id}": ("GET",),
        "/schemas/ids/{schema_id}/schema": ("GET",),
        "/schemas/ids/{schema_id}/subjects": ("GET",),
        "/schemas/ids/{schema_id}/versions": ("GET",),
        "/schemas/types": ("GET",),
        "/subjects": ("GET",),
        "/subjects/{subject}": ("POST", "DELETE"),
        "/subjects/{subject}/metadata": ("GET",),
        "/subjects/{subject}/versions": ("GET", "POST"),
        "/subjects/{subject}/versions/{version}": ("GET", "DELETE"),
        "/subjects/{subject}/versions/{version}/referencedby": ("GET",),
        "/subjects/{subject}/versions/{version}/schema": ("GET",),
        "/v1/metadata/id": ("GET",),
        "/v1/metadata/version": ("GET",),
    }.items()
    for method in methods
}

#: The demo shop's routes, if it is enabled. Its pages contain its key, which other machines must
#: not get.
DEMO_SHOP: Table = {
    (method, f"/demo{path}"): LOCAL
    for method, paths in {
        "GET": (
            "",
            "/api/journey",
            "/api/slots/{product}",
            "/cart",
            "/checkout",
            "/files/{name}",
            "/landing",
            "/p/{product}",
            "/pictures/{name}",
            "/preview",
            "/preview/p/{product}",
            "/thanks/{order}",
        ),
        "POST": ("/api/chat", "/api/checkout", "/api/try-on"),
    }.items()
    for path in paths
}

#: The console: its pages and files, which are open, and signing in and out.
SESSION: Table = {(method, "/api/session"): SIGN_IN for method in ("POST", "DELETE")}
CONSOLE: Table = {
    **{("GET", path): OPEN for path in ("/", "/analytics", "/analytics/{rest}")},
    **SESSION,
}

#: Routes that the gateway passes on. It drops cookies, so the console is not one of them.
PASSED: Table = {
    **OF_EACH,
    **_READS,
    **_DEFINITIONS,
    **_OVERLAYS,
    **_PEOPLE,
    **BY_TOKEN,
    **_OPERATIONS,
    **_ADMINISTRATION,
    **_OF_PLATFORM,
    **_OF_KEYS,
    **_REGISTRY,
}

QUERY: Table = {**PASSED, **CONSOLE}


@dataclass(frozen=True, slots=True)
class Route:
    """A path template and what its methods require."""

    path: str
    needs: dict[str, Need] = field(default_factory=dict)

    def need_of(self, method: str) -> Need:
        """What a method requires. A method that is not served requires what the first served one
        does, so that only permitted callers learn which methods exist."""
        served = "GET" if method == "HEAD" else method
        need = self.needs.get(served)
        return next(iter(self.needs.values())) if need is None else need

    def serves(self, method: str) -> bool:
        """Whether the method is served; HEAD is served like GET."""
        return method in self.needs or (method == "HEAD" and "GET" in self.needs)

    @property
    def allow_header(self) -> str:
        """The value of the header Allow."""
        methods = {*self.needs, "OPTIONS", *(("HEAD",) if "GET" in self.needs else ())}
        return ", ".join(sorted(methods))


class Routes:
    """Looks up the routes of a table by path."""

    def __init__(self, table: Table) -> None:
        self._literal: dict[str, Route] = {}
        self._by_length: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        self._open_ended: list[tuple[str, Route]] = []
        for (method, template), need in table.items():
            route = self._literal.get(template)
            if route is None:
                route = self._literal[template] = Route(template)
                if template.endswith(_REST):
                    self._open_ended.append((template.removesuffix(_REST), route))
                elif "{" in template:
                    segments = tuple(template.split("/"))
                    self._by_length.setdefault(len(segments), []).append((segments, route))
            route.needs[method] = need

    def find(self, path: str, raw: bytes) -> Route | None:
        """The route of a path, given decoded and as sent; None if there is none."""
        route = self._match(path)
        return route if route is not None and route is self._match(raw.decode("latin-1")) else None

    def _match(self, path: str) -> Route | None:
        route = None if "{" in path else self._literal.get(path)
        if route is not None:
            return route
        segments = path.split("/")
        for template, route in self._by_length.get(len(segments), ()):
            if all(map(_matches, template, segments)):
                return route
        for start, route in self._open_ended:
            if path.startswith(start) and _is_rest(path.removeprefix(start)):
                return route
        return None


def _matches(template: str, segment: str) -> bool:
    if not template.startswith("{"):
        return template == segment
    return segment not in ("", ".", "..")


def _is_rest(rest: str) -> bool:
    *segments, last = rest.split("/")
    return last not in (".", "..") and not {"", ".", ".."} & set(segments)


#: Prefixes of paths with access to rows. None of these routes may be open.
GUARDED = ("/api/", "/customers")


def unsafe_route_of(table: Table, collection: Table = NO_ROUTES) -> str:
    """The first route of a table that is open but must not be, as text; "" if there is none.
    `collection`: the routes that take events."""
    for (method, path), need in table.items():
        collecting = need == COLLECT and (method, path) in collection
        by_token = {**BY_TOKEN, **SESSION}.get((method, path)) == need
        if path.startswith(GUARDED) and need.opened != "never" and not (collecting or by_token):
            return f"{method} {path} would be served without a key"
    return ""
