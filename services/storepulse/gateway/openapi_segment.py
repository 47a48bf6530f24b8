"""The OpenAPI parts for Segment's paths."""

from __future__ import annotations

from typing import Any

from storepulse.gateway.endpoints import Endpoint
from storepulse.gateway.openapi_schemas import headers_of
from storepulse.gateway.segment.calls import PATHS

_REF = "#/components/schemas/{}"


def _object(description: str) -> dict[str, Any]:
    return {"type": ["object", "null"], "additionalProperties": True, "description": description}


def _id(description: str) -> dict[str, Any]:
    return {"type": ["string", "integer", "null"], "description": description}


_FIELDS: dict[str, Any] = {
    "type": {
        "type": "string",
        "enum": ["track", "page", "screen", "identify", "group", "alias"],
        "description": "What the message is; in a batch it is needed",
    },
    "anonymousId": _id("The browser; one of it and `userId` is needed"),
    "userId": _id("The customer"),
    "messageId": _id("The same at every retry: the message counts once"),
    "event": {"type": "string", "description": "Of `track`: what happened, `Product Viewed`"},
    "name": {"type": ["string", "null"], "description": "Of `page` and `screen`"},
    "groupId": _id("Of `group`"),
    "previousId": _id("Of `alias`: what the customer was known as"),
    "properties": _object("What is known of the event"),
    "traits": _object("What is known of the person or group"),
    "context": _object("`page`, `userAgent`, `sessionId`, `consent`, and of servers `ip`"),
    "integrations": _object("`All: false` keeps the event from vendors"),
    "timestamp": {
        "type": ["string", "number", "null"],
        "description": "When it happened: ISO 8601, or epoch milliseconds or seconds",
    },
    "sentAt": {"type": ["string", "null"], "description": "When it was sent, by the same clock"},
    "writeKey": {"type": ["string", "null"], "description": "The key, where no header has it"},
}
_MESSAGE = {
    "type": "object",
    "description": "One message of Segment's tracking API.",
    "additionalProperties": True,
    "properties": {name: schema for name, schema in _FIELDS.items() if name != "type"},
}
_TAKEN = {
    "type": "object",
    "description": "What was accepted, and what was not.",
    "required": ["success", "accepted", "ids", "rejected", "correlationId"],
    "properties": {
        "success": {"type": "boolean", "const": True},
        "accepted": {"type": "integer", "description": "How many messages"},
        "ids": {
            "type": "array",
            "items": {"type": "string", "format": "uuid"},
            "description": "Ids of the accepted events, in the order of the request",
        },
        "rejected": {"type": "array", "items": {"$ref": _REF.format("RejectedEvent")}},
        "correlationId": {"type": "string", "description": "For finding the events in logs"},
        "durability": {"type": "string", "const": "spooled"},
    },
}
_EXAMPLE = {
    "messageId": "ajs-next-1767225600000-5f0c2a",
    "anonymousId": "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
    "timestamp": "2026-01-31T08:00:00.000Z",
}
_EXAMPLES: dict[str, dict[str, Any]] = {
    "track": {
        "event": "Product Viewed",
        "properties": {"product_id": "8123456789", "name": "Linen shirt", "price": 49.9},
    },
    "page": {"properties": {"url": "https://shop.example/", "title": "Shop"}},
    "screen": {"name": "Home"},
    "identify": {"userId": "c-1042", "traits": {"email": "jane@example.com"}},
    "group": {"groupId": "g-1", "traits": {"name": "Example"}},
    "alias": {"userId": "c-1042", "previousId": "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"},
}


def segment_schemas(max_batch: int) -> dict[str, Any]:
    """Components: a message, a batch of at most `max_batch` messages, and the answer."""
    listed = {
        "type": "array",
        "minItems": 1,
        "maxItems": max_batch,
        "items": {**_MESSAGE, "required": ["type"], "properties": _FIELDS},
    }
    shared = {name: _FIELDS[name] for name in ("context", "integrations", "sentAt", "writeKey")}
    batch = {
        "type": "object",
        "description": "Messages of all types.",
        "required": ["batch"],
        "additionalProperties": True,
        "properties": {"batch": listed, **shared},
    }
    return {"SegmentMessage": _MESSAGE, "SegmentBatch": batch, "SegmentTaken": _TAKEN}


def call_operation(
    endpoint: Endpoint, security: list[Any], refusals: dict[str, Any]
) -> dict[str, Any]:
    """The operation of a path that takes Segment's calls."""
    kind = endpoint.segment
    schema = {"$ref": _REF.format("SegmentBatch" if kind is None else "SegmentMessage")}
    word = endpoint.path.rpartition("/")[2]
    whole = next(path for path, one in PATHS.items() if one == kind).rpartition("/")[2]
    example = {**_EXAMPLE, **_EXAMPLES["track" if kind is None else kind]}
    shown = {"batch": [{"type": "track", **example}]} if kind is None else example
    text = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
    good = {
        "description": "The accepted messages are stored",
        "headers": headers_of("200"),
        "content": {"application/json": {"schema": {"$ref": _REF.format("SegmentTaken")}}},
    }
    of_what = "a batch of messages" if kind is None else f"a message of the type {kind}"
    return {
        "summary": f"Take {of_what} of Segment's clients",
        "operationId": f"track_segment_{whole}" + ("" if word == whole else f"_at_{word}"),
        "tags": ["events"],
        "security": security,
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": schema, "example": shown},
                "text/plain": {"schema": text},
            },
        },
        "responses": {"200": good, **refusals},
    }


def settings_operation(refusals: dict[str, Any]) -> dict[str, Any]:
    """The operation of the settings that Segment's library for web pages requests first."""
    shown = {"type": "object", "required": ["integrations"], "additionalProperties": True}
    return {
        "summary": "What Segment's library for web pages asks before it sends",
        "operationId": "get_segment_settings",
        "tags": ["service"],
        "security": [],
        "parameters": [
            {
                "name": "write_key",
                "in": "path",
                "required": True,
                "description": "A publishable key",
                "schema": {"type": "string"},
            }
        ],
        "responses": {
            "200": {
                "description": "Where its events go",
                "headers": headers_of("200"),
                "content": {"application/json": {"schema": shown}},
            },
            **refusals,
        },
    }
