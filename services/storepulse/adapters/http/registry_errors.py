"""Errors below the schema registry's paths, in the format of Confluent's interface:

    {"error_code": 40401, "message": "Subject 'orders-value' not found."}

All errors there have this format, also those before the registry is called (keys, limits, unknown
paths), because registry clients read no other.
"""

from __future__ import annotations

import msgspec

from storepulse.adapters.http.errors import TITLES, RequestRefused

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
_FAMILIES = (
    "/compatibility", "/config", "/contexts", "/mode", "/schemas", "/subjects", "/v1/metadata",
)  # fmt: skip
_BELOW = tuple(f"{family}/" for family in _FAMILIES)
#: Confluent's registry answers these with the status alone, as in `HTTP 404 Not Found`.
_PLAIN = frozenset({404, 405})

_encode = msgspec.json.Encoder().encode


def is_registry_path(path: str) -> bool:
    """Whether a path belongs to the registry, also if nothing is served there."""
    return path.startswith(_BELOW) or path in _FAMILIES


def registry_error_body(code: int, message: str) -> bytes:
    """The body of an error answer. `code`: the HTTP status, or five digits that start with it."""
    return _encode({"error_code": code, "message": message})


def registry_body_of(refusal: RequestRefused) -> bytes:
    """The body of a refusal that does not come from the registry itself."""
    status = refusal.status
    plain = status in _PLAIN
    return registry_error_body(
        status, f"HTTP {status} {TITLES[status]}" if plain else refusal.message
    )
