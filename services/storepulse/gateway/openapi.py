"""The OpenAPI document of the gateway, made from the types that decode the requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from storepulse import __version__
from storepulse.access.rules.needs import COLLECT, Need
from storepulse.adapters.settings import Settings
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.endpoints import GATEWAY, Endpoint, endpoints
from storepulse.gateway.openapi_schemas import ANSWERS
from storepulse.streams.registry import STREAMS

_INPUTS = {name: stream.input for name, stream in STREAMS.items()}
_REF = "#/components/schemas/{name}"

_REFUSALS = {
    "400": "The body or one of its fields is wrong; it names the field",
    "401": "The key is missing, unknown or revoked",
    "403": "The key or the origin may not do this",
    "408": "The request did not arrive in time",
    "413": "The body, the batch or an event is too large",
    "414": "The URL is too long",
    "415": "Neither JSON nor text/plain, or an encoding other than gzip",
    "417": "The request expects something else than 100-continue",
    "429": "Too many requests; see Retry-After",
    "431": "The headers are too large",
    "500": "The event cannot be stored",
    "503": "The event cannot be stored at the moment; see Retry-After",
}


_OWN_PATHS = {
    "/healthz": "Whether the process answers",
    "/readyz": "Whether events are taken: keys are known, and Kafka or the spool takes them",
    "/metrics": "Prometheus metrics",
    "/openapi.json": "This document",
}
_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "basic": {"type": "http", "scheme": "basic", "description": "It is the password"},
}


def document_of(table: dict[str, Endpoint], max_batch: int) -> dict[str, Any]:
    """OpenAPI 3.1 of every path that takes events, and of the gateway's own."""
    beacons, batches, components = _schemas_of_streams(max_batch)
    paths: dict[str, Any] = {}
    for path, endpoint in table.items():
        if endpoint.stream is None:
            body: Any = {"$ref": "#/components/schemas/Collection"}
        else:
            body = (beacons if endpoint.one else batches)[endpoint.stream]
        paths[path] = {"post": _collection_operation(endpoint, body)}
    paths |= {path: {"get": _own_operation(path, text)} for path, text in _OWN_PATHS.items()}
    collection = _collection_schema(list(beacons.values()), max_batch)
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
            "schemas": components | ANSWERS | {"Collection": collection},
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


def _schemas_of_streams(max_batch: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """References to each stream's beacon and batch, and the components that they refer to."""
    types: dict[str, Any] = {
        stream: (stream_input.beacon, Decoding(stream_input, max_batch).batch_type)
        for stream, stream_input in _INPUTS.items()
    }
    every = [kind for pair in types.values() for kind in pair]
    references, components = msgspec.json.schema_components(every, ref_template=_REF)
    by_type = dict(zip(every, references, strict=True))
    beacons = {stream: by_type[beacon] for stream, (beacon, _) in types.items()}
    batches = {stream: by_type[batch] for stream, (_, batch) in types.items()}
    for stream, stream_input in _INPUTS.items():
        events = components[_name_of(batches[stream])]["properties"]["events"]
        events |= {"minItems": 1, "maxItems": max_batch}
        # They go into `metadata`.
        components[_name_of(beacons[stream])]["additionalProperties"] = stream_input.keeps_unknown
    return beacons, batches, components


def _name_of(reference: dict[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


def _collection_schema(beacons: list[Any], max_batch: int) -> dict[str, Any]:
    """The body of the path whose batches name their stream."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["stream", "events"],
        "properties": {
            "stream": {"enum": sorted(STREAMS)},
            "events": {
                "type": "array",
                "minItems": 1,
                "maxItems": max_batch,
                "items": {"anyOf": beacons},
            },
            "key": {"type": ["string", "null"]},
        },
    }


def _own_operation(path: str, summary: str) -> dict[str, Any]:
    statuses = ("503",) if path == "/healthz" else ("401", "403", "503")
    responses = {"200": {"description": "As asked"}} | _error_responses(statuses)
    if path == "/readyz":
        health = _json_content({"$ref": "#/components/schemas/Health"})
        responses |= {
            "200": {"description": "Events are taken", "content": health},
            "503": {"description": "Events are not taken", "content": health},
        }
    return {
        "summary": summary,
        "operationId": f"get {path}",
        "security": _security_of(GATEWAY["GET", path]),
        "responses": responses,
    }


def _collection_operation(endpoint: Endpoint, body: Any) -> dict[str, Any]:
    if endpoint.cart_answer:
        status, answer = "200", "CartTracked" if endpoint.one else "CartBatchTracked"
    else:
        status, answer = "202", "Accepted"
    good = {
        "description": "The accepted events are stored",
        "content": _json_content({"$ref": f"#/components/schemas/{answer}"}),
    }
    what = "a batch of events" if not endpoint.one else "an event"
    return {
        "summary": f"Take {what} of the stream {endpoint.stream or 'that the body names'}",
        "operationId": f"post {endpoint.path}",
        "security": _security_of(GATEWAY["POST", endpoint.path]),
        "requestBody": {"required": True, "content": _json_content(body)},
        "responses": {status: good, **_error_responses(_REFUSALS)},
    }


def _security_of(need: Need) -> list[dict[str, list[str]]]:
    """What the document says about keys; {} is a call without one, as from this machine."""
    if need.opened == "always":
        return []
    schemes = ("bearer", "header", "basic", *(("query",) if need == COLLECT else ()))
    without_key: list[dict[str, list[str]]] = [{}]
    return without_key + [{scheme: []} for scheme in schemes]


def _json_content(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _error_responses(statuses: Iterable[str]) -> dict[str, Any]:
    content = _json_content({"$ref": "#/components/schemas/Error"})
    return {status: {"description": _REFUSALS[status], "content": content} for status in statuses}


def openapi(settings: Settings) -> dict[str, Any]:
    """The document of a gateway with these settings."""
    return document_of(endpoints(settings), settings.gateway_max_batch)
