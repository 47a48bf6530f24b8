"""The gateway's OpenAPI document, generated from the types that decode requests.

Generated clients name their functions after the operation ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from storepulse import __version__
from storepulse.access.rules.needs import Need
from storepulse.adapters.settings import Settings
from storepulse.gateway.endpoints import GATEWAY, SEGMENT_SETTINGS, Endpoint, endpoints
from storepulse.gateway.experiments.paths import PUBLIC_READS
from storepulse.gateway.openapi_beacons import BeaconSchemas, examples, examples_for
from storepulse.gateway.openapi_doors import DOOR_PARAMETERS, DOOR_SCHEMES, DOORS
from storepulse.gateway.openapi_experiments import REFUSALS, SCHEMAS, read_operation
from storepulse.gateway.openapi_schemas import ANSWERS, HEADERS, headers_of
from storepulse.gateway.openapi_segment import (
    call_operation,
    segment_schemas,
    settings_operation,
)
from storepulse.gateway.openapi_tracker import tracker_operation
from storepulse.gateway.tracker.files import TRACKER, TRACKER_FILE
from storepulse.streams.registry import STREAMS

_REFUSALS = {
    "400": "The body or one of its fields is wrong; it names the field",
    "401": "The key is missing, unknown or revoked",
    "402": "The store has used up its plan; keep the events and see Retry-After",
    "404": "There is no such thing",
    "403": "The key or the origin may not do this",
    "408": "The request did not arrive in time",
    "413": "The body, the batch or an event is too large",
    "414": "The URL is too long",
    "415": "Neither JSON nor text/plain, or an encoding other than gzip",
    "417": "The request has an Expect other than 100-continue",
    "429": "Too many requests; see Retry-After",
    "431": "The headers are too large",
    "500": "The event cannot be stored",
    "503": "The event cannot be stored at the moment; see Retry-After",
}


#: Path -> operation id, summary, and the schema and media type of the good answer.
_OWN_PATHS = {
    "/healthz": ("get_health", "Whether the process answers", "Health", "application/json"),
    "/readyz": (
        "get_readiness",
        "Whether events are taken: keys are known, and Kafka or the spool takes them",
        "Readiness",
        "application/json",
    ),
    "/metrics": ("get_metrics", "Prometheus metrics", "", "text/plain"),
    "/openapi.json": ("get_openapi", "This document", "", "application/json"),
}
_SECURITY_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A publishable key (spk_…), or a secret one (ssk_…) for servers",
    },
    "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "query": {
        "type": "apiKey",
        "in": "query",
        "name": "key",
        "description": "For `sendBeacon`, which cannot send headers",
    },
    "basic": {"type": "http", "scheme": "basic", "description": "It is the password, or the user"},
    **DOOR_SCHEMES,
}
_DESCRIPTION = """Takes events. 2xx means that the event is in Kafka, or, with the header
X-Durability: spooled, on the gateway's disk until Kafka can be written.

A body is JSON in UTF-8, sent as `application/json`, or as `text/plain`, as `sendBeacon` does; with
`Content-Encoding: gzip` it may be compressed. It has at most 256 KiB after decompression unless the
gateway is set otherwise. Repeat a request after no answer, 402, 408, 429 and 5xx, with the same
ids, and never after another 4xx."""
_TAGS = [
    {"name": "events", "description": "Take events"},
    {"name": "experiments", "description": "What visitors see of tests"},
    {"name": "service", "description": "What the gateway says of itself"},
]


def document_of(table: dict[str, Endpoint], max_batch: int) -> dict[str, Any]:
    """OpenAPI 3.1 of all collection paths and of the gateway's own paths."""
    schemas = BeaconSchemas(max_batch)
    taken: set[str] = set()
    paths = {
        path: {
            "post": _segment_operation(endpoint)
            if endpoint.is_segment
            else _collection_operation(endpoint, schemas, taken)
        }
        for path, endpoint in table.items()
    }
    not_there = _error_responses(("404",))
    paths |= {path: {"get": tracker_operation(path, not_there)} for path in (TRACKER, TRACKER_FILE)}
    paths[SEGMENT_SETTINGS] = {"get": settings_operation(_error_responses(("404", "429", "503")))}
    paths |= {path: {"get": _own_operation(path)} for path in _OWN_PATHS}
    paths |= {
        path: {"get": read_operation(path, _security_of(need), _error_responses(REFUSALS))}
        for (_, path), need in PUBLIC_READS.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Storepulse gateway",
            "version": __version__,
            "description": _DESCRIPTION,
        },
        "servers": [{"url": "/", "description": "The gateway that serves this document"}],
        "tags": _TAGS,
        "paths": paths,
        "components": {
            "schemas": schemas.components | ANSWERS | SCHEMAS | segment_schemas(max_batch),
            "headers": HEADERS,
            "parameters": _PARAMETERS,
            "examples": examples(),
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


def _own_operation(path: str) -> dict[str, Any]:
    name, summary, schema, media_type = _OWN_PATHS[path]
    statuses = ("503",) if path == "/healthz" else ("401", "403", "503")
    shown: dict[str, Any] = {"type": "string"} if media_type == "text/plain" else {"type": "object"}
    if schema:
        shown = {"$ref": f"#/components/schemas/{schema}"}
    good = {"description": "As asked", "content": {media_type: {"schema": shown}}}
    responses = {"200": good} | _error_responses(statuses)
    if path == "/readyz":
        responses["503"] |= {"description": "Events are not taken", "content": good["content"]}
    return {
        "summary": summary,
        "operationId": name,
        "tags": ["service"],
        "security": _security_of(GATEWAY["GET", path]),
        "responses": responses,
    }


def _segment_operation(endpoint: Endpoint) -> dict[str, Any]:
    security = _security_of(GATEWAY["POST", endpoint.path])
    return call_operation(endpoint, security, _error_responses(_REFUSALS))


def _collection_operation(
    endpoint: Endpoint, schemas: BeaconSchemas, taken: set[str]
) -> dict[str, Any]:
    if endpoint.stream is None:
        schema = schemas.any_stream
    else:
        schema = (schemas.one if endpoint.one else schemas.many)[endpoint.stream]
        if endpoint.lists:
            schema = schemas.any_form(endpoint.stream)
    if endpoint.beacons_of is not None:
        schema = _ANY_OBJECT
    if endpoint.cart_answer:
        status, answer = "200", "CartTracked" if endpoint.one else "CartBatchTracked"
    elif endpoint.status == 200:
        status, answer = "200", "WebhookTaken"
    else:
        status, answer = "202", "Accepted"
    good = {
        "description": "The accepted events are stored",
        "headers": headers_of(status),
        "content": _json_content({"$ref": f"#/components/schemas/{answer}"}),
    }
    what = "a batch of events" if not endpoint.one else "an event"
    what = "an event, or a list of events," if endpoint.lists else what
    return {
        "summary": f"Take {what} of the stream {endpoint.stream or 'that the body names'}",
        "operationId": _operation_id(endpoint, taken),
        "tags": ["events"],
        "security": _security_of(GATEWAY["POST", endpoint.path], endpoint.door),
        "parameters": [
            {"$ref": f"#/components/parameters/{name}"}
            for name in (
                "Debug",
                *(DOORS[endpoint.door].parameters if endpoint.door else ("SentAt",)),
            )
        ]
        + _path_parameters(endpoint),
        "requestBody": {"required": True, "content": _body_content(endpoint, schema)},
        "responses": {status: good, **_error_responses(_refusals_of(endpoint))},
    }


_ANY_OBJECT = {"type": "object", "additionalProperties": True}
_PARAMETERS = {
    **DOOR_PARAMETERS,
    "Debug": {
        "name": "debug",
        "in": "query",
        "required": False,
        "description": "`1` with a secret key: the answer has the records as they were encoded",
        "schema": {"type": "string", "const": "1"},
    },
    "SentAt": {
        "name": "sent_at",
        "in": "query",
        "required": False,
        "description": "When this request is sent, in epoch milliseconds by the clock that the"
        " events' times are of: like `sent_at` in the body, which takes precedence. A retry"
        " sends the same body with a new time",
        "schema": {"type": "string", "pattern": "^[0-9]{1,15}$"},
    },
}


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    """The field that is stated by the path's last segment."""
    if endpoint.stream is None or endpoint.parameter is None:
        return []
    name, stream = endpoint.parameter, STREAMS[endpoint.stream]
    beacon = stream.input.beacon
    schema = msgspec.json.schema(beacon)["$defs"][beacon.__name__]["properties"][name]
    stated = next(part for part in schema.get("anyOf", [schema]) if part.get("type") != "null")
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": "The field of that name of every event in the body",
            "schema": stated,
            "example": stream.sample(stream.types.names[0], {})[name],
        }
    ]


def _operation_id(endpoint: Endpoint, taken: set[str]) -> str:
    """`track_cart_event`, `track_heatmap_batch`. A stream's second path of a kind is named by its
    path."""
    if endpoint.stream is None:
        name = "track_events"
    else:
        name = f"track_{endpoint.stream}_{'event' if endpoint.one else 'batch'}"
    if name in taken:
        words = (part for part in endpoint.path.replace("-", "_").split("/") if part.isidentifier())
        name = f"{name}_at_{'_'.join(words)}"
    taken.add(name)
    return name


def _body_content(endpoint: Endpoint, schema: Any) -> dict[str, Any]:
    """A body as JSON, and as the text that `sendBeacon` sends, which is the same JSON."""
    if endpoint.beacons_of is not None:
        return {"application/json": {"schema": schema}}
    text = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
    return {
        "application/json": {
            "schema": schema,
            "examples": examples_for(endpoint),
        },
        "text/plain": {"schema": text},
    }


def _security_of(need: Need, door: str | None = None) -> list[dict[str, list[str]]]:
    """The security requirement of a path; {} allows a call without a key, as from this machine."""
    if need.opened == "always":
        return []
    if door is not None:
        return [{scheme: []} for scheme in DOORS[door].schemes]
    schemes = ("bearer", "header", "basic", *(("query",) if need.of_pages else ()))
    # A call without a key in its head may have one in its body.
    without_key: list[dict[str, list[str]]] = [{}]
    return without_key + [{scheme: []} for scheme in schemes]


def _json_content(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _refusals_of(endpoint: Endpoint) -> list[str]:
    """The error statuses of a path; senders of webhooks never get 402."""
    return [status for status in _REFUSALS if status != "402" or not endpoint.is_webhook]


def _error_responses(statuses: Iterable[str]) -> dict[str, Any]:
    content = _json_content({"$ref": "#/components/schemas/Error"})
    return {
        status: {
            "description": _REFUSALS[status],
            "headers": headers_of(status),
            "content": content,
        }
        for status in statuses
    }


def openapi(settings: Settings) -> dict[str, Any]:
    """The OpenAPI document of a gateway with these settings."""
    return document_of(endpoints(settings), settings.gateway_max_batch)
