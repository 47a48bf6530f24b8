"""Schemas of the gateway's answers, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from storepulse.domain.health import STATUSES

_ERROR: dict[str, Any] = {
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
_HEALTH = {
    "type": "object",
    "required": ["status", "detail", "checks"],
    "properties": {
        "status": {"enum": list(STATUSES)},
        "detail": {"type": "string", "description": "All that is wrong; empty where nothing is"},
        "checks": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["ok", "detail"],
                "properties": {
                    "ok": {"type": "boolean"},
                    "detail": {"type": "string"},
                    "remedy": {"type": "string"},
                    "runbook": {"type": "string"},
                },
            },
        },
        "durability": {
            "const": "spooled",
            "description": "Present while events go to our disk instead of Kafka",
        },
    },
}
ANSWERS: dict[str, Any] = {
    "Health": _HEALTH,
    "Error": _ERROR,
    "RejectedEvent": _REJECTED,
    "Accepted": _ACCEPTED,
    "CartTracked": _CART,
    "CartBatchTracked": _CART_BATCH,
}
