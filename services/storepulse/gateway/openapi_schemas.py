"""Schemas and headers of the gateway's answers, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from storepulse.domain.health import STATUSES

_ERROR: dict[str, Any] = {
    "type": "object",
    "description": "Every error of every path. `details` or `code` says more.",
    "required": ["status", "error", "message"],
    "properties": {
        "status": {"type": "string", "const": "error"},
        "error": {"type": "string", "description": "What the status means"},
        "message": {"type": "string", "description": "A sentence for people"},
        "code": {"type": "string", "description": "A word for programs: `KEY_REQUIRED`"},
        "details": {
            "anyOf": [
                {"$ref": "#/components/schemas/ErrorDetails"},
                {"$ref": "#/components/schemas/PlanLimitDetails"},
            ]
        },
        "rejected": {"type": "array", "items": {"$ref": "#/components/schemas/RejectedEvent"}},
    },
    "examples": [
        {
            "status": "error",
            "error": "Validation Error",
            "message": "activity_type is not a known value",
            "details": {"field": "activity_type", "reason": "is not a known value"},
        }
    ],
}
_ERROR_DETAILS = {
    "type": "object",
    "description": "Which field is wrong, and why.",
    "required": ["field", "reason"],
    "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
}
_PLAN_LIMIT_DETAILS = {
    "type": "object",
    "description": "Of code `PLAN_LIMIT`: which limit is reached, and until when.",
    "required": ["meter", "plan", "periodEndsAt", "documentation"],
    "properties": {
        "meter": {"type": "string"},
        "plan": {"type": "string"},
        "limit": {"type": "string", "description": "A decimal; not told to publishable keys"},
        "used": {"type": "string", "description": "A decimal; not told to publishable keys"},
        "periodEndsAt": {"type": "string", "format": "date-time"},
        "documentation": {"type": "string", "description": "Path in Storepulse's own pages"},
    },
}
_CODE = {
    "type": "string",
    "description": "`PLAN_LIMIT`: send the event again later; absent where it never can be taken",
}


def _of_event(description: str) -> dict[str, Any]:
    """The schema of a note about a field of one event of a batch."""
    return {
        "type": "object",
        "description": description,
        "required": ["index", "field", "reason"],
        "properties": {
            "index": {"type": "integer", "description": "The event's place in the batch, from 0"},
            "field": {"type": "string"},
            "reason": {"type": "string"},
        },
    }


_REJECTED = _of_event("An event of a batch that was refused.")
_REJECTED["properties"]["code"] = _CODE
_WARNING = _of_event(
    "A field that only describes, left out of an accepted event: it cannot be read."
)
_WARNINGS = {
    "type": "array",
    "items": {"$ref": "#/components/schemas/Warning"},
    "description": "Present where a referrer, user agent or screen could not be read",
}
_ACCEPTED = {
    "type": "object",
    "description": "What was accepted, and what was not.",
    "required": ["status", "accepted", "ids", "rejected", "correlationId"],
    "properties": {
        "status": {"type": "string", "const": "accepted"},
        "accepted": {"type": "integer", "description": "How many events"},
        "ids": {
            "type": "array",
            "items": {"type": "string", "format": "uuid"},
            "description": "Ids of the accepted events, in the order of the request",
        },
        "rejected": {"type": "array", "items": {"$ref": "#/components/schemas/RejectedEvent"}},
        "warnings": _WARNINGS,
        "correlationId": {"type": "string", "description": "For finding the events in logs"},
        "visitorId": {
            "type": "string",
            "description": "The visitor that the events count to, where the cookie of the shop's"
            " own site names another than they do: state this one from now on",
        },
        "debug": {
            "type": "array",
            "items": {"type": "object", "additionalProperties": True},
            "description": "The records as they were encoded; with `debug=1` and a secret key",
        },
        "durability": {
            "type": "string",
            "const": "spooled",
            "description": "Present while Kafka cannot be written: the events are on our disk",
        },
    },
}
_IGNORED = {
    "type": "object",
    "description": "The webhook tells nothing that is kept here.",
    "required": ["status", "reason", "correlationId"],
    "properties": {
        "status": {"type": "string", "const": "ignored"},
        "reason": {"type": "string", "description": "Why", "examples": ["The order is a test"]},
        "correlationId": {"type": "string"},
    },
}
_WEBHOOK_TAKEN = {
    "description": "The events of a webhook are stored, or it has none.",
    "oneOf": [{"$ref": "#/components/schemas/Accepted"}, {"$ref": "#/components/schemas/Ignored"}],
}
_CART_RECEIPT = {
    "type": "object",
    "required": ["id", "createdAt"],
    "properties": {
        "id": {"type": "string", "pattern": "^cart-event-[0-9]+-[a-z0-9]{7}$"},
        "createdAt": {"type": "string", "format": "date-time"},
    },
}
_CART = {
    "type": "object",
    "description": "The addition to the cart is stored.",
    "required": ["status", "message", "data"],
    "properties": {
        "status": {"type": "string", "const": "success"},
        "message": {"type": "string"},
        "data": {"$ref": "#/components/schemas/CartReceipt"},
    },
}
_CART_OUTCOME = {
    "type": "object",
    "description": "What came of one event: `data` where it is stored, else `field` and `reason`.",
    "required": ["index", "status"],
    "properties": {
        "index": {"type": "integer", "description": "Its place in the batch, from 0"},
        "status": {"type": "string", "enum": ["success", "error"]},
        "data": {"$ref": "#/components/schemas/CartReceipt"},
        "field": {"type": "string"},
        "reason": {"type": "string"},
        "code": _CODE,
    },
}
_CART_BATCH = {
    "type": "object",
    "description": "What came of each event of a batch.",
    "required": ["status", "message", "data"],
    "properties": {
        "status": {"type": "string", "const": "success"},
        "message": {"type": "string"},
        "data": {"$ref": "#/components/schemas/CartOutcomes"},
    },
}
_CART_OUTCOMES = {
    "type": "object",
    "required": ["accepted", "rejected", "results"],
    "properties": {
        "accepted": {"type": "integer"},
        "rejected": {"type": "integer"},
        "results": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/CartOutcome"},
            "description": "In the order of the request",
        },
        "warnings": _WARNINGS,
    },
}
_HEALTH = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"type": "string", "const": "ok"}},
}
_READINESS = {
    "type": "object",
    "required": ["status", "detail", "checks"],
    "properties": {
        "status": {"type": "string", "enum": list(STATUSES)},
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
            "type": "string",
            "const": "spooled",
            "description": "Present while events go to our disk instead of Kafka",
        },
    },
}
ANSWERS: dict[str, Any] = {
    "Health": _HEALTH,
    "Readiness": _READINESS,
    "Error": _ERROR,
    "ErrorDetails": _ERROR_DETAILS,
    "PlanLimitDetails": _PLAN_LIMIT_DETAILS,
    "RejectedEvent": _REJECTED,
    "Warning": _WARNING,
    "Accepted": _ACCEPTED,
    "Ignored": _IGNORED,
    "WebhookTaken": _WEBHOOK_TAKEN,
    "CartReceipt": _CART_RECEIPT,
    "CartTracked": _CART,
    "CartOutcome": _CART_OUTCOME,
    "CartOutcomes": _CART_OUTCOMES,
    "CartBatchTracked": _CART_BATCH,
}


def _header(description: str, kind: str = "integer") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


HEADERS: dict[str, Any] = {
    "RequestId": _header("Id of this request", "string"),
    "RateLimitLimit": _header("Requests that the window takes"),
    "RateLimitRemaining": _header("Requests that are left in the window"),
    "RateLimitReset": _header("Seconds until the window begins anew"),
    "RetryAfter": _header(
        "Seconds to wait before the next try; of 2xx: of the events with the code `PLAN_LIMIT`"
    ),
    "PlanWarning": _header(
        'Limits of the store\'s plan that are reached: `"event";level=soft;reset=86400`', "string"
    ),
    "Durability": _header("`spooled`: Kafka is away, the events are on our disk", "string"),
}
_EVERYWHERE = {
    "X-Request-Id": "RequestId",
    "RateLimit-Limit": "RateLimitLimit",
    "RateLimit-Remaining": "RateLimitRemaining",
    "RateLimit-Reset": "RateLimitReset",
}


def headers_of(status: str) -> dict[str, Any]:
    """The headers of an answer, as references."""
    names = dict(_EVERYWHERE)
    if status in ("200", "202", "402", "429", "503"):
        names["Retry-After"] = "RetryAfter"
    if status in ("200", "202", "402"):
        names["Storepulse-Plan-Warning"] = "PlanWarning"
    if status in ("200", "202"):
        names["X-Durability"] = "Durability"
    return {header: {"$ref": f"#/components/headers/{name}"} for header, name in names.items()}
