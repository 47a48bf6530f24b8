"""The OpenAPI document of the gateway, made from the types that decode the requests."""

from __future__ import annotations

from typing import Any

import msgspec

from storepulse import __version__
from storepulse.access.rules.needs import COLLECT, Need
from storepulse.access.rules.routes import GATEWAY
from storepulse.adapters.settings import Settings
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.endpoints import Endpoint, endpoints
from storepulse.streams.beacons import INPUTS

_REF = "#/components/schemas/{name}"

_ERROR = {
    "type": "object",
    "required": ["status", "error", "message"],
    "properties": {
        "status": {"const": "error"},
        "error": {"type": "string"},
        "message": {"type": "string"},
        "code": {"type": "string"},
        "details": {
            "type": "object",
            "required": ["field", "reason"],
            "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
        },
        "rejected": {"type": "array", "items": {"$ref": "#/components/schemas/RejectedEvent"}},
    },
}
_REJECTED = {
    "type": "object",
    "required": ["index", "field", "reason"],
    "properties": {
        "index": {"type": "integer"},
        "field": {"type": "string"},
        "reason": {"type": "string"},
    },
}
_ACCEPTED = {
    "type": "object",
    "required": ["status", "accepted", "ids", "rejected", "correlationId"],
    "properties": {
        "status": {"const": "accepted"},
        "accepted": {"type": "integer"},
        "ids": {"type": "array", "items": {"type": "string", "format": "uuid"}},
        "rejected": {"type": "array", "items": {"$ref": "#/components/schemas/RejectedEvent"}},
        "correlationId": {"type": "string"},
        "debug": {"type": "array", "items": {"type": "object"}},
        "durability": {
            "const": "spooled",
            "description": "Present while Kafka cannot be written: the events are on our disk",
        },
    },
}
_CART = {
    "type": "object",
    "required": ["status", "message", "data"],
    "properties": {
        "status": {"const": "success"},
        "message": {"type": "string"},
        "data": {
            "type": "object",
            "required": ["id", "createdAt"],
            "properties": {
                "id": {"type": "string", "pattern": "^cart-event-[0-9]+-[a-z0-9]{7}$"},
                "createdAt": {"type": "string", "format": "date-time"},
            },
        },
    },
}
_CART_BATCH = {
    "type": "object",
    "required": ["status", "message", "data"],
    "properties": {
        "status": {"const": "success"},
        "message": {"type": "string"},
        "data": {
            "type": "object",
            "required": ["accepted", "rejected", "results"],
            "properties": {
                "accepted": {"type": "integer"},
                "rejected": {"type": "integer"},
                "results": {"type": "array", "items": {"type": "object"}},
            },
        },
    },
}
_REFUSALS = {
    "400": "The body or one of its fields is wrong; it names the field",
    "401": "The key is missing, unknown or revoked",
    "403": "The key or the origin may not do this",
    "408": "The request did not arrive in time",
    "413": "The body, the batch or an event is too large",
    "414": "The URL is too long",
    "415": "Neither JSON nor text/plain, or an encoding other than gzip",
    "429": "Too many requests; see Retry-After",
    "431": "The headers are too large",
    "500": "The event cannot be stored",
    "503": "The event cannot be stored at the moment; see Retry-After",
}


def document(table: dict[str, Endpoint], max_batch: int) -> dict[str, Any]:
    """OpenAPI 3.1 of every path that takes events, and of the gateway's own."""
    types: dict[str, Any] = {
        stream: (INPUTS[stream].beacon, Decoding(INPUTS[stream], max_batch).batch_type)
        for stream in INPUTS
    }
    every = [kind for pair in types.values() for kind in pair]
    references, components = msgspec.json.schema_components(every, ref_template=_REF)
    by_type = dict(zip(every, references, strict=True))
    for stream, (beacon, batch) in types.items():
        name = by_type[batch]["$ref"].rpartition("/")[2]
        components[name]["properties"]["events"] |= {"minItems": 1, "maxItems": max_batch}
        # They go into `metadata`.
        name = by_type[beacon]["$ref"].rpartition("/")[2]
        components[name]["additionalProperties"] = INPUTS[stream].keeps_unknown
    components |= {
        "Error": _ERROR,
        "RejectedEvent": _REJECTED,
        "Accepted": _ACCEPTED,
        "CartTracked": _CART,
        "CartBatchTracked": _CART_BATCH,
        "Collection": {
            "type": "object",
            "additionalProperties": False,
            "required": ["stream", "events"],
            "properties": {
                "stream": {"enum": sorted(INPUTS)},
                "events": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": max_batch,
                    "items": {"anyOf": [by_type[beacon] for beacon, _ in types.values()]},
                },
                "key": {"type": ["string", "null"]},
            },
        },
    }
    paths: dict[str, Any] = {}
    for path, endpoint in table.items():
        if endpoint.stream is None:
            body: Any = {"$ref": "#/components/schemas/Collection"}
        else:
            beacon, batch = types[endpoint.stream]
            body = by_type[beacon if endpoint.one else batch]
        paths[path] = {"post": _operation(endpoint, body)}
    for path, text in (
        ("/healthz", "Whether the process answers"),
        ("/readyz", "Whether events are taken: keys are known, and Kafka or the spool takes them"),
        ("/metrics", "Prometheus metrics"),
        ("/openapi.json", "This document"),
    ):
        paths[path] = {
            "get": {
                "summary": text,
                "operationId": f"get {path}",
                "security": _security(GATEWAY["GET", path]),
                "responses": {"200": {"description": "As asked"}}
                | _refusals(*(() if path == "/healthz" else ("401", "403")), "503"),
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Storepulse gateway",
            "version": __version__,
            "description": "Takes events. 2xx means that the event is in Kafka, or, with the "
            "header X-Durability: spooled, on the gateway's disk until Kafka can be written.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
                "query": {"type": "apiKey", "in": "query", "name": "key"},
                "basic": {"type": "http", "scheme": "basic", "description": "It is the password"},
            },
        },
    }


def _operation(endpoint: Endpoint, body: Any) -> dict[str, Any]:
    if endpoint.cart_answer:
        status, answer = "200", "CartTracked" if endpoint.one else "CartBatchTracked"
    else:
        status, answer = "202", "Accepted"
    good = {
        "description": "The accepted events are stored",
        "content": _content({"$ref": f"#/components/schemas/{answer}"}),
    }
    what = "a batch of events" if not endpoint.one else "an event"
    return {
        "summary": f"Take {what} of the stream {endpoint.stream or 'that the body names'}",
        "operationId": f"post {endpoint.path}",
        "security": _security(GATEWAY["POST", endpoint.path]),
        "requestBody": {"required": True, "content": _content(body)},
        "responses": {status: good, **_refusals(*_REFUSALS)},
    }


def _security(need: Need) -> list[dict[str, list[str]]]:
    """What the document says about keys; {} is a call without one, as from this machine."""
    if need.opened == "always":
        return []
    places = ("bearer", "header", "basic", *(("query",) if need == COLLECT else ()))
    found: list[dict[str, list[str]]] = [{}]
    return found + [{place: []} for place in places]


def _content(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _refusals(*statuses: str) -> dict[str, Any]:
    content = _content({"$ref": "#/components/schemas/Error"})
    return {status: {"description": _REFUSALS[status], "content": content} for status in statuses}


def openapi(settings: Settings) -> dict[str, Any]:
    """The document of a gateway with these settings."""
    return document(endpoints(settings), settings.gateway_max_batch)
