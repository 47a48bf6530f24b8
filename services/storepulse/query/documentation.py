"""The OpenAPI document of the query service: FastAPI's, adapted for generators of clients.

FastAPI derives it from the routes and their models. This module adds what routes do not declare:
the access that a path requires (from the table of routes), and the errors and headers that come
from outside of the routes. It also corrects what generators would misread: fields that are always
present are required in answers, and optional fields of bodies have no default, which would make
them required in TypeScript. Operation ids become the names of functions in clients.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from storepulse.access.rules.needs import Need
from storepulse.access.rules.routes import Table
from storepulse.adapters.http.errors import TITLES
from storepulse.adapters.http.registry_errors import CONTENT_TYPE, is_registry_path

Schema = dict[str, Any]

DESCRIPTION = """Reads of what Storepulse stored, and the schema registry of its topics.

Names are snake_case; the cart paths keep the camelCase of their published contract. Times are UTC,
money is a decimal string. Bots are left out unless `include_bots=true`. `from` is inside a period,
`to` is not. Dates, and times without an offset, are those of `tz`, by default the store's zone; so
are days. Answers say of which period and zone they are. A parameter that a path does not know or
that is given twice is refused with 400. Lists are paged by opaque cursors, newest first."""

_TAGS = {
    "activity": "What visitors of a store did",
    "bot": "What happened in chats with a store's bot",
    "custom events": "Events that a shop named itself, and what they say",
    "web vitals": "How fast and how steady pages are for visitors",
    "audience": "Who came, from where, and what they saw",
    "carts": "What was put into carts",
    "customers": "Who they are, and what they bought",
    "heatmaps": "Where visitors clicked, rested and scrolled to",
    "landing pages": "What landing pages brought",
    "campaigns": "What campaigns brought",
    "people": "Everybody of a store, and what one of them did",
    "orders": "What was ordered, by the shop's word and the tracker's",
    "usage": "What stores used, by month, and statements of closed months",
    "live": "Events as they arrive, and what comes of each",
    "streams": "Which kinds of events there are, and the events of any of them",
    "delivery": "What was sent where, and what came of it",
    "dead letters": "What could not be processed, and the way back",
    "destinations": "Where events are sent",
    "experiments": "A/B tests: planned, made, moved, and what they show; pages before any variant",
    "plans": "What a store may use in a period, and what it has used",
    "schema registry": "Schemas of the topics, as Confluent's registry answers",
    "console": "Signing in to the console, and out",
    "health": "What the service says of itself",
}
_KEYS: list[dict[str, list[str]]] = [{"bearer": []}, {"header": []}, {"basic": []}]
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A secret key: ssk_…"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "basic": {"type": "http", "scheme": "basic", "description": "The key is the password"},
}
_HEADERS = {
    "RequestId": {"description": "Id of this request", "schema": {"type": "string"}},
    "RetryAfter": {
        "description": "Seconds to wait before the next try",
        "schema": {"type": "integer"},
    },
}
_REF = "#/components/schemas/"


def operation_id_of(route: APIRoute) -> str:
    """The id of a route's operation: its function's name, a verb with an object."""
    return route.name


def install(app: FastAPI, table: Table) -> None:
    """Make `app` serve this document."""
    original = app.openapi

    def document() -> Schema:
        return app.openapi_schema or _complete(original(), table)

    app.openapi = document  # type: ignore[method-assign] # FastAPI's documented way to change it


def _complete(document: Schema, table: Table) -> Schema:
    components: Schema = document["components"]
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    document["servers"] = [{"url": "/", "description": "The service that serves this document"}]
    components["securitySchemes"] = _SCHEMES
    components["headers"] = _HEADERS
    tags: set[str] = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            operation["security"] = _security(table[method.upper(), path])
            tags |= set(operation["tags"])
            _document_errors(path, method, operation)
    document["tags"] = [{"name": tag, "description": _TAGS.get(tag, "")} for tag in sorted(tags)]
    _say_what_is_required(document)
    return document


def _security(need: Need) -> list[dict[str, list[str]]]:
    """The security of an operation; {} allows a call without a key."""
    match need.opened:
        case "always" | "by token":
            return []
        case "never":
            return _KEYS
    return [{}, *_KEYS]


def _document_errors(path: str, method: str, operation: Schema) -> None:
    """Add the errors from outside of a route: of the HTTP server, of the guard, of the gateway."""
    responses: Schema = operation["responses"]
    # FastAPI documents 422 for every path; here bad parameters get 400.
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    statuses = [414, *((404,) if "{" in path else ())]
    if path.startswith("/api/") or is_registry_path(path):
        statuses.append(429)
    if method != "get":
        statuses.append(413)
    of_registry = is_registry_path(path)
    for status in statuses:
        response = responses.setdefault(str(status), {"description": TITLES[status]})
        content = response.setdefault("content", {})
        # The server refuses before it looks at the path, so these refusals never have the
        # registry's form.
        if not of_registry or status in (404, 414):
            content.setdefault("application/json", {"schema": {"$ref": f"{_REF}ErrorAnswer"}})
        if of_registry and status != 414:
            content.setdefault(CONTENT_TYPE, {"schema": {"$ref": f"{_REF}RegistryFault"}})
    for status_text, response in responses.items():
        headers = response.setdefault("headers", {})
        headers["X-Request-Id"] = {"$ref": "#/components/headers/RequestId"}
        if status_text in ("429", "503"):
            headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}


def _say_what_is_required(document: Schema) -> None:
    schemas: dict[str, Schema] = document["components"]["schemas"]
    operations = [one for methods in document["paths"].values() for one in methods.values()]
    taken = _reachable([one.get("requestBody", {}) for one in operations], schemas)
    answered = _reachable([one["responses"] for one in operations], schemas)
    for name in taken - answered:
        _tell_defaults(schemas[name])
    for name in answered - taken:
        _require_defaults(schemas[name])


def _tell_defaults(schema: Schema) -> None:
    """Move defaults into descriptions: generators make a field with a default required in
    TypeScript."""
    for field in schema.get("properties", {}).values():
        default = field.pop("default", None)
        if default not in (None, "", [], {}):
            told = f"{field.get('description', '')} (default: {str(default).lower()})"
            field["description"] = told.strip()


def _require_defaults(schema: Schema) -> None:
    """Make fields of answers required if they have a default: they are always present."""
    properties: Schema = schema.get("properties", {})
    always = [name for name, field in properties.items() if field.get("default") is not None]
    for field in properties.values():
        field.pop("default", None)
    required = {*schema.get("required", ()), *always}
    if required:
        schema["required"] = [name for name in properties if name in required]


def _reachable(parts: Any, schemas: dict[str, Schema]) -> set[str]:
    """Names of the components that these parts of the document refer to, directly or indirectly."""
    found: set[str] = set()
    waiting = list(_references(parts))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(schemas[name])
    return found


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str) and reference.startswith(_REF):
            yield reference.removeprefix(_REF)
        for inner in part.values():
            yield from _references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _references(inner)
